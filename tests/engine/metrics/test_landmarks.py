"""Landmarks are what they are called, and real examples score what metrics say that they do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from metagen_gui.engine.data.spec import Array
from metagen_gui.engine.metrics import Context, metrics
from metagen_gui.engine.metrics.landmarks import AFFINE, LANDMARKS
from metagen_gui.engine.randomness import generator_for
from tests.engine.metrics.known_laws import FAR_OFF, normal, off, repeated


@pytest.fixture
def support() -> Array:
    return np.random.default_rng(0).random((5, 3, 16, 16)).astype(np.float32)


def draw(name: str, support: Array, count: int = 20) -> Array:
    return LANDMARKS[name](support, count, generator_for(0, "evaluation"))


@pytest.mark.parametrize("name", LANDMARKS)
@pytest.mark.parametrize("shots", [1, 2, 5])
def test_each_gives_as_many_images_as_are_asked_for_the_same_from_the_same_seed(
    name: str, shots: int, support: Array
) -> None:
    drawn = draw(name, support[:shots])
    assert drawn.shape == (20, 3, 16, 16) and drawn.dtype == np.float32
    assert np.array_equal(drawn, draw(name, support[:shots])) and drawn.min() >= 0 and drawn.max() <= 1


def test_copies_are_copies_of_all_and_noise_has_the_pixels_of_one(support: Array) -> None:
    assert np.array_equal(draw("copies", support), np.concatenate([support] * 4))
    noise = draw("noise", support)
    assert np.allclose(np.sort(noise.reshape(20, 3, -1)), np.sort(np.concatenate([support] * 4).reshape(20, 3, -1)))
    assert not np.allclose(noise, draw("copies", support))
    colours = {tuple(pixel) for pixel in support[0].reshape(3, -1).T.tolist()}
    assert {tuple(pixel) for pixel in noise[0].reshape(3, -1).T.tolist()} == colours, "a pixel keeps its channels"


def test_means_are_of_two_at_least_and_blurred() -> None:
    support = np.zeros((4, 1, 16, 16), np.float32)
    for place in range(4):
        support[place, 0, 2 + 4 * place, 8] = 1.0
    for drawn in draw("means", support)[:, 0]:
        assert drawn.sum() == pytest.approx(1, abs=0.3) and drawn.max() == pytest.approx(0.5 * 0.25, abs=1e-6)
        rows = {int(row) for row in np.flatnonzero(drawn[:, 8] > 0.1)}
        assert len(rows) == 2 and rows <= {2, 6, 10, 14}


def test_warps_have_the_values_of_what_they_are_of_and_no_two_are_alike(support: Array) -> None:
    warped = draw("affine", support)
    assert np.array_equal(np.sort(warped.reshape(20, 3, -1)), np.sort(draw("copies", support).reshape(20, 3, -1)))
    assert not np.allclose(warped, draw("copies", support), atol=0.1)
    binary = np.zeros((1, 1, 28, 28), np.float32)
    binary[..., 8:20, 12:16] = 1.0
    drawn = draw("affine", binary)
    assert set(np.unique(drawn)) == {0.0, 1.0} and len(np.unique(drawn.reshape(20, -1), axis=0)) == 20
    assert (AFFINE.turn, AFFINE.stretch, AFFINE.shear, AFFINE.shift, AFFINE.bend) == (0.15, 0.12, 0.12, 0.08, 0.0)


@pytest.mark.parametrize(
    "name", ["kid", "diversity", "support_distance", "memorisation", "coverage", "density", "mmd2"]
)
def test_real_examples_score_what_is_told_of_them(name: str) -> None:
    """Samples of the very law of query and support."""
    metric, context = metrics.get(name)(), Context("images")

    def once(rng: np.random.Generator) -> float:
        return metric.score(normal(rng, 30), normal(rng, 20), normal(rng, 30), context)

    told = metric.of_real(normal(np.random.default_rng(0), 30), 30, context)
    # a ratio is high by the squared relative error of what it is divided by
    assert math.isfinite(told) and abs(off(repeated(once, 600), told)) < FAR_OFF + 3 * (metric.unit == "of real")


def test_real_examples_of_a_class_are_recognised_each_without_itself() -> None:
    rng = np.random.default_rng(0)
    others = np.stack([normal(rng, 6, 3, mean=4.0), normal(rng, 6, 3, mean=-4.0)])
    metric, context = metrics.get("class_consistency")(), Context("images", other_classes=others)
    query = normal(rng, 6, 3, width=2.5)
    left_out = []
    for place, one in enumerate(query):
        means = [np.delete(query, place, axis=0).mean(0), *others.mean(1)]
        left_out.append(int(np.argmin([np.linalg.norm(one - mean) for mean in means]) == 0))
    assert metric.of_real(query, 9, context) == pytest.approx(np.mean(left_out)) and 0 < np.mean(left_out) < 1
    assert math.isnan(metric.of_real(query[:1], 9, context))
    assert math.isnan(metrics.get("precision")().of_real(query, 9, context)), "not known of every metric"


def test_generators_of_torch_are_left_alone() -> None:
    before = torch.get_rng_state()
    draw("affine", np.zeros((2, 1, 16, 16), np.float32))
    assert torch.equal(torch.get_rng_state(), before)
