"""The encoder learns from the training classes alone, tells others apart, and is made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.engine.metrics.encoder import KEPT, ImageEncoder, features_of, image_encoder
from metagen_gui.engine.metrics.encoder_training import EncoderSettings, Episodes, train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from metagen_gui.engine.tasks.strokes import Strokes, StrokesSettings
from tests.engine.metrics.pattern_tasks import ASKED, Patterns

SMALL = EncoderSettings(
    channels=8, width=32, features=16, episodes=30, test_episodes=10, ways=8, shots=3, queries=3, learning_rate=0.01
)


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    ASKED.clear()


def test_it_learns_from_training_classes_and_tells_others_apart(tmp_path: Path) -> None:
    untrained = image_encoder(Patterns(noise=1.0), EncoderSettings(**{**vars(SMALL), "episodes": 0}), tmp_path)
    ASKED.clear()
    heard: list[tuple[int, int]] = []
    encoder = image_encoder(Patterns(noise=1.0), SMALL, tmp_path, lambda done, total: heard.append((done, total)))
    assert heard == [(done, 30) for done in range(1, 31)]
    assert "validation" not in ASKED and ASKED.index("test") > ASKED.count("train") - 1, "test only to be measured"
    assert encoder.ways == 8 and 0 < encoder.error < 0.1
    assert encoder.accuracy > untrained.accuracy + 0.3 and encoder.accuracy > 0.6


def test_features_are_centred_and_scaled_by_one_factor(tmp_path: Path) -> None:
    family = Patterns()
    encoder = image_encoder(family, SMALL, tmp_path)
    images = np.concatenate([family.task("train", index, 1, 5).query for index in range(200)])
    features = encoder(images)
    assert features.shape == (1000, 16) and features.dtype == np.float64
    assert np.abs(features.mean(axis=0)).max() < 0.3 and features.var(axis=0).mean() == pytest.approx(1, rel=0.1)
    raw = encoder.raw(torch.from_numpy(images[:40])).detach().numpy()
    ratio = np.linalg.norm(features[:20] - features[20:40], axis=1) / np.linalg.norm(raw[:20] - raw[20:40], axis=1)
    assert np.ptp(ratio) < 1e-3 * ratio.mean(), "distances keep their proportions"


def test_it_is_made_once_and_the_same_for_every_seed(tmp_path: Path) -> None:
    first = image_encoder(Patterns(), SMALL, tmp_path)
    ASKED.clear()
    again = image_encoder(Patterns(seed=7), SMALL, tmp_path)
    assert "test" not in ASKED and len(ASKED) <= 4 * SMALL.ways, "only the digest was drawn"
    assert again.to_bytes() == first.to_bytes() and again.accuracy == first.accuracy
    assert len(list(tmp_path.iterdir())) == 1
    image_encoder(Patterns(noise=0.5), SMALL, tmp_path)  # other images
    image_encoder(Patterns(), EncoderSettings(**{**vars(SMALL), "episodes": 31}), tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    first = image_encoder(Patterns(), SMALL, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for broken in (whole[:-1], b"", whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:]):
        file.write_bytes(broken)
        assert image_encoder(Patterns(), SMALL, tmp_path).to_bytes() == first.to_bytes()
        assert file.read_bytes() == whole


def test_the_folder_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (tmp_path / f"{number}.encoder").touch()
    image_encoder(Patterns(), EncoderSettings(**{**vars(SMALL), "episodes": 1}), tmp_path)
    assert len(list(tmp_path.iterdir())) == KEPT


def test_small_classes_give_fewer_examples_and_one_class_is_refused(tmp_path: Path) -> None:
    class Few(Patterns):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            self.most = 4

    episodes = Episodes(Few(), SMALL)
    assert [part.shape[1] for part in episodes.draw("train")] == [2, 2]
    alone = Patterns(classes=1)
    with pytest.raises(BadInput, match="two at least"):
        train(ImageEncoder((1, 16, 16), SMALL).network, lambda images: images, Episodes(alone, SMALL), SMALL, print)


def test_it_sees_the_pixels_that_models_are_given() -> None:
    drawn, digests = {}, set()
    for pixels in ("grey", "binary", "drawn"):
        episodes = Episodes(Strokes(StrokesSettings(size=16, pixels=pixels), 0), SMALL)
        digests.add(episodes.digest(SMALL, 1))
        drawn[pixels] = {*np.unique(torch.cat(episodes.draw("train")).numpy())}
    assert drawn["binary"] == drawn["drawn"] == {0, 1} and len(drawn["grey"]) > 2 and len(digests) == 3


def test_points_are_their_own_features() -> None:
    points = np.array([[1, 2], [3, 4]], np.float32)
    features = features_of(Densities(DensitySettings(), 0))(points)
    assert features.dtype == np.float64 and np.array_equal(features, points)
