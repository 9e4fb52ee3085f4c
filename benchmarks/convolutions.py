"""Ways to compute convolutions whose weights differ per task, against the floor: a table in Markdown.

    OMP_NUM_THREADS=1 python benchmarks/convolutions.py [--rounds 9] [--double] [--only 16x5x32x1x28x1]

Every way gives the same numbers, which is checked. Times are processor time (all threads together) in milliseconds:
the median and, in brackets, the least of interleaved rounds. Ways: `grouped` is what torch does by itself; `loop` one
call per task; `im2col` a copy of all patches of the input and one batched product; `taps` a batched product for each of
the kernel's taps, added up, without patches (stride 1, forward); `ours` what `substitute` does, or `=` where it leaves
the call to torch. `shared` is one ordinary convolution over all tasks' examples, for reference; `floor` the
multiplications at the speed of the largest product, by whichever of MKL and oneDNN is faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from metagen_gui.engine.beneath_autograd.task_convolutions import substitute

aten = torch.ops.aten
FORWARD, BACKWARD = aten.convolution.default, aten.convolution_backward.default
LAYERS = """16x5x1x32x28x2 16x5x32x64x14x2 16x5x64x32x14x1 16x5x32x32x28x1 16x5x32x1x28x1 16x5x3x32x28x2 16x5x32x3x28x1
4x1x32x1x28x1 64x20x16x1x28x1 16x5x8x16x28x2 16x5x16x16x14x1 16x5x64x64x7x1 4x20x32x32x14x1 64x5x16x32x14x2"""
"""Tasks × shots × channels × outputs × side of the image × stride; the first five are an autoencoder's."""
Way = Callable[[], Tensor]


