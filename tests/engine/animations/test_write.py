"""What is written comes back frame by frame; what cannot be written, or is given up, leaves nothing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from metagen_gui.engine.animations import write
from metagen_gui.engine.animations.video import CODEC
from metagen_gui.engine.animations.write import FORMATS, Film, Frame, write_animation
from metagen_gui.engine.settings.bad_input import BadInput

SIZE = (31, 21)
FILM = Film(5, SIZE, 12.5)


def moving(count: int = FILM.count) -> Iterator[Frame]:
    """A bar that goes to the right, in colours that every format can keep."""
    for place in range(count):
        frame = np.full((SIZE[1], SIZE[0], 3), 250, np.uint8)
        frame[:, 3 * place : 3 * place + 4] = (200, 40, 10 * place)
        yield frame


def read(path: Path) -> tuple[list[np.ndarray], list[int], int]:
    frames, times = [], []
    with Image.open(path) as image:
        for place in range(image.n_frames):
            image.seek(place)
            frames.append(np.asarray(image.convert("RGB")))
            times.append(round(image.info["duration"]))
        return frames, times, image.info["loop"]


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png", ".GIF"])
def test_frames_come_back_in_order_at_their_pace_and_for_ever(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"größe{ending}"
    assert write_animation(path, FILM, moving())
    frames, times, loop = read(path)
    assert times == [80] * 5 and loop == 0
    for frame, wanted in zip(frames, moving(), strict=True):
        assert np.array_equal(frame, wanted)


def test_one_frame_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    assert write_animation(path, Film(1, SIZE, 10), moving(1))
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), next(moving()))


@pytest.mark.parametrize(("rate", "milliseconds"), [(10, 100), (30, 30), (24, 40), (1000, 20), (0.5, 2000)])
def test_paces_are_those_that_a_gif_can_tell(rate: float, milliseconds: int) -> None:
    assert Film(1, SIZE, rate).milliseconds == milliseconds


@pytest.mark.parametrize("ending", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("until", [0, 2, 5])
def test_given_up_it_leaves_what_was_there(ending: str, until: int, tmp_path: Path) -> None:
    path, asked = tmp_path / f"film{ending}", []
    path.write_bytes(b"an earlier one")

    def go_on(done: int) -> bool:
        asked.append(done)
        return done < until

    assert not write_animation(path, FILM, moving(), go_on)
    assert asked == list(range(until + 1))
    assert path.read_bytes() == b"an earlier one" and list(tmp_path.iterdir()) == [path]


def test_a_frame_that_cannot_be_drawn_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[Frame]:
        yield next(moving())
        raise OSError("the samples are gone")

    with pytest.raises(OSError, match="gone"):
        write_animation(tmp_path / "film.gif", FILM, broken())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "film", "said"),
    [
        ("film.avi", FILM, "an animation's name ends in .gif, .webp, .png, .webm, .mp4"),
        ("film", FILM, "an animation's name ends in"),
        ("nowhere/film.gif", FILM, "nowhere: there is no such folder"),
        ("taken.gif", FILM, "taken.gif: is a folder"),
        ("x" * 300 + ".gif", FILM, "File name too long"),
        ("film.gif", Film(0, SIZE, 10), "frames: 0 frames cannot be written; 1 to 1,000 can"),
        ("film.gif", Film(1001, (2, 2), 10), "frames: 1,001 frames"),
        ("film.png", Film(400, (1000, 1000), 10), "size: 400 frames of 1,000 × 1,000 pixels are too much"),
    ],
)
def test_what_cannot_be_written_is_named_before_anything_is_drawn(
    name: str, film: Film, said: str, tmp_path: Path
) -> None:
    (tmp_path / "taken.gif").mkdir()

    def never() -> Iterator[Frame]:
        raise AssertionError("drawn")
        yield

    with pytest.raises(BadInput) as problem:
        write_animation(tmp_path / name, film, never())
    assert said in str(problem.value) and "\n" not in str(problem.value)


def test_a_disk_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> str:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(write, "write_atomically", full)
    with pytest.raises(BadInput, match=r"film\.gif: No space left on device"):
        write_animation(tmp_path / "film.gif", FILM, moving())


@pytest.mark.parametrize("ending", [".webm", ".mp4"])
def test_without_pyav_one_command_is_named(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput) as problem:
        write_animation(tmp_path / f"film{ending}", FILM, moving())
    assert f'"{sys.executable}" -m pip install "av>=15"' in str(problem.value)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "pip" not in FORMATS[ending].missing and "GIF" in FORMATS[ending].missing
    assert all(not kind.missing for kind in FORMATS.values() if kind.options is not None)


@pytest.mark.parametrize("ending", [".webm", ".mp4"])
def test_a_video_has_every_frame_at_its_pace_with_even_sides(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"film{ending}"
    assert write_animation(path, FILM, moving())
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
        assert stream.codec_context.name in ("vp9", CODEC) and stream.pix_fmt == "yuv420p"
        assert stream.average_rate == Fraction(25, 2)
    assert len(frames) == 5 and frames[0].shape == (22, 32, 3)
    for frame, wanted in zip(frames, moving(), strict=True):
        assert np.abs(frame[:21, :31].astype(int) - wanted).mean() < 12
