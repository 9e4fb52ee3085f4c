"""Faster kernels: the same products, on whatever machine; other types and sizes are left to torch."""

from __future__ import annotations

import pytest
import torch

from metagen_gui.engine.beneath_autograd import kernels
from metagen_gui.engine.beneath_autograd.kernels import LARGE, Kernels, prefers_onednn, quick
from metagen_gui.engine.beneath_autograd.replay import record

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")


@pytest.fixture(params=[True, False])
def onednn(request, monkeypatch) -> bool:
    monkeypatch.setattr(kernels, "prefers_onednn", lambda: request.param)
    return bool(request.param)


@needs_onednn
@pytest.mark.parametrize("turned", [False, True])
def test_large_products_are_right_whoever_computes_them(onednn: bool, turned: bool) -> None:
    a, b = torch.randn(300, 200), torch.randn(200, 100)
    if turned:
        a, b = a.t().contiguous().t(), b.t().contiguous().t()
    assert a.shape[0] * a.shape[1] * b.shape[1] >= LARGE
    with Kernels():
        found = a @ b
    torch.testing.assert_close(found.double(), a.double() @ b.double(), rtol=1e-4, atol=1e-4)
    names = [str(node.target) for node in record(lambda a, b: (_by_kernels(a, b),), [a, b]).graph.nodes]
    assert ("mkldnn._linear_pointwise.default" in names) == onednn


def _by_kernels(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    with Kernels():
        return a @ b


def test_small_and_double_products_are_torchs_own(onednn: bool) -> None:
    for a in (torch.randn(20, 20), torch.randn(200, 200).double()):
        with Kernels():
            found = a @ a
        assert torch.equal(found, a @ a)


def test_the_choice_is_that_of_the_machine(monkeypatch) -> None:
    monkeypatch.setattr(kernels, "_maker", lambda: "GenuineIntel")
    prefers_onednn.cache_clear()
    assert not prefers_onednn()
    prefers_onednn.cache_clear()


def test_never_leaves_torch_alone() -> None:
    convolution = (torch.randn(5, 96, 14, 14), torch.randn(3, 32, 3, 3))
    plain = torch.nn.functional.conv2d(*convolution, padding=1, groups=3)
    with quick("never"):
        assert torch.equal(torch.nn.functional.conv2d(*convolution, padding=1, groups=3), plain)
    with quick("auto"):
        found = torch.nn.functional.conv2d(*convolution, padding=1, groups=3)
    torch.testing.assert_close(found, plain, rtol=1e-4, atol=1e-4)
    assert not torch.equal(found, plain)  # added up in another order
