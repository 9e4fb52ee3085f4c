"""`metagen plugins`: every plugin and setting, for programs and for people."""

from __future__ import annotations

import io
import json
import sys

import pytest

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.experiment import REGISTRIES, Experiment
from metagen_gui.engine.plugins import PLUGINS
from metagen_gui.engine.settings.config import settings_of
from tests.cli.conftest import Metagen


def test_the_json_names_every_plugin_and_setting(metagen: Metagen) -> None:
    done = metagen("plugins", "--json")
    listed = json.loads(done.out)
    assert (done.status, done.err, listed["version"]) == (0, "", 1)
    assert list(listed) == [
        "version",
        "tasks",
        "model",
        "algorithm",
        "training",
        "metric",
        "health",
        "problems",
        "packages",
    ]
    for section, registry in REGISTRIES.items():
        assert [plugin["name"] for plugin in listed[section]] == list(registry.names())
        for plugin, (_, registered) in zip(listed[section], registry.items(), strict=True):
            assert {"title", "summary", "reference"} <= set(plugin)
            assert [item["name"] for item in plugin["settings"]] == [s.name for s in settings_of(registered.Settings)]
    for section in ("metric", "health"):
        assert [plugin["name"] for plugin in listed[section]] == list(PLUGINS[section].names())
        assert all(plugin["title"] and plugin["summary"] for plugin in listed[section])
    shots = next(item for item in listed["training"] if item["name"] == "shots")
    assert {"name", "kind", "default", "low", "high", "unit", "help", "live", "choices"} <= set(shots)
    assert (shots["kind"], shots["default"], shots["low"], shots["unit"]) == ("integer", 5, 1, "examples")


def test_the_json_survives_a_stdout_that_is_not_utf8(metagen: Metagen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with PYTHONIOENCODING=ascii."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out := io.TextIOWrapper(io.BytesIO(), "ascii"))
        done = metagen("plugins", "--json")
        out.flush()
    assert (done.status, done.err) == (0, "") and "×" in str(json.loads(out.buffer.getvalue()))  # type: ignore[attr-defined]


def test_the_json_gives_the_defaults_that_hold_for_a_plugin(metagen: Metagen) -> None:
    listed = json.loads(metagen("plugins", "--json").out)
    assert [plugin["name"] for plugin in listed["algorithm"]] == list(algorithms.names())
    for plugin in listed["algorithm"]:
        adapts = next(item["default"] for item in plugin["settings"] if item["name"] == "adapts")
        assert adapts == Experiment(algorithm=plugin["name"], tasks="strokes", model="vae").config("algorithm").adapts


def test_the_list_for_people_names_everything(metagen: Metagen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = metagen("plugins")
    assert done.status == 0
    words = set(done.out.split())
    for kind, registry in PLUGINS.items():
        for name, plugin in registry.items():
            settings = settings_of(plugin.Settings) if kind in REGISTRIES else ()
            assert {name, *(item.name for item in settings)} <= words
    assert max(map(len, done.out.splitlines())) <= 80
    assert {"10,000,000", "2,147,483,647"} <= words, "ranges are written out"
