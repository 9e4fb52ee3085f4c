"""Landmarks are measured on the tasks that models are measured on, and take their places in the plane."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import measures
from metagen_gui.engine.held_out.adapted import HeldOut
from metagen_gui.engine.held_out.landmarks import axes, place, planes, score_landmarks
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.metrics.landmarks import LANDMARKS, REAL, landmark_title
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from tests.engine.metrics.pattern_tasks import Patterns


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> tuple[HeldOut, Eyes]:
    """Pixels as features: they tell patterns apart."""
    monkeypatch.setattr(measures, "features_of", lambda family: lambda images: images.reshape(len(images), -1) * 1.0)
    family = Patterns(noise=0.3)
    model = Experiment("strokes", "gan").build_model(family)
    return HeldOut(family, "test", 4, 3, 8, 12), Eyes(family, model, "test", 8)


def test_copies_are_recognised_and_not_original_and_noise_is_neither(looked: tuple[HeldOut, Eyes]) -> None:
    tasks, eyes = looked
    found = score_landmarks(tasks, eyes)
    assert [*found] == [REAL, *LANDMARKS]
    means = {name: {key: float(values.mean()) for key, values in one.values.items()} for name, one in found.items()}
    assert all(one.rows == (0,) and values.shape == (1, 4) for one in found.values() for values in one.values.values())
    assert means["copies"]["class_consistency"] > 0.9 and means["noise"]["class_consistency"] < 0.5
    assert means["copies"]["support_distance"] == 0 < means["affine"]["support_distance"]
    assert means["means"]["diversity"] < means["copies"]["diversity"] < 1 == means[REAL]["diversity"]
    assert means["copies"]["coverage"] < means[REAL]["coverage"] < 1
    assert found["noise"].pictures.shape == (4, 1, 12, 1, 16, 16)
    assert np.array_equal(found["copies"].pictures[1, 0, :3], tasks.batch.support[1])


def test_places_are_means_over_sound_tasks_and_are_drawn_in_two_planes(looked: tuple[HeldOut, Eyes]) -> None:
    _, eyes = looked
    along = axes(eyes.measures)
    assert [*along] == ["recognizability", "diversity", "originality"]
    values = {"class_consistency": [0.5, 0.7, 0.9], "diversity": [1.0, math.nan, 2.0], "support_distance": [0.5] * 3}
    arrays = {name: np.array(each) for name, each in values.items()}
    here = place("A & B", arrays, along, colour=3)
    assert (here.figures["recognizability"].mean, here.figures["diversity"].mean) == (pytest.approx(0.7), 1.5)
    assert (here.figures["recognizability"].tasks, here.figures["diversity"].tasks) == (3, 2)
    by_alphabet = place("A", arrays, along, ("x", "x", "y")).figures["recognizability"]
    assert by_alphabet.groups == 2, "intervals are over what was held out"
    drawn = planes([here, place("Real", arrays, along, is_landmark=True)], eyes.measures)
    assert drawn.count("<svg") == 2 and drawn.count('class="dot c3"') == 2 == drawn.count('class="dot mark"')
    assert "A &amp; B" in drawn and planes([], eyes.measures) == ""


def test_points_have_no_landmarks() -> None:
    family = Densities(DensitySettings(), 0)
    eyes = Eyes(family, Experiment("densities", "gan").build_model(family), "test", 8)
    assert score_landmarks(HeldOut(family, "test", 2, 3, 8, 12), eyes) == {} == axes(eyes.measures)
    assert landmark_title(REAL) == "Real examples"