@dataclass(frozen=True)
class Layer:
    """Random images, weights and gradients of one layer, and every way to compute its three maps."""

    tasks: int
    shots: int
    channels: int
    outputs: int
    side: int
    stride: int
    dtype: torch.dtype

    def ways(self) -> dict[str, dict[str, Way]]:
        """Return functions by map and by the name of the way."""
        t, s, c, o = self.tasks, self.shots, self.channels, self.outputs
        x = torch.randn(s, t * c, self.side, self.side, dtype=self.dtype)
        weight = torch.randn(t * o, c, 3, 3, dtype=self.dtype)
        rest = ([self.stride] * 2, [1, 1], [1, 1], False, [0, 0])
        y = torch.randn_like(FORWARD(x, weight, None, *rest, t))
        by_input, by_weight = [True, False, False], [False, True, False]
        seen, pixels = F.unfold, y.shape[2] * y.shape[3]
        own = weight.view(t, o, -1).expand(s, t, o, -1).reshape(s * t, o, -1)
        flat = y.view(s * t, o, pixels)

        def patches() -> Tensor:
            return seen(x.view(s * t, c, self.side, self.side), 3, padding=1, stride=self.stride)

        def each(g: Tensor, given: Tensor, w: Tensor, mask: list[bool]) -> list[Tensor]:
            parts = zip(g.chunk(t, 1), given.chunk(t, 1), w.chunk(t), strict=True)
            return [BACKWARD(*part, None, *rest, 1, mask)[mask.index(True)] for part in parts]

        def fold() -> Tensor:
            columns = torch.bmm(own.transpose(1, 2), flat)
            return F.fold(columns, (self.side, self.side), 3, padding=1, stride=self.stride).view(x.shape)

        def taps() -> Tensor:
            wide = F.pad(x, (1, 1, 1, 2)).view(s * t, c, -1)
            row, found = self.side + 2, None
            for place in range(9):
                looked_at = wide.narrow(2, place // 3 * row + place % 3, self.side * row)
                tap = own[..., place::9]
                found = torch.bmm(tap, looked_at) if found is None else torch.baddbmm(found, tap, looked_at)
            return found.view(s * t, o, self.side, row)[..., : self.side].reshape(y.shape)

        backward = [(y, x, weight, None, *rest, t, mask) for mask in (by_input, by_weight)]
        shared = (x.view(s * t, c, self.side, self.side), weight[:o])
        together = y.view(s * t, o, *y.shape[2:])
        ways: dict[str, dict[str, Way]] = {
            "forward": {
                "grouped": lambda: FORWARD(x, weight, None, *rest, t),
                "loop": lambda: torch.cat(
                    [FORWARD(a, b, None, *rest, 1) for a, b in zip(x.chunk(t, 1), weight.chunk(t), strict=True)], 1
                ),
                "im2col": lambda: torch.bmm(own, patches()).view(y.shape),
                "ours": lambda: substitute(FORWARD, (x, weight, None, *rest, t)),
                "shared": lambda: FORWARD(*shared, None, *rest, 1),
            },
            "by input": {
                "grouped": lambda: BACKWARD(*backward[0])[0],
                "loop": lambda: torch.cat(each(y, x, weight, by_input), 1),
                "im2col": fold,
                "ours": lambda: _first(substitute(BACKWARD, backward[0]), 0),
                "shared": lambda: BACKWARD(together, *shared, None, *rest, 1, by_input)[0],
            },
            "by weight": {
                "grouped": lambda: BACKWARD(*backward[1])[1],
                "loop": lambda: torch.cat(each(y, x, weight, by_weight)),
                "im2col": lambda: torch.bmm(flat, patches().transpose(1, 2)).view(s, *weight.shape).sum(0),
                "ours": lambda: _first(substitute(BACKWARD, backward[1]), 1),
                "shared": lambda: BACKWARD(together, *shared, None, *rest, 1, by_weight)[1],
            },
        }
        if self.stride == 1:
            ways["forward"]["taps"] = taps
        return ways

    @property
    def operations(self) -> int:
        """Additions and multiplications of each of the three maps."""
        positions = (self.side // self.stride) ** 2
        return 2 * self.tasks * self.shots * positions * self.channels * self.outputs * 9


def _first(found: tuple[Tensor, ...], place: int) -> Tensor:
    return found if found is NotImplemented else found[place]


def measured(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Return milliseconds of processor time by way, one per round, each round going through all of them."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began, times = time.process_time(), 0
            while times < 1 or time.process_time() - began < 0.004:
                way()
                times += 1
            found[name].append((time.process_time() - began) / times * 1e3)
    return found


def speed(dtype: torch.dtype) -> tuple[float, float]:
    """Return operations per second of processor time in a large product, by MKL and by oneDNN (float32 only)."""
    a = torch.randn(1024, 1024, dtype=dtype)
    ways: dict[str, Way] = {"mkl": lambda: a @ a}
    if dtype == torch.float32:
        ways["onednn"] = lambda: torch.ops.mkldnn._linear_pointwise(a, a, None, "none", [], "")
    least = {name: min(times) for name, times in measured(ways, 9).items()}
    return 2 * 1024**3 / least["mkl"] * 1e3, 2 * 1024**3 / least.get("onednn", least["mkl"]) * 1e3


def row(layer: Layer, rounds: int, fastest: float) -> list[str]:
    """Return three lines of the table."""
    lines = []
    for name, ways in layer.ways().items():
        expected = ways["grouped"]()
        left = ways["ours"]() is NotImplemented
        ways = {way: what for way, what in ways.items() if way != "ours" or not left}
        for way, what in ways.items():
            if way != "shared":
                found = what().reshape(expected.shape)
                assert float((found - expected).abs().max() / expected.abs().max()) < 1e-4, (layer, name, way)
        times = measured(ways, rounds)
        middle = {way: statistics.median(each) for way, each in times.items()}
        shown = [f"{middle[way]:.2f} ({min(times[way]):.2f})" if way in times else "–" for way in COLUMNS[:-1]]
        floor = layer.operations / fastest * 1e3
        ours = "=" if left else f"{middle['ours']:.2f} ({min(times['ours']):.2f})"
        ratio = "1" if left else f"{middle['grouped'] / middle['ours']:.1f}"
        channels = f"{layer.channels} → {layer.outputs}"
        title = f"{layer.tasks} × {layer.shots}, {channels}, {layer.side}², /{layer.stride} | {name}"
        lines.append(f"| {title} | {' | '.join(shown)} | {ours} | {ratio} | {floor:.2f} |")
    return lines


COLUMNS = ["grouped", "loop", "im2col", "taps", "shared", "ours"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--double", action="store_true", help="in double precision")
    parser.add_argument(
        "--only", nargs="*", default=LAYERS.split(), help="tasks x shots x channels x outputs x side x stride"
    )
    given = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    dtype = torch.float64 if given.double else torch.float32
    mkl, onednn = speed(dtype)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {dtype}: ", end="")
    print(f"products at {mkl / 1e9:.0f} (MKL) and {onednn / 1e9:.0f} (oneDNN) GFLOP per second of processor time\n")
    print(f"| tasks × shots, channels, image, stride | map | {' | '.join(COLUMNS)} | grouped : ours | floor |")
    print("|---" * (len(COLUMNS) + 4) + "|")
    for name in given.only:
        print("\n".join(row(Layer(*map(int, name.split("x")), dtype), given.rounds, max(mkl, onednn))), flush=True)


if __name__ == "__main__":
    main()
