"""Looks at a meta-learner without changing it: the held-out tasks are the same whenever it does."""

from __future__ import annotations

from metagen_gui.engine.events import RatesReport, Snapshot, ValidationReport
from metagen_gui.engine.learning.evaluation import score, take_snapshot
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.rates_report import report_rates
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.tasks.base import TaskBatch


class Observer:
    """What a run tells of its learner between outer steps."""

    def __init__(self, learner: MetaLearner) -> None:
        self.learner = learner
        self._validation: TaskBatch | None = None

    def validate(self, seconds: float) -> tuple[ValidationReport, dict[str, float]]:
        """Score the held-out tasks at every adaptation step; return the report and its values by column name."""
        learner, batch = self.learner, self._validation_batch()
        support, query = learner.tensors(batch)
        generator = generator_for(learner.training.seed, "validation", 0, learner.device)
        noise = learner.algorithm.draw_noise(generator, len(support), support.shape[1], query.shape[1])
        given = learner.algorithm, learner.meta, support, query, noise, learner.steps
        scores = score(*given, at_once=learner.chunk)
        report = ValidationReport(
            meta_step=self.learner.meta_step,
            seconds=seconds,
            query_loss={player: values.mean(1) for player, values in scores.query_loss.items()},
            support_loss={player: values.mean(1) for player, values in scores.support_loss.items()},
            tasks=len(batch.names),
            details={
                f"{name}/{step}": float(value)
                for name, values in scores.details.items()
                for step, value in enumerate(values.mean(1))
            },
            by_task={player: values[-1] for player, values in scores.query_loss.items()},
        )
        columns: dict[str, float] = {}
        for kind, by_player in (("query_loss", report.query_loss), ("support_loss", report.support_loss)):
            for player, losses in by_player.items():
                columns |= {f"validation/{kind}/{player}/{step}": float(loss) for step, loss in enumerate(losses)}
        return report, columns | {f"validation/{name}": value for name, value in report.details.items()}

    def snapshot(self) -> Snapshot:
        """Return what the model generates for the first validation tasks as it adapts."""
        learner, batch = self.learner, self._validation_batch()
        t = learner.training
        few = TaskBatch(
            batch.names[: t.preview_tasks], batch.support[: t.preview_tasks], batch.query[: t.preview_tasks]
        )
        generator = generator_for(t.seed, "preview", 0, learner.device)
        return take_snapshot(
            learner.algorithm,
            learner.meta,
            learner.family,
            few,
            generator,
            meta_step=learner.meta_step,
            steps=t.steps_shown or learner.steps,
            count=t.preview_samples,
            at_once=learner.chunk,
        )

    def rates(self) -> RatesReport | None:
        """Return the learned inner rates, layer by layer, or None where none are learned."""
        return report_rates(self.learner.algorithm, self.learner.meta, self.learner.meta_step)

    def columns(self) -> list[str]:
        """Return the names of the columns of `metrics.csv` after step and seconds."""
        players, steps = self.learner.model.players, range(self.learner.steps + 1)
        names = [f"train/query_loss/{player}" for player in players] + ["train/diverged"]
        for kind in ("query_loss", "support_loss"):
            names += [f"validation/{kind}/{player}/{step}" for player in players for step in steps]
        return names + [f"validation/{name}/{step}" for name in self.learner.model.detail_names for step in steps]

    def _validation_batch(self) -> TaskBatch:
        if self._validation is None:
            t = self.learner.training
            tasks = max(t.validation_tasks, t.preview_tasks)
            self._validation = self.learner.family.batch("validation", 0, tasks, t.shots, t.query_size)
        return self._validation
