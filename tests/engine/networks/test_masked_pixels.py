"""A masked path: no pixel sees what comes after, chances add up to 1, and drawing follows the whole network."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from metagen_gui.engine.networks.context_networks import initial_values
from metagen_gui.engine.networks.masked_pixels import CausalConv, MaskedPixels


class Path:
    """A path of 2 layers with values of its own in float64, and all that it is told of images of one size."""

    def __init__(self, channels: int = 1, size: tuple[int, int] = (9, 13), examples: int = 2, depth: int = 2) -> None:
        self.network = MaskedPixels(channels, 3, width=4, depth=depth)
        random = torch.Generator().manual_seed(0)
        self.values = {name: 2 * value.double() for name, value in initial_values(self.network, random).items()}
        self.given = torch.randn(examples, 3, *size, generator=random).double()
        self.prior = torch.randn(examples, channels, *size, generator=random).double()
        self.uniform = torch.rand(self.prior.shape, generator=random).double()

    def logits(self, x: Tensor) -> Tensor:
        return functional_call(self.network, self.values, (x, self.given, self.prior))

    def draw(self, prior: Tensor) -> Tensor:
        return functional_call(_Drawing(self.network), _inside(self.values), (self.uniform, self.given, prior))


class _Drawing(torch.nn.Module):
    def __init__(self, network: MaskedPixels) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: Tensor) -> Tensor:
        return self.network.draw(*given)


def _inside(values: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"network.{name}": value for name, value in values.items()}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_sees_five_rows_up_and_columns_sideways_and_nothing_after_it(channels: int) -> None:
    path = Path(channels)
    x = torch.rand(path.prior.shape, dtype=torch.float64, requires_grad=True)
    row, column = 7, 6
    (seen,) = torch.autograd.grad(path.logits(x)[0, :, row, column].sum(), x)
    assert not seen[1].any(), "of another image nothing is seen"
    places = {(r - row, c - column) for r, c in product(range(9), range(13)) if seen[0, :, r, c].any()}
    assert all(place < (0, 0) and place[0] >= -5 and abs(place[1]) <= 5 for place in places)
    assert {(0, -1), (0, -5), (-1, 1), (-5, 0), (-3, -5)} <= places


def test_the_chances_of_all_images_add_up_to_one() -> None:
    path = Path(size=(3, 3), examples=512)  # every image of nine pixels
    path.given, path.prior = (part[:1].expand_as(part) for part in (path.given, path.prior))
    every = torch.tensor(list(product((0.0, 1.0), repeat=9)), dtype=torch.float64).view(512, 1, 3, 3)
    log_p = -torch.nn.functional.binary_cross_entropy_with_logits(path.logits(every), every, reduction="none")
    chances = log_p.flatten(1).sum(1).exp()
    torch.testing.assert_close(chances.sum(), torch.ones((), dtype=torch.float64))
    assert chances.max() > 2 * chances.median(), "not all images are alike to it"


@pytest.mark.parametrize(("channels", "depth"), [(1, 2), (3, 1), (1, 0)])
def test_what_is_drawn_place_by_place_is_what_the_whole_network_says(channels: int, depth: int) -> None:
    path = Path(channels, size=(6, 7), examples=8, depth=depth)
    drawn = path.draw(path.prior)
    assert 0.1 < drawn.mean() < 0.9
    assert torch.equal(drawn, (path.uniform < torch.sigmoid(path.logits(drawn))).double())


def test_tasks_are_drawn_at_once_as_they_are_alone() -> None:
    path = Path(size=(5, 5))
    priors = torch.stack([path.prior, -path.prior])
    at_once = torch.func.vmap(path.draw)(priors)
    assert all(torch.equal(at_once[task], path.draw(priors[task])) for task in range(2))
    assert not torch.equal(at_once[0], at_once[1])


def test_a_causal_convolution_is_one_whose_kernel_ends_at_the_present_pixel() -> None:
    layer = CausalConv(2, 3, 5).double()
    kernel = torch.zeros(3, 2, 5, 5, dtype=torch.float64)
    for number, (down, right) in enumerate(layer.places):
        kernel[:, :, 2 + down, 2 + right] = layer.linear.weight[:, 2 * number : 2 * number + 2]
    x = torch.rand(2, 2, 6, 6, dtype=torch.float64)
    expected = torch.nn.functional.conv2d(x, kernel, layer.linear.bias, padding=2)
    torch.testing.assert_close(layer(x), expected)
    assert len(layer.places) == 13 and len(CausalConv(2, 3, 5, own=False).places) == 12


def test_second_derivatives_are_right_of_one_example_with_weights_of_each_task_its_own() -> None:
    """As where all weights adapt; 1 × 1 convolutions of torch 2.13 give other ones here."""
    path = Path(size=(5, 6), examples=1, depth=1)
    random = torch.Generator().manual_seed(2)
    images = torch.rand(2, *path.prior.shape, generator=random).double()

    def after_a_step(values: dict[str, Tensor], x: Tensor) -> Tensor:
        def loss(at: dict[str, Tensor]) -> Tensor:
            return functional_call(path.network, at, (x, path.given, path.prior)).square().sum()

        slopes = torch.func.grad(loss)(values)
        return loss({name: value - 0.01 * slopes[name] for name, value in values.items()})

    leaves = {name: value.requires_grad_() for name, value in path.values.items()}
    at_once = torch.func.vmap(after_a_step, in_dims=(None, 0))(leaves, images).sum()
    alone = sum(after_a_step(leaves, image) for image in images)
    found, expected = (torch.autograd.grad(each, list(leaves.values())) for each in (at_once, alone))
    torch.testing.assert_close(found, expected)
