"""`metagen hosts`: what it lists, refuses and says of runs that go on elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metagen_gui.engine.store.elsewhere import Elsewhere, write_elsewhere
from tests.cli.conftest import Metagen
from tests.engine.hosts.stand_ins import write_run


@pytest.fixture(autouse=True)
def own_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give every test machines of its own, and an ssh that reaches none."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("metagen_gui.engine.hosts.runs.BETWEEN", 0.0)
    monkeypatch.setenv("METAGEN_SSH", "sh -c 'echo ssh: connect to host x port 22: Connection refused >&2; exit 255'")


def test_machines_are_added_listed_and_removed(metagen: Metagen) -> None:
    assert "metagen hosts add NAME" in metagen("hosts").out
    assert metagen("hosts", "add", "gpu", "--ssh", "me@10.0.0.7", "--command", "~/m/bin/metagen").status == 0
    told = json.loads(metagen("hosts", "--json").out)
    assert told == {"version": 1, "hosts": [{"name": "gpu", "ssh": "me@10.0.0.7", "command": "~/m/bin/metagen"}]}
    assert metagen("hosts", "list").out.split()[:4] == ["name", "ssh", "command", "gpu"]
    assert metagen("hosts", "remove", "gpu").status == 0
    assert json.loads(metagen("hosts", "list", "--json").out)["hosts"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hosts", "add", "--", "-oProxyCommand=x"], "is no name of a machine"),
        (["hosts", "add", "gpu", "--command", "'"], "--command: cannot be read as words"),
        (["hosts", "remove", "gpu"], "gpu: is none of the machines"),
        (["hosts", "check", "gpu"], "gpu: refuses connections: nothing answers to ssh there; try: ssh gpu"),
        (["train", "--on", "gpu"], "gpu: refuses connections"),
        (["train", "--on", "$(x)"], "is no name of a machine"),
        (["train", "--on", "gpu", "--resume", "run"], "metagen hosts move RUN HOST"),
        (["train", "--on", "gpu", "--set", "model.name=kite"], "kite"),
        (["hosts", "attach", "nothing"], "nothing: is no run that goes on at another machine"),
        (["hosts", "move", "nothing", "gpu"], "nothing: not a run folder"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(metagen: Metagen, arguments: list[str], said: str) -> None:
    done = metagen(*arguments)
    assert done.status == 2 and said in done.err and done.err.count("\n") == 1


def test_a_run_elsewhere_is_listed_and_nothing_here_goes_on_with_it(metagen: Metagen, tmp_path: Path) -> None:
    assert "metagen train --on HOST" in metagen("hosts", "runs").out
    run = tmp_path / "metagen" / "runs" / "kites"
    write_run(run, 3)
    write_elsewhere(run, Elsewhere("gpu", "t1"))
    (told,) = json.loads(metagen("hosts", "runs", "--json").out)["runs"]
    assert told == {
        "name": "kites", "folder": str(run), "host": "gpu", "state": "", "meta_step": 3, "meta_steps": 3,
        "problem": "refuses connections: nothing answers to ssh there; try: ssh gpu",
    }  # fmt: skip
    assert metagen("hosts", "runs").out.split()[:5] == ["run", "machine", "state", "step", "note"]
    (listed,) = json.loads(metagen("runs", "--json").out)["runs"]
    assert listed["host"] == "gpu" and listed["resumable"] is False
    refused = metagen("train", "--resume", run)
    assert refused.status == 2 and "goes on at gpu; `metagen hosts move kites here` brings it here" in refused.err
    for command in ("pause", "go", "finish", "discard"):
        assert metagen("hosts", command, "kites").err.startswith("metagen: gpu: refuses connections")
    assert "metagen train --resume" in metagen("hosts", "leave", "kites").out
    assert json.loads(metagen("runs", "--json").out)["runs"][0]["resumable"] is True


def test_a_setting_that_cannot_change_is_refused_before_anybody_is_asked(metagen: Metagen, tmp_path: Path) -> None:
    run = tmp_path / "metagen" / "runs" / "kites"
    write_run(run, 1)
    (run / "experiment.json").write_text("{}")
    write_elsewhere(run, Elsewhere("gpu", "t1"))
    assert "training.outer_lr" in metagen("hosts", "change", "kites", "training.outer_lr=x").err
    assert metagen("hosts", "change", "kites", "training.outer_lr=0.1").err.startswith("metagen: gpu: refuses")
