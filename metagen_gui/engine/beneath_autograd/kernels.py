"""Faster ways to the same sums: large products and convolutions with few channels, on the CPU.

`Kernels` listens below autograd and vmap, like `Factoring`, and hands an operation to the library that is quickest at
it. What comes out differs from torch's own in rounding alone.
"""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from metagen_gui.engine.beneath_autograd.factoring import WORTH, Factoring
from metagen_gui.engine.beneath_autograd.operations import Operations
from metagen_gui.engine.beneath_autograd.task_convolutions import substitute

When = Literal["auto", "always", "never"]
aten = torch.ops.aten
CONVOLUTIONS = (aten.convolution.default, aten.convolution_backward.default)
LARGE = 1 << 22
"""Multiply-adds from which a product is worth the other library."""


def quick(when: When = "auto", share: float = 1.0) -> AbstractContextManager[Any]:
    """Return a context for computing adaptation: by factors and the fastest kernels, or just as torch does it.

    `auto` keeps factors where they pay, `always` wherever they can be kept; with `never` torch is left alone.
    With only a `share` of the tasks at hand, `auto` does what it would do with all of them.
    """
    both = ExitStack()
    if when != "never":
        both.enter_context(Kernels())
        both.enter_context(Factoring(0 if when == "always" else round(share * WORTH)))
    return both


class Kernels(Operations):
    """Computes as usual, but for operations that something else computes faster."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = NotImplemented
        if func is aten.mm.default and prefers_onednn():
            found = _product(*args)
        elif func in CONVOLUTIONS:
            found = substitute(func, args, kwargs)
        return func(*args, **(kwargs or {})) if found is NotImplemented else found


def _product(a: Tensor, b: Tensor) -> Any:
    """Return a b by oneDNN if they are large and of its kind."""
    single = a.dtype == b.dtype == torch.float32 and a.device.type == b.device.type == "cpu"
    if not single or a.shape[0] * a.shape[1] * b.shape[1] < LARGE:
        return NotImplemented
    return torch.ops.mkldnn._linear_pointwise.default(a, b.t(), None, "none", [], "")


@cache
def prefers_onednn() -> bool:
    """Return whether oneDNN multiplies faster than the library that torch takes for products.

    That is MKL, which uses half of what processors of other makers than Intel can do: 103 against 213 billion
    multiplications and additions per second of an AMD EPYC's core. It is a matter of the machine and not of a
    measurement, so that a run repeats to the last digit.
    """
    known: bool = torch._C._has_mkldnn and torch._C.has_mkl and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return known and _maker() not in ("", "GenuineIntel")


def _maker() -> str:
    """Return the maker of the processor as it calls itself, or '' where that is not told."""
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "vendor_id":
                return value.strip()
    return next((maker for maker in ("GenuineIntel", "AuthenticAMD") if maker in platform.processor()), "")
