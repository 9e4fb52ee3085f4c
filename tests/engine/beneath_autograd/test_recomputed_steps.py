"""Recomputed steps: the gradients of steps that are kept, in the memory of one; and in a recording too."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from metagen_gui.engine.adaptation.inner_loop import ORDER, Moments, last
from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.beneath_autograd.kernels import When, quick
from metagen_gui.engine.beneath_autograd.recomputed_steps import recomputed, recomputing
from metagen_gui.engine.beneath_autograd.replay import record
from metagen_gui.engine.models.base import USUAL
from metagen_gui.testing.algorithms import EARLY, double, draw
from tests.engine.adaptation.test_meta_gradients import CASES, IMAGES
from tests.engine.beneath_autograd.peak import peak_bytes
from tests.engine.beneath_autograd.test_factoring import everything_adapts, largest
from tests.engine.cells import diagonal

X = torch.linspace(-1, 1, 12, dtype=torch.float64).view(4, 3)
SECOND_ORDER = {"maml_pp": {"first_order_share": 0.0}}


def gradient(algorithm: Algorithm, meta, drawn, on: bool, when: When = "always"):
    with quick(when), recomputing(on):
        return algorithm.meta_gradient(meta, *drawn, EARLY)


@pytest.mark.parametrize(("name", "model"), diagonal(0))
def test_every_algorithm_and_model_gives_the_same(name: str, model: str) -> None:
    _, spec, small, _ = next(case for case in CASES if case[0] == model)
    algorithm = everything_adapts(name, (model, spec, small, SECOND_ORDER.get(name, {})))
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    found, kept = (gradient(algorithm, meta, drawn, on) for on in (True, False))
    for player, values in kept.gradients.items():
        for key, value in values.items():
            close = 1e-12 * largest(value) + 1e-15 * largest(meta[player][key])
            torch.testing.assert_close(found.gradients[player][key], value, rtol=1e-12, atol=close)
        assert torch.equal(found.query_loss[player], kept.query_loss[player])


@pytest.mark.parametrize(("name", "share"), [("maml", 0.5), ("maml_pp", 0.7)])
def test_the_memory_of_steps_is_that_of_few(name: str, share: float) -> None:
    settings = {**SECOND_ORDER.get(name, {}), "adaptation_steps": 8}
    algorithm = everything_adapts(name, ("vae", IMAGES, {"width": 32}, settings))
    meta, drawn = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    again, kept = (peak_bytes(lambda on=on: gradient(algorithm, meta, drawn, on, "never")) for on in (True, False))
    assert again < share * kept  # MAML++ grades every step, and keeps what that takes


def test_a_recording_computes_again_what_it_would_have_had_to_keep() -> None:
    def step(x: Tensor) -> tuple[Tensor, ...]:
        moved = x.detach().requires_grad_()
        found = recomputed(lambda y: y.sin().exp(), moved)
        return found.detach(), *torch.autograd.grad(found.sum(), [moved])

    sines = []
    for on in (True, False):
        with recomputing(on):
            recording = record(step, [X])
            for found, expected in zip(recording(2 * X), step(2 * X), strict=True):
                assert torch.equal(found, expected)
        sines.append(sum(node.target is torch.ops.aten.sin.default for node in recording.graph.nodes))
    assert sines == [2, 1]


def test_adam_moments_and_minibatches_pass_through() -> None:
    algorithm = everything_adapts("maml", ("vae", CASES[0][1], {}, {"adaptation_steps": 3, "inner_clip": 0.0}))
    meta, (support, _, noise) = double(algorithm.initialize(torch.Generator().manual_seed(1))), draw(algorithm)
    params = algorithm.initialization(meta)
    loop = replace(algorithm.inner_loop(params, USUAL, first_order=False), decay=0.9)
    second = {name: torch.full_like(params["vae"][name], 0.1) for name in loop.adapted["vae"]}
    begun = {"vae": Moments({n: v.requires_grad_() for n, v in second.items()}, torch.tensor(2.0).double())}
    drawn = {name: value[:, :, :, :2] for name, value in noise.support.items()}
    drawn[ORDER] = torch.tensor([[0, 1], [2, 0], [1, 2]])[None, :, None].expand(2, 3, 1, 2)

    def ends(support: Tensor, noise: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        end, moments = last(loop.walk(params, algorithm.rates(meta), support, noise, 3, begun))
        return end["vae"], moments["vae"].taken

    slopes = []
    for on in (True, False):
        with recomputing(on):
            end, taken = torch.func.vmap(ends)(support, drawn)
            assert taken.tolist() == [5.0, 5.0]
            total = torch.stack([value.sin().sum() for value in end.values()]).sum()
            slopes.append(torch.autograd.grad(total, [*meta["vae"].values(), *second.values()], allow_unused=True))
    for found, expected in zip(*slopes, strict=True):
        assert (found is None) == (expected is None)
        if found is not None:
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12 * largest(expected))


def test_what_is_not_used_needs_no_gradient() -> None:
    """Of two outcomes one is used, of three inputs one moves, and one is made of whole numbers."""
    moving, fixed, places = X.clone().requires_grad_(), X + 1, torch.tensor([2, 0])
    with recomputing():
        one, _ = recomputed(lambda a, b, at: (a[at].sin() * b[at], a.exp()), moving, fixed, places)
    (found,) = torch.autograd.grad(one.sum(), [moving])
    expected = torch.zeros_like(X)
    expected[places] = X[places].cos() * fixed[places]
    torch.testing.assert_close(found, expected)


def test_it_is_computed_again_once_and_only_where_it_is_wanted() -> None:
    calls = []

    def counted(x: Tensor) -> Tensor:
        calls.append(1)
        return x.sin()

    x = X.clone().requires_grad_()
    with recomputing():
        torch.autograd.grad(recomputed(counted, x).sum(), [x])
        assert len(calls) == 2
        with torch.no_grad():
            recomputed(counted, x)
        with recomputing(False):
            torch.autograd.grad(recomputed(counted, x).sum(), [x])
        torch.testing.assert_close(torch.func.grad(lambda y: recomputed(counted, y).sum())(X), X.cos())
        assert len(calls) == 5
        (found,) = torch.autograd.grad(torch.func.vmap(torch.func.vmap(lambda y: recomputed(counted, y)))(x).sum(), [x])
    torch.testing.assert_close(found, X.cos())
    torch.autograd.grad(recomputed(counted, x).sum(), [x])
    assert len(calls) == 8
