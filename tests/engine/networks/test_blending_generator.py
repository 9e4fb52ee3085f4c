"""The generator that blends and bends: what a code draws, where a field moves it, and what judges it."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from metagen_gui.engine.networks.blending_generator import GRID, BlendingGenerator, affine_fields, bent
from metagen_gui.engine.networks.context_networks import initial_values
from metagen_gui.engine.networks.energy_distance import PATCH, STRIDE, energy_distance, views, within
from metagen_gui.engine.networks.set_discriminator import SetDiscriminator

SHAPE = (3, 16, 12)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def generator(mixing: float = 3.0) -> BlendingGenerator:
    """Return one with a bank of three codes, off their starting values, and two fields."""
    made = BlendingGenerator(SHAPE, 3, 5, 4, 2, mixing).double()
    made.load_state_dict(initial_values(made, seeded()))
    with torch.no_grad():
        for place, values in enumerate((made.codes, made.sketches, made.fields)):
            values.copy_(0.1 * rand(*values.shape, seed=place))
    return made


def test_a_field_moves_every_place_by_its_share_of_half_a_side() -> None:
    images, fields = rand(2, *SHAPE), torch.zeros(2, 2, GRID, GRID, dtype=torch.float64)
    torch.testing.assert_close(bent(images, fields), images)
    fields[0, 0] += 2 * 2 / 16  # two pixels further down
    fields[1, 1] -= 2 * 1 / 12  # one to the left
    moved = bent(images, fields)
    torch.testing.assert_close(moved[0, :, :-2], images[0, :, 2:])
    torch.testing.assert_close(moved[0, :, -1], images[0, :, -1], msg="beyond the edge it is like the edge")
    torch.testing.assert_close(moved[1, :, :, 1:], images[1, :, :, :-1])


def test_affine_fields_are_those_of_grid_sample() -> None:
    """A sum of the six fields to begin with is an affine map; torch's own sampler, which has none but first slopes."""
    image, z = rand(1, 1, 24, 24), 0.3 * rand(1, 6, seed=3)
    fields = torch.tensordot(z, affine_fields(6, seeded()).double(), 1)
    side = torch.arange(24, dtype=torch.float64)
    moved = F.interpolate(fields, size=24, mode="bilinear", align_corners=True) * 12
    y, x = side[:, None] + moved[:, 0], side + moved[:, 1]
    inside = (y.clamp(1, 22) == y) & (x.clamp(1, 22) == x)
    expected = F.grid_sample(image, torch.stack([x, y], -1) * 2 / 23 - 1, align_corners=True)
    torch.testing.assert_close(bent(image, fields)[0, 0][inside[0]], expected[0, 0][inside[0]])
    assert inside.double().mean() > 0.6


def test_bending_has_first_and_second_slopes() -> None:
    images, fields = rand(1, 1, 4, 4).requires_grad_(), (0.2 * rand(1, 2, 2, 2, seed=1)).requires_grad_()
    assert torch.autograd.gradcheck(bent, (images, fields))
    assert torch.autograd.gradgradcheck(bent, (images, fields))


def test_a_sample_that_takes_after_one_code_alone_is_its_drawing() -> None:
    made, latents = generator(mixing=100.0), torch.zeros(3, 2 + 3, dtype=torch.float64)
    latents[:, 2:] = torch.eye(3)
    torch.testing.assert_close(made(latents), made())
    evenly = generator(mixing=0.0)(rand(4, 5) * torch.tensor([0, 0, 1, 1, 1]))
    torch.testing.assert_close(evenly, evenly[:1].expand_as(evenly))


def test_a_sketch_is_seen_pixel_by_pixel() -> None:
    made = generator()
    with torch.no_grad():
        for values in (*made.out.parameters(), *made.touch.parameters()):
            values.zero_()
    torch.testing.assert_close(made(), F.pixel_shuffle(made.sketches, 4))


def test_verdicts_go_by_the_image_and_what_it_is_said_to_belong_to() -> None:
    judge = SetDiscriminator(SHAPE, 2).double()
    images, among = rand(4, *SHAPE), rand(3, *SHAPE, seed=1)
    verdicts, features = judge(images, among)
    alone, _ = judge(images[1:2], among)
    torch.testing.assert_close(alone, verdicts[1:2])
    torch.testing.assert_close(features, judge.features(images))
    torch.testing.assert_close(judge(images, among.flip(0))[0], verdicts, msg="a set has no order")
    assert not torch.allclose(judge(images, images)[0], verdicts)


@pytest.mark.parametrize("repulsion", [0.5, 0.35])
def test_the_energy_distance_is_its_definition(repulsion: float) -> None:
    a, b = rand(2, 4, 6), 1 + rand(2, 3, 6, seed=1)
    far = [float((x - y).norm()) / 6**0.5 for place in range(2) for x in a[place] for y in b[place]]
    own = [float((a[p, i] - a[p, j]).norm()) / 6**0.5 for p in range(2) for i in range(4) for j in range(4) if i != j]
    expected = 2 * sum(far) / len(far) - 2 * repulsion * sum(own) / len(own)
    assert float(energy_distance(a, b, repulsion)) == pytest.approx(expected, rel=1e-5)
    assert float(within(a)) == pytest.approx(sum(own) / len(own), rel=1e-5)


def test_images_are_seen_whole_coarse_and_in_patches() -> None:
    images = rand(2, 1, 16, 12)
    whole, coarse, patches = views(images)
    assert whole.shape == (1, 2, 192) and coarse.shape == (1, 2, 12) and patches.shape == (6, 2, 64)
    expected = F.unfold(images, PATCH, stride=STRIDE)
    found = {tuple(patch.tolist()) for patch in patches[:, 0]}
    assert found == {tuple(patch.tolist()) for patch in expected[0].T}
