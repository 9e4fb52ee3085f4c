"""`metagen cluster`: the runs that were handed over to a cluster, listed and stopped.

The JSON is `{"version": 1, "folder", "jobs": [{"id", "state", "meta_step", "meta_steps", "run", "submitted"}]}`, the
newest first. Keys may be added; none is taken away or given another meaning under the same version.
"""

from __future__ import annotations

from typing import Annotated

import typer

from metagen_gui.cli.options import AsJson, list_by_default

VERSION = 1
cluster = typer.Typer(
    help="Runs that are jobs of a SLURM cluster: `metagen train --cluster` hands one over.\n\n"
    "A run's folder lies where all machines see it, and every other command works on it while the job goes on."
)


@cluster.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the jobs, and how far their runs have come."""
    import json

    from metagen_gui.cli.terminal.language import tell
    from metagen_gui.engine.cluster.jobs import jobs, jobs_folder
    from metagen_gui.engine.settings.plain_text import printable
    from metagen_gui.engine.store.record import RunRecord, read_record

    listed = [(job, read_record(job.run) or RunRecord(state="stopped")) for job in jobs()]
    if as_json:
        told = [
            {
                "id": job.id,
                "state": job.state,
                "meta_step": record.meta_step,
                "meta_steps": record.meta_steps,
                "run": str(job.run),
                "submitted": job.submitted,
            }
            for job, record in listed
        ]
        print(json.dumps({"version": VERSION, "folder": str(jobs_folder()), "jobs": told}, indent=2))
    elif listed:
        for job, record in listed:
            steps = f"{record.meta_step:,}/{record.meta_steps:,}"
            print(printable(f"{job.id}  {job.state or record.state}  {steps}  {job.run}"))
    else:
        tell("No run was handed over to a cluster. Hand one over: metagen train EXPERIMENT.json --cluster")


list_by_default(cluster, list_all)


@cluster.command()
def stop(names: Annotated[list[str], typer.Argument(metavar="ID…", help="What `metagen cluster` calls them.")]) -> None:
    """End jobs; what they have learned is saved, and `metagen train --resume RUN` goes on from there."""
    from metagen_gui.engine.cluster.jobs import stop

    for name in names:
        stop(name)
