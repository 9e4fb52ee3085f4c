"""The thread: of each kind the latest order counts, rivals wait for a calm moment, and what is wrong is told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.resources import resources_folder
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.gui.playground import serving
from metagen_gui.gui.playground.serving import Adapt, Given, Inbox, Open, Pick, Read, Ready, Serving, Shown, Trouble

HERE = resources_folder() / "trained"
POINTS = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)


def test_of_each_kind_the_latest_counts_and_a_model_makes_the_rest_void() -> None:
    inbox = Inbox()
    for stamp in range(3):
        inbox.put(Adapt(POINTS, stamp=stamp))
    inbox.put(Pick(4, stamp=3))
    assert inbox.take() == Pick(4, stamp=3)
    order = inbox.take()
    assert isinstance(order, Adapt) and order.stamp == 2
    inbox.put(Adapt(POINTS, stamp=4))
    inbox.put(Open(Path("one"), stamp=5))
    assert inbox.take() == Open(Path("one"), stamp=5)
    assert inbox.take(0) is None
    inbox.close()
    assert inbox.take() is None


def trained(folder: Path, **training: Any) -> Path:
    """Train a tiny model of drawn characters."""
    experiment = Experiment()
    small = {"tasks.size": 16, "model.width": 8, "model.depth": 1, "training.meta_steps": 1, "training.device": "cpu"}
    named = {f"training.{name}": value for name, value in training.items()}
    for path, value in {**small, "training.validation_tasks": 2, "training.preview_tasks": 1, **named}.items():
        experiment = experiment.with_value(path, value)
    list(meta_train(experiment, out=folder, previews=False))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return trained(tmp_path / "runs" / "one")


def answers(inbox: Inbox, *roots: Path) -> Iterator[Any]:
    """What comes of the orders in the inbox; it waits for nothing."""
    served = serving.serve(inbox, lambda: roots)
    return (came for came in served if came is not None)


def test_it_opens_adapts_and_lets_rivals_follow(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CALM", 0.0)
    inbox = Inbox()
    came = answers(inbox, run.parent)
    inbox.put(Open(run, stamp=1))
    ready = next(came)
    assert isinstance(ready, Ready) and (ready.stamp, ready.meta_step, ready.steps) == (1, 1, 3)
    inbox.put(Pick(2, stamp=2))
    given = next(came)
    assert isinstance(given, Given) and given.support.shape == (5, 1, 16, 16) and "/" in given.name
    inbox.put(Adapt(given.support, 2, stamp=3))
    mine, rival = islice(came, 2)
    assert isinstance(mine, Shown) and (mine.arm, mine.stamp, mine.snapshot.steps) == ("learned", 3, (0, 1, 2))
    assert isinstance(rival, Shown) and (rival.arm, rival.stamp, rival.snapshot.steps) == ("scratch", 3, (0, 1, 2))
    assert mine.nearest.shape == (3, 16) and mine.snapshot.samples.shape == rival.snapshot.samples.shape
    inbox.put(Adapt(given.support[:1], stamp=4))
    assert [(each.arm, each.stamp) for each in islice(came, 2)] == [("learned", 4), ("scratch", 4)]


def test_a_jointly_trained_run_stands_beside_it(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CALM", 0.0)
    trained(tmp_path / "claims" / "test" / "runs" / "joint", warmup_steps=1)
    inbox = Inbox()
    came = answers(inbox, run.parent, tmp_path / "claims")
    inbox.put(Open(run, stamp=1))
    assert isinstance(next(came), Ready)
    inbox.put(Adapt(np.zeros((2, 1, 16, 16), np.float32), 1, stamp=2))
    assert [each.arm for each in islice(came, 3)] == ["learned", "scratch", "joint"]


def test_what_is_wrong_is_told_and_the_next_order_is_done(run: Path, tmp_path: Path) -> None:
    inbox = Inbox()
    came = answers(inbox)
    inbox.put(Adapt(POINTS, stamp=1))  # nothing is open yet: there is nothing to say
    inbox.put(Open(tmp_path / "nowhere", stamp=2))
    assert "no such run folder" in next(came).sentence
    inbox.put(Open(run, stamp=3))
    assert isinstance(next(came), Ready)
    inbox.put(Adapt(POINTS, stamp=4))
    trouble = next(came)
    assert isinstance(trouble, Trouble) and trouble.stamp == 4 and "expected (n, 1, 16, 16)" in trouble.sentence
    inbox.put(Read((tmp_path / "no.png",), stamp=5))
    assert "no.png" in next(came).sentence
    inbox.put(Read((tmp_path / "no\n.png",), stamp=6))
    assert "\n" not in next(came).sentence


def test_of_many_pictures_as_many_are_read_as_there_is_room_for(run: Path, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(9):
        Image.new("L", (16, 16), 20 * number).save(many / f"{number}.png")
    inbox = Inbox()
    came = answers(inbox)
    inbox.put(Open(run, stamp=1))
    next(came)
    inbox.put(Read((many / "1.png", many, tmp_path / "gone"), stamp=2))
    given = next(came)
    assert isinstance(given, Given) and len(given.support) == 10 and not given.anew and given.left == 1


def test_a_broken_picture_among_others_is_told_of_and_the_others_are_read(run: Path, tmp_path: Path) -> None:
    paths = tuple(tmp_path / name for name in ("a.png", "broken.png", "b.png"))
    for path in paths:
        Image.new("L", (16, 16), 200).save(path)
    paths[1].write_bytes(paths[1].read_bytes()[:40])
    inbox = Inbox()
    came = answers(inbox)
    inbox.put(Open(run, stamp=1))
    next(came)
    inbox.put(Read(paths, stamp=2))
    given = next(came)
    assert isinstance(given, Given) and len(given.support) == 2 and given.name == "a.png"
    (notice,) = given.notices
    assert "broken.png" in notice


@pytest.mark.parametrize("name", ["characters", "densities", "sinusoids"])
def test_the_models_that_come_along_open_and_adapt(name: str) -> None:
    """From a first start to samples of one's own needs no training; all of them together take no more than 3 MB."""
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) <= 3_000_000
    inbox = Inbox()
    came = answers(inbox)
    inbox.put(Open(HERE / name, stamp=1))
    ready = next(came)
    assert isinstance(ready, Ready) and ready.curves == (name == "sinusoids")
    inbox.put(Pick(0, stamp=2))
    given = next(came)
    inbox.put(Adapt(given.support, stamp=3))
    snapshot = next(came).snapshot
    support, samples = snapshot.support[0].astype(float), snapshot.samples[0].astype(float)
    if name == "characters":  # adapted samples have ink where the examples have it
        ink = support.mean(0).ravel()
        made = [samples[step].mean(0).ravel() for step in (0, -1)]
        apart = [1 - ink @ each / np.linalg.norm(ink) / np.linalg.norm(each) for each in made]
    elif name == "densities":
        apart = [np.linalg.norm(samples[step][:, None] - support, axis=-1).min(1).mean() for step in (0, -1)]
    else:
        at = np.searchsorted(snapshot.curve_x, support[:, 0]).clip(0, len(snapshot.curve_x) - 1)
        apart = [np.abs(snapshot.curves[0, step][at] - support[:, 1]).mean() for step in (0, -1)]
    assert apart[1] < 0.7 * apart[0]


def test_the_thread_answers_and_ends(run: Path, qtbot: QtBot) -> None:
    came = list[Any]()
    thread = Serving(came.append, lambda: None, lambda: ())
    thread.start()
    thread.inbox.put(Open(run, stamp=1))
    qtbot.waitUntil(lambda: any(isinstance(each, Ready) for each in came))
    with qtbot.waitSignal(thread.ended):
        thread.stop()
