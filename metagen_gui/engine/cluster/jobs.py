"""Jobs of a cluster: handed over, listed, stopped. Each has a folder beside the runs, for this user alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from metagen_gui.engine.cluster.job import ClusterRun
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.processors import MOST_THREADS
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import Needing, lacking
from metagen_gui.engine.store.names import make_run_folder, runs_folder

NOTE, MAX_NOTE_BYTES = "job.json", 2**16
MINUTES = 60
"""That a job is given unless it is told; what is not done by then goes on in the next."""
WARNING = 120
"""Seconds before its time is over at which a job is told."""
MOST_TIMES = 10_000
"""That a job may run out of time and be requeued."""
PATIENCE = 30.0
"""Seconds to wait for the cluster's own commands."""


class Submitit(Needing):
    """What hands jobs over to SLURM."""

    needs = ("submitit",)
    extra = "cluster"


@dataclass(frozen=True)
class Job:
    """One job: what the cluster calls it, the folder of its run, and when it was handed over (seconds since 1970)."""

    id: str
    run: Path
    submitted: float
    state: str = ""
    """In the cluster's word; "" where it knows nothing of the job any more."""


def jobs_folder() -> Path:
    """Return the folder of all jobs of this user."""
    return runs_folder().parent / "cluster"


def submit(
    experiment: Experiment,
    out: Path | None = None,
    *,
    partition: str = "",
    minutes: int = MINUTES,
    gpus: int = 0,
    cluster: str = "slurm",
) -> Job:
    """Hand a run over to the cluster; its folder, `out` or a dated one, has to lie where all its machines see it.

    Raises `BadInput` where submitit or SLURM is missing, where the experiment is wrong, or where SLURM refuses.
    """
    if why := lacking(Submitit):
        raise BadInput("--cluster", why)
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise BadInput("--cluster", "there is no SLURM here: sbatch is not found")
    experiment.check()
    import submitit

    if out is not None and out.exists() and any(out.iterdir()):
        raise BadInput(str(out), "is not empty; a new run needs a folder of its own")
    try:
        run = (out or make_run_folder(f"{experiment.algorithm}-{experiment.model}-{experiment.tasks}")).absolute()
        jobs_folder().mkdir(parents=True, exist_ok=True)
        jobs_folder().chmod(0o700)
        executor = submitit.AutoExecutor(jobs_folder() / "%j", cluster, slurm_max_num_timeout=MOST_TIMES)
        executor.update_parameters(
            name="metagen",
            timeout_min=minutes,
            cpus_per_task=MOST_THREADS,
            gpus_per_node=gpus,
            slurm_signal_delay_s=WARNING,
            **({"slurm_partition": partition} if partition else {}),
        )
        handed = executor.submit(ClusterRun(experiment.to_json(complete=True), str(run)))
        job = Job(str(handed.job_id), run, time.time())
        note = {"job": job.id, "run": str(job.run), "submitted": job.submitted}
        folder = jobs_folder() / job.id
        folder.mkdir(exist_ok=True)
        write_atomically(folder / NOTE, json.dumps(note).encode())
    except OSError as error:
        raise BadInput(str(error.filename or jobs_folder()), error.strerror or str(error)) from None
    except submitit.core.utils.FailedJobError as error:
        raise BadInput("--cluster", " ".join(str(error).split())) from None
    return job


def jobs() -> list[Job]:
    """Return the jobs there are, the newest first, each with what the cluster says of it."""
    found = list[Job]()
    for file in jobs_folder().glob(f"*/{NOTE}"):
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            told = json.loads(read_file(file, MAX_NOTE_BYTES))
            found.append(Job(str(told["job"]), Path(told["run"]), float(told["submitted"])))
    states = _states([job.id for job in found])
    told_of = [Job(job.id, job.run, job.submitted, states.get(job.id, "")) for job in found]
    return sorted(told_of, key=lambda job: job.submitted, reverse=True)


def stop(name: str) -> None:
    """Have the cluster end a job: it is told before, and saves what it has learned. Raise `BadInput`."""
    if name not in [job.id for job in jobs()]:
        raise BadInput(name, "is no job of yours; `metagen cluster` lists them")
    _say(["scancel", name])


def _states(names: Sequence[str]) -> dict[str, str]:
    """Return what the cluster says of those jobs that it knows."""
    if not names or shutil.which("squeue") is None:
        return {}
    told = _say(["squeue", "--noheader", "--me", "--format=%i %T"])
    return {words[0]: words[1] for line in told.splitlines() if len(words := line.split()) == 2}


def _say(words: Sequence[str]) -> str:
    """Call a command of the cluster, and return what it prints; raise `BadInput` with what it says against it."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInput(words[0], str(getattr(error, "strerror", "") or "does not answer")) from None
    if done.returncode:
        raise BadInput(words[0], " ".join(done.stderr.split()) or f"ended with status {done.returncode}")
    return done.stdout
