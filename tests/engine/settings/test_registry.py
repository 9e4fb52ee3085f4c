"""Plugins: dropping in a file is all it takes, and a stranger's fault does not take the program with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import metagen_gui.engine.algorithms
from metagen_gui.cli.plugins import catalogue
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.events import RunFinished
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.plugins import PLUGINS, load_plugins
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting, settings_of
from metagen_gui.engine.settings.registry import Registry, plugin_modules
from metagen_gui.engine.tasks.base import TaskFamily, task_families
from metagen_gui.testing import check_words

PLUGIN = """
from metagen_gui.engine.algorithms.base import LearnedRateSettings, algorithms
from metagen_gui.engine.algorithms.maml import Maml
from metagen_gui.engine.settings.config import setting


class Settings(LearnedRateSettings):
    patience: int = setting(7, "How patient.", low=1, high=9, live=True)


@algorithms.register("dropped_in")
class DroppedIn(Maml):
    title = "Dropped in"
    summary = "A file in a folder."
    Settings = Settings
"""


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more file in the algorithms' package, for the length of a test."""
    before = algorithms.names()
    (tmp_path / "dropped_in.py").write_text(PLUGIN)
    package = metagen_gui.engine.algorithms
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    yield
    algorithms._plugins.pop("dropped_in", None)
    sys.modules.pop(f"{package.__name__}.dropped_in", None)
    vars(package).pop("dropped_in", None)
    assert algorithms.names() == before


def test_a_file_dropped_into_the_package_is_a_plugin_with_settings_that_runs(dropped_in: None, tiny, tmp_path) -> None:
    assert "dropped_in" not in algorithms.names()
    algorithms.load(again=True)
    assert "dropped_in" in algorithms.names()
    patience = settings_of(algorithms.get("dropped_in").Settings)[-1]
    assert (patience.name, patience.default, patience.low, patience.live) == ("patience", 7, 1, True)
    with pytest.raises(BadInput, match=r"^algorithm.patience: 10 is too high"):
        Experiment(algorithm="dropped_in").with_value("algorithm.patience", 10)
    experiment = tiny("densities", "vae", "dropped_in", {"training.meta_steps": 1, "algorithm.patience": 3})
    assert isinstance(list(meta_train(experiment, out=tmp_path / "run"))[-1], RunFinished)


@pytest.mark.parametrize("kind", PLUGINS)
def test_every_plugin_says_what_it_is(kind: str) -> None:
    registry = PLUGINS[kind]
    assert registry.names() == tuple(sorted(registry.names()))
    for name, plugin in registry.items():
        assert registry.get(name) is plugin
        check_words(plugin)
    assert len({plugin.title for _, plugin in registry.items()}) == len(registry.names())


def test_the_names_others_rely_on_are_there() -> None:
    assert {"maml", "fomaml", "reptile"} <= set(PLUGINS["algorithm"].names())
    assert {"vae", "gan"} <= set(PLUGINS["model"].names())
    assert {"densities", "strokes", "images"} <= set(PLUGINS["tasks"].names())


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    """A registry over an empty package."""
    (tmp_path / "toybox").mkdir()
    (tmp_path / "toybox" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "toybox", raising=False)
    return Registry("toy", "toybox")


def test_two_plugins_of_one_name_are_an_error_that_names_both(toys: Registry[object]) -> None:
    first = type("Ball", (), {"__module__": "a"})
    toys.register("ball")(first)
    toys.register("ball")(type("Ball", (), {"__module__": "a"}))  # the same file imported again
    with pytest.raises(ValueError, match="two toy plugins are called 'ball': a, b"):
        toys.register("ball")(type("Ball", (), {"__module__": "b"}))


def test_an_unknown_name_is_answered_with_the_names_there_are(toys: Registry[object]) -> None:
    toys.register("drum")(type("Drum", (), {}))
    toys.register("ball")(type("Ball", (), {}))
    with pytest.raises(BadInput, match=r"^toy.name: there is no 'kite'; there are ball, drum$"):
        toys.get("kite")


def test_another_packages_plugins_are_loaded_and_its_faults_are_listed(toys: Registry[object], tmp_path: Path) -> None:
    """Two installed packages declare entry points: one works, one raises while it is imported."""
    (tmp_path / "good_toys.py").write_text(
        "class Kite: pass\nimport registry_of_toys\nregistry_of_toys.r('kite')(Kite)\n"
    )
    (tmp_path / "bad_toys.py").write_text("raise RuntimeError('no string')\n")
    installed = tmp_path / "toys-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[metagen.toy]\nkite = good_toys\ntop = bad_toys\nlost = nowhere_at_all\n"
    )
    shared = type(sys)("registry_of_toys")
    shared.r = toys.register
    sys.modules["registry_of_toys"] = shared
    try:
        assert toys.names() == ("kite",)
    finally:
        for name in ("registry_of_toys", "good_toys", "bad_toys"):
            sys.modules.pop(name, None)
    lost, top = sorted(toys.problems, key=lambda problem: problem.name)
    assert (top.kind, top.name, top.package, top.why) == ("toy", "top", "toys", "RuntimeError: no string")
    assert top.sentence == "the toy plugin top of the package toys could not be loaded: RuntimeError: no string"
    assert "bad_toys.py" in top.details, "and where"
    assert lost.name == "lost" and "nowhere_at_all" in lost.why
    (installed / "entry_points.txt").write_text("[metagen.toy]\ntop = bad_toys\n")
    toys.load(again=True)
    assert [problem.name for problem in toys.problems] == ["top"], "a problem that is solved is no longer listed"
    assert [(plugin.kind, plugin.name, plugin.package) for plugin in toys.foreign] == [("toy", "top", "toys")]
    toys.load(again=True, without=["toys"])
    assert not toys.problems, "what is switched off is not imported"
    assert [plugin.package for plugin in toys.foreign] == ["toys"], "and can be switched on again"


