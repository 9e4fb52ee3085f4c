"""Weights & Biases: a run in a project, on its server, or, with WANDB_MODE=offline, in a folder to be sent later."""

from __future__ import annotations

from metagen_gui.engine.exports.published.base import Publisher, Reports, publishers

PROJECT = "metagen"


@publishers.register("wandb")
class Wandb(Publisher):
    """`at` is a project, or TEAM/PROJECT."""

    title = "Weights & Biases"
    summary = (
        "A run of a project: figures, settings and samples; --at is the project. WANDB_MODE=offline sends nothing."
    )
    needs = ("wandb",)

    def publish(self, reports: Reports, at: str) -> str:
        """Log everything to a new run, and of this computer what wandb cannot be asked to leave out."""
        import wandb

        team, _, project = (at or PROJECT).rpartition("/")
        about = {"disable_git": True, "disable_code": True, "x_save_requirements": False}
        about |= {"x_disable_stats": True, "x_disable_meta": True}
        quiet = wandb.Settings(console="off", silent=True, **about)
        settings = dict(reports.settings)
        run = wandb.init(project=project, entity=team or None, name=reports.name, config=settings, settings=quiet)
        sheets = dict(reports.sheets())
        for step, seconds, values in reports.rows():
            pictures = {"samples": wandb.Image(sheets.pop(step))} if step in sheets else {}
            run.log({**values, "seconds": seconds - reports.began, **pictures}, step=step)
        offline, folder = run.settings.mode == "offline", run.settings.sync_dir
        where = f"in {folder}; wandb sync sends it" if offline else f"at {run.url}"
        run.finish()
        return f"{reports.name}: {where}"
