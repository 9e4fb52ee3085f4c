"""The encoder learns from the training classes alone, tells others apart, and is made once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from metagen_gui.engine.metrics.encoder import KEPT, ImageEncoder, features_of, image_encoder
from metagen_gui.engine.metrics.encoder_training import EncoderSettings, Episodes, left_out, train, turned
from metagen_gui.engine.metrics.warps import Warp
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.tasks.densities import Densities, DensitySettings
from metagen_gui.engine.tasks.strokes import Strokes, StrokesSettings
from tests.engine.metrics.pattern_tasks import ASKED, Patterns

SMALL = EncoderSettings(
    channels=8,
    features=16,
    episodes=30,
    ways=8,
    learning_rate=0.01,
    test_episodes=10,
    judged_ways=8,
    shots=3,
    queries=3,
)
TINY = replace(SMALL, channels=2, episodes=2, test_episodes=2)


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    ASKED.clear()


def test_it_learns_from_training_classes_and_tells_others_apart(tmp_path: Path) -> None:
    untrained = image_encoder(Patterns(noise=1.0), replace(SMALL, episodes=0), tmp_path)
    ASKED.clear()
    heard: list[tuple[int, int]] = []
    encoder = image_encoder(Patterns(noise=1.0), SMALL, tmp_path, lambda done, total: heard.append((done, total)))
    assert heard == [(done, 30) for done in range(1, 31)]
    assert "validation" not in ASKED and ASKED.index("test") > ASKED.count("train") - 1, "test only to be measured"
    judged = encoder.judged
    assert (judged.ways, judged.examples) == (8, 3) and 0 < judged.error < 0.1
    assert judged.accuracy > untrained.judged.accuracy + 0.3 and judged.accuracy > 0.6
    assert f"Of 8 held-out ones, each known by 3 examples, it puts {judged.accuracy:.1%}" in judged.sentence


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
    first = image_encoder(Patterns(), TINY, tmp_path)
    ASKED.clear()
    again = image_encoder(Patterns(seed=7), TINY, tmp_path)
    assert "test" not in ASKED and len(ASKED) <= 4 * TINY.ways, "only the digest was drawn"
    assert again.to_bytes() == first.to_bytes() and again.judged == first.judged
    assert len(list(tmp_path.iterdir())) == 1
    image_encoder(Patterns(noise=0.5), TINY, tmp_path)  # other images
    image_encoder(Patterns(), replace(TINY, episodes=3), tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    first = image_encoder(Patterns(), TINY, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for broken in (whole[:-1], b"", whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:]):
        file.write_bytes(broken)
        assert image_encoder(Patterns(), TINY, tmp_path).to_bytes() == first.to_bytes()
        assert file.read_bytes() == whole


def test_the_folder_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (tmp_path / f"{number}.encoder").touch()
    image_encoder(Patterns(), TINY, tmp_path)
    assert len(list(tmp_path.iterdir())) == KEPT


def test_small_classes_give_fewer_examples_and_one_class_is_refused(tmp_path: Path) -> None:
    class Few(Patterns):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            self.most = 4

    episodes = Episodes(Few(), SMALL)
    assert [part.shape[1] for part in episodes.to_judge()] == [2, 2] and episodes.to_learn().shape[:2] == (8, 4)
    alone = Patterns(classes=1)
    with pytest.raises(BadInput, match="two at least"):
        train(ImageEncoder((1, 16, 16), SMALL).network, lambda images: images, Episodes(alone, SMALL), SMALL, print)


def test_it_sees_the_pixels_that_models_are_given() -> None:
    drawn, digests = {}, set()
    for pixels in ("grey", "binary", "drawn"):
        episodes = Episodes(Strokes(StrokesSettings(size=16, pixels=pixels), 0), SMALL)
        digests.add(episodes.digest(SMALL, 1))
        drawn[pixels] = {*np.unique(episodes.to_learn().numpy())}
    assert drawn["binary"] == drawn["drawn"] == {0, 1} and len(drawn["grey"]) > 2 and len(digests) == 3


def test_points_are_their_own_features() -> None:
    points = np.array([[1, 2], [3, 4]], np.float32)
    features = features_of(Densities(DensitySettings(), 0))(points)
    assert features.dtype == np.float64 and np.array_equal(features, points)


def test_every_example_is_told_from_others_by_a_mean_that_leaves_it_out() -> None:
    features = torch.randn(3, 4, 5, generator=generator_for(0, "training"), dtype=torch.float64)
    apart, labels = left_out(features)
    for row, label in enumerate(labels.tolist()):
        example = features.flatten(0, 1)[row]
        for other in range(3):
            kept = [one for place, one in enumerate(features[other]) if (other, place) != divmod(row, 4)]
            by_hand = (example - torch.stack(kept).mean(0)).square().sum() / 5**0.5
            assert apart[row, other].item() == pytest.approx(by_hand.item()), (row, other, label)
    assert labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_a_class_is_turned_as_one_and_pictures_that_are_not_square_are_not() -> None:
    images = torch.zeros(40, 2, 1, 4, 4)
    images[..., 0, 0] = 1.0
    found = turned(images, generator_for(0, "training"))
    assert all(torch.equal(each[0], each[1]) for each in found)
    corners = {tuple(place.tolist()) for each in found for place in each[0, 0].nonzero()}
    assert corners == {(0, 0), (0, 3), (3, 0), (3, 3)}
    assert torch.equal(turned(images[..., :3], generator_for(0, "training")), images[..., :3])


def test_warps_move_ink_as_far_as_they_say_and_none_is_none() -> None:
    images = torch.zeros(400, 1, 28, 28)
    images[:, :, 13:15, 13:15] = 1.0
    random = generator_for(0, "training")
    assert torch.allclose(Warp()(images, random), images, atol=1e-5)
    rows = torch.arange(28.0)

    def heights(warp: Warp) -> torch.Tensor:
        moved = warp(images, random)[:, 0]
        return (moved.sum(2) * rows).sum(1) / moved.sum((1, 2))

    places = heights(Warp(shift=0.1))  # of half of 28 pixels
    assert places.std().item() == pytest.approx(1.4, rel=0.15) and places.mean().item() == pytest.approx(13.5, abs=0.3)
    assert heights(Warp(bend=0.1)).std() > 0.5
    corner = torch.zeros(400, 1, 28, 28)
    corner[:, :, 13:15, 24:26] = 1.0  # 11 pixels from the middle
    lifted = Warp(turn=0.1)(corner, random)[:, 0]
    up = (lifted.sum(2) * rows).sum(1) / lifted.sum((1, 2))
    assert up.std().item() == pytest.approx(1.1, rel=0.2)


def test_large_images_are_halved_until_the_network_sees_few_pixels() -> None:
    """A pattern of one pixel's width, of 64, is gone: what the network sees of it is grey."""
    encoder = ImageEncoder((1, 64, 64), SMALL)
    stripes = np.zeros((1, 1, 64, 64), np.float32)
    stripes[..., ::2] = 1.0
    assert np.allclose(encoder(stripes), encoder(np.full_like(stripes, 0.5)), atol=1e-5)
    assert not np.allclose(encoder(stripes), encoder(np.zeros_like(stripes)), atol=1e-2)