def test_a_file_of_ours_that_cannot_be_imported_is_listed_and_leaves_the_others(
    toys: Registry[object], tmp_path: Path
) -> None:
    (tmp_path / "toybox" / "broken.py").write_text("def\n")
    (tmp_path / "toybox" / "whole.py").write_text(
        "class Yoyo: pass\nimport registry_of_toys as toys\ntoys.r('yoyo')(Yoyo)\n"
    )
    shared = type(sys)("registry_of_toys")
    shared.r = toys.register
    sys.modules["registry_of_toys"] = shared
    try:
        assert toys.names() == ("yoyo",) and toys.get("yoyo").name == "yoyo"
    finally:
        for name in ("registry_of_toys", "toybox.whole"):
            sys.modules.pop(name, None)
    (problem,) = toys.problems
    assert problem.name == "toybox.broken" and problem.why.startswith("SyntaxError")


@pytest.mark.parametrize("fault", ["import sys; sys.exit('not on this machine')", "raise RuntimeError('no string')"])
def test_a_plugin_that_ends_the_program_is_listed_and_nothing_of_it_stays(
    toys: Registry[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    others = Registry[object]("other", "toybox")
    enter = "class Top: pass\nimport registry_of_toys as toys\ntoys.r('{0}')(Top); toys.o('{0}')(Top)\n"
    (tmp_path / "toybox" / "ending.py").write_text(f"import toybox.whole\n{enter.format('top')}{fault}\n")
    (tmp_path / "toybox" / "whole.py").write_text(enter.format("whole"))
    shared = type(sys)("registry_of_toys")
    shared.r, shared.o = toys.register, others.register
    monkeypatch.setitem(sys.modules, "registry_of_toys", shared)
    try:
        assert toys.names() == ("whole",), "also one that was imported by the other"
        assert [*others._plugins] == ["whole"]
    finally:
        sys.modules.pop("toybox.whole", None)
    (problem,) = toys.problems
    assert problem.name == "toybox.ending" and problem.why in (
        "SystemExit: not on this machine",
        "RuntimeError: no string",
    )


class Unshowable(Config):
    n: int | None = setting(None, "How many, if any.")


def title_only(**more: object) -> type[TaskFamily]:
    return type("Odd", (TaskFamily,), {"title": "Odd", "task": lambda self, *given: None, **more})


@pytest.mark.parametrize(
    ("plugin", "why"),
    [
        (title_only(), "Odd lacks Settings, summary"),
        (title_only(summary="Odd.", Settings=Config, task=TaskFamily.task), "Odd lacks task"),
        (
            title_only(summary="Odd.", Settings=Unshowable),
            "setting n: int | None cannot be shown; there are bool, int, float, str, Literal[…] and dict[str, float]",
        ),
        (type("Odd", (), {"title": "Odd"}), "Odd is no TaskFamily"),
    ],
)
def test_a_plugin_that_is_not_whole_is_a_problem_in_one_sentence_and_not_among_the_others(
    plugin: type[TaskFamily], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = task_families.names()
    (tmp_path / "odd_tasks.py").write_text(
        "import plugin_of_a_test\nfrom metagen_gui.api import task_families\n"
        "task_families.register('odd')(plugin_of_a_test.plugin)\n"
    )
    installed = tmp_path / "odd-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[metagen.tasks]\nodd = odd_tasks\n")
    shared = type(sys)("plugin_of_a_test")
    shared.plugin = plugin
    monkeypatch.setitem(sys.modules, "plugin_of_a_test", shared)
    monkeypatch.delitem(sys.modules, "odd_tasks", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(task_families, "problems", [])
    monkeypatch.setattr(task_families, "_plugins", dict(task_families._plugins))
    task_families.load(again=True)
    (problem,) = task_families.problems
    assert (problem.name, problem.package, problem.why) == ("odd", "odd", f"TypeError: {why}")
    assert task_families.names() == before
    assert len(catalogue()["tasks"]) == len(before), "the others can be listed"


def test_no_plugin_of_ours_is_broken() -> None:
    assert load_plugins() == []


def test_the_frozen_program_collects_what_is_walked() -> None:
    assert "metagen_gui.engine.algorithms.maml" in plugin_modules("metagen_gui.engine.algorithms")
