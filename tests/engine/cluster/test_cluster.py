"""Jobs of a cluster, by submitit's executor for one machine: preempted, requeued, gone on with, to the last digit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from submitit.local import local

from metagen_gui.engine.cluster import jobs as module
from metagen_gui.engine.cluster.jobs import jobs, jobs_folder, stop, submit
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.record import read_record
from tests.engine.small_runs import rows, small_run, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SLURM's signals are not on Windows")


def test_a_preempted_job_is_requeued_and_comes_out_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    list(meta_train(small_run(400, 50), out=tmp_path / "whole"))
    started, start = list[subprocess.Popen[bytes]](), local.start_controller

    def noted(**how: Any) -> subprocess.Popen[bytes]:
        started.append(start(**how))
        return started[-1]

    monkeypatch.setattr(local, "start_controller", noted)
    job = submit(small_run(400, 50), tmp_path / "run", minutes=60, cluster="local")
    try:
        (listed,) = jobs()
        assert listed == job and job.run == tmp_path / "run"
        assert jobs_folder().stat().st_mode & 0o77 == 0, "what is pickled there is for nobody else"
        wait_until(lambda: any((job.run / "checkpoints").glob("step-*.json")), 240)
        process = json.loads((job.run / "run.holder").read_text())["process"]
        os.kill(process, signal.SIGTERM)  # a warning, which asks for a checkpoint and ends nothing
        os.kill(process, signal.SIGUSR2)
        wait_until(lambda: (record := read_record(job.run)) is not None and record.state == "finished", 240)
        started[0].wait(120)
    finally:
        started[0].kill()
        started[0].wait()
        said = "".join(file.read_text() for file in (jobs_folder() / job.id).glob("*_log.*"))
    assert "preempted" in said and "Requeued job" in said and "completed successfully" in said, said
    assert "Resumed at step" in (job.run / "events.jsonl").read_text()
    assert rows(job.run) == rows(tmp_path / "whole")


def test_what_is_lacking_or_wrong_is_said_before_anything_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="there is no SLURM here"):
        submit(small_run(400, 50))
    with pytest.raises(BadInput, match="is no job of yours"):
        stop("7")
    (tmp_path / "full" / "thesis").mkdir(parents=True)
    with pytest.raises(BadInput, match="not empty"):
        submit(small_run(400, 50), tmp_path / "full", cluster="local")
    monkeypatch.setattr(module.Submitit, "needs", ("submitit_that_nobody_has",))
    with pytest.raises(BadInput, match=r'needs submitit_that_nobody_has; this adds it: .*"metagen\[cluster\]"'):
        submit(small_run(400, 50))
    assert not jobs_folder().exists()


def test_the_cluster_is_asked_how_jobs_stand_and_told_to_end_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name, text in {"squeue": "echo '7 RUNNING'", "scancel": f'echo "$@" >> {tmp_path}/ended'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for number, note in {"7": {"job": "7", "run": "/runs/a", "submitted": 2}, "8": {"job": "8"}, "9": []}.items():
        (jobs_folder() / number).mkdir(parents=True)
        (jobs_folder() / number / "job.json").write_text(json.dumps(note))
    (found,) = jobs()
    assert (found.id, found.run, found.state) == ("7", Path("/runs/a"), "RUNNING")
    stop("7")
    assert (tmp_path / "ended").read_text() == "7\n"
