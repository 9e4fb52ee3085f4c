"""Modes found, the judge's classes, the table that holds all metrics, and what is known of a task."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metagen_gui.engine.data.density_shapes import Mixture, grid, ring
from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.metrics import Contexts, features_of, metrics, metrics_for
from metagen_gui.engine.metrics.class_consistency import class_consistency, consistency_of_real
from metagen_gui.engine.metrics.context import some_classes
from metagen_gui.engine.metrics.modes import count_modes
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from metagen_gui.engine.tasks.gaussians import Gaussians, GaussianSettings
from metagen_gui.engine.tasks.sinusoids import Sinusoids, SinusoidSettings
from metagen_gui.testing import check_metric
from metagen_gui.testing.observers import CONTEXTS
from tests.engine.metrics.known_laws import FAR_OFF, copies, normal, off, repeated
from tests.engine.metrics.pattern_tasks import Patterns

CORNERS = np.array([[0, 0], [4, 0], [0, 4], [4, 4]], dtype=float)


def test_a_sample_belongs_to_the_mode_within_three_sigma_that_is_nearest_to_it() -> None:
    samples = np.array([[0, 0.29], [0, 0.31], [4, 0], [4, 0], [2, 2]])
    found = count_modes(samples, CORNERS, 0.1)  # of few samples one is enough
    assert (found.found, found.modes, found.share, found.within) == (2, 4, 0.5, 0.6)
    # wide modes overlap: a sample belongs to the nearest alone
    assert count_modes(np.zeros((5, 2)), CORNERS, 2.0).found == 1


def test_a_mode_is_found_where_it_holds_a_quarter_of_its_fair_share() -> None:
    at = [CORNERS[[0] * held + [1] * (40 - held)] for held in (2, 3)]  # 40 samples, 4 modes: a quarter of 10
    assert [count_modes(samples, CORNERS, 0.1).found for samples in at] == [1, 2]


@pytest.mark.parametrize(("modes", "width"), [(ring(9), 0.07), (grid(5, 5), 0.04)], ids=["nine", "twenty-five"])
def test_true_samples_find_the_modes_and_neither_scatter_nor_a_collapse_does(modes: np.ndarray, width: float) -> None:
    def shares(rng: np.random.Generator) -> tuple[float, float, float]:
        law = Mixture("", modes.astype(np.float32), width, has_modes=True)
        true, scatter = law.sample(rng, 256).astype(float), rng.uniform(-2, 2, size=(256, 2))
        strays = np.concatenate([modes, np.tile(modes[:1], (256 - len(modes), 1))])  # one each, all others on the first
        found = [count_modes(samples, modes, width).share for samples in (true, scatter, strays)]
        return found[0], found[1], found[2]

    true, scatter, strays = np.mean([shares(rng) for rng in np.random.default_rng(0).spawn(100)], axis=0)
    assert true > 0.99 and scatter < 0.1 and strays == pytest.approx(1 / len(modes))


def test_real_examples_lie_within_three_sigma_as_often_as_they_should() -> None:
    shares = repeated(lambda rng: count_modes(normal(rng, 100, width=0.1), CORNERS[:1], 0.1).within, 400)
    assert abs(off(shares, 1 - math.exp(-4.5))) < FAR_OFF


def test_the_judge_puts_a_sample_where_the_nearest_mean_is() -> None:
    own, others = np.array([[0.0, 1], [0, -1]]), np.array([[[4.0, 1], [4, -1]], [[0, 9], [0, 7.0]]])
    samples = np.array([[1.9, 0], [2.1, 0], [0, 3.9], [0, 4.1]])
    assert class_consistency(samples, own, others) == 0.5
    assert class_consistency(np.array([[2.0, 0]]), own, others) == 0.5, "a tie is half a sample"
    # each is judged by the mean of those left: (0, −1) and (0, 1), 2 away; the other classes are farther
    assert consistency_of_real(own, others) == 1
    crowded = np.concatenate([others, [[[0, 2.0], [0, 2.0]]]])
    assert consistency_of_real(own, crowded) == 0.5


def test_a_judge_of_classes_that_do_not_differ_is_right_by_chance() -> None:
    def share(rng: np.random.Generator) -> float:
        return class_consistency(normal(rng, 5, 3), normal(rng, 6, 3), rng.standard_normal((19, 6, 3)))

    assert abs(off(repeated(share, 1500), 1 / 20)) < FAR_OFF


def test_the_table_has_what_each_kind_of_task_can_give() -> None:
    names = {kind: {metric.name for metric in metrics_for(context)} for kind, context in CONTEXTS.items()}
    everywhere = {"mmd2", "coverage", "neighbours_real", "neighbours_generated", "memorisation", "diversity"}
    assert all(everywhere <= found for found in names.values())
    assert {"kid", "class_consistency"} <= names["classes"] and "class_consistency" not in names["images"]
    assert not {"kl_to_density", "modes_found", "sliced_wasserstein"} & names["classes"]
    assert {"kl_to_density", "modes_found", "within_3_sigma", "sliced_wasserstein"} <= names["modes"]
    assert not {"kl_to_density", "modes_found", "kid"} & names["points"]
    assert set().union(*names.values()) == set(metrics.names())


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_prefers_the_true_law_to_one_that_is_neither_there_nor_as_wide(name: str) -> None:
    check_metric(metrics.get(name)())


def test_shortfall_turns_every_metric_the_same_way() -> None:
    def shortfall(better: str, value: float) -> float:
        return type("Aimed", (metrics.get("mmd2"),), {"better": better})().shortfall(value)

    assert shortfall("lower", 2.0) == 2 and shortfall("higher", 2.0) == -2
    assert [shortfall("0.5", x) for x in (0.2, 0.5, 0.9)] == pytest.approx([0.3, 0, 0.4])


@pytest.mark.parametrize(
    "family",
    [Densities(DensitySettings(shape="rings"), 3), Gaussians(GaussianSettings(), 3)],
    ids=["densities", "gaussians"],
)
def test_the_log_density_of_a_context_is_that_of_the_family(family: Densities | Gaussians) -> None:
    contexts = Contexts(family, "test", features_of(family))
    for index in range(5):
        task = family.task("test", index, 5, 50)
        context = contexts.of(index, task.name)
        expected = np.log(family.density("test", index, task.query))
        np.testing.assert_allclose(context.log_density(features_of(family)(task.query)), expected, atol=1e-3)
        assert count_modes(task.query.astype(float), context.modes, context.mode_width).within > 0.9


def test_a_family_that_tells_a_density_without_a_mixture_is_asked_for_it() -> None:
    class Told(Densities):
        def mixture(self, stream, index):
            return None

        def density(self, stream, index, points):
            return np.zeros(len(points), np.float32)

    family = Told(DensitySettings(), 0)
    context = Contexts(family, "test", features_of(family)).of(0, "")
    assert context.modes is None
    assert context.log_density(np.zeros((3, 2))) == pytest.approx(math.log(1e-300)), "finite for a density of 0"
    curves = Sinusoids(SinusoidSettings(), 0)
    assert Contexts(curves, "test", features_of(curves)).of(0, "").log_density is None
    mixed = Densities(DensitySettings(shape="spirals"), 0)
    assert Contexts(mixed, "test", features_of(mixed)).of(0, "").modes is None


def test_a_task_is_told_from_other_classes_never_from_its_own() -> None:
    family = Patterns(classes=6)

    def first_pixels(images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1)[:, :4].astype(float)

    contexts = Contexts(family, "test", first_pixels, examples=3)
    own = {family.task("test", index, 1, 1).name for index in range(60)}
    for index in range(20):
        name = family.task("test", index, 1, 3).name
        others = contexts.of(index, name).other_classes
        assert others.shape == (len(own) - 1, 3, 4)
        assert not any(np.array_equal(contexts.classes[name], each) for each in others)
    assert len(some_classes(family, "test", 3, 2)) == 3
    alone = Patterns(classes=1)
    assert Contexts(alone, "test", first_pixels).of(0, alone.task("test", 0, 1, 1).name).other_classes is None
    assert alone.spec == ImageSpec((1, 16, 16))


def test_memorisation_alone_looks_at_the_support_and_exposes_copies_of_it() -> None:
    rng = np.random.default_rng(0)
    query, support, other = normal(rng, 60), normal(rng, 5), normal(rng, 5)
    by_heart = copies(rng, support, 60)
    for name, plugin in metrics.items():
        metric = plugin()
        context = next(context for context in CONTEXTS.values() if metric.applies(context))
        found = [metric.score(query, shots, by_heart, context) for shots in (support, other)]
        assert (found[0] != found[1]) == (name in {"memorisation", "support_distance"}), name
    assert metrics.get("memorisation")().score(query, support, by_heart, CONTEXTS["points"]) > 0.99
    assert metrics.get("support_distance")().score(query, support, by_heart, CONTEXTS["points"]) < 0.01
