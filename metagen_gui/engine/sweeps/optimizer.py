"""Optuna: who chooses settings, says which trials are worth ending, and keeps the journal of a sweep.

It comes with the extra `sweep`, and is imported when a sweep begins. A journal is text, a line for each thing that
happened, and has one writer: whoever holds the lock of the sweep's folder.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from metagen_gui.engine.files import check_regular
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.extras import Needing, lacking
from metagen_gui.engine.sweeps.plan import SweepPlan
from metagen_gui.engine.sweeps.standing import Figure, Trial, TrialState

JOURNAL = "journal.log"
MOST_BYTES = 2**30
NAME = "sweep"
PROBLEM, FIGURE, SCORES = "problem", "figure", "scores/"
"""What is noted with a trial: why it ended so, what it is worth, and by seed what its runs score, task by task."""
STATES: Mapping[str, TrialState] = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
FEWEST_FOR_IMPORTANCE = 10
FIRST_AT_RANDOM = 10
"""Trials before a sampler that learns has something to learn from."""


class Optuna(Needing):
    """What a sweep needs besides MetaGen itself."""

    needs: ClassVar[tuple[str, ...]] = ("optuna",)
    extra: ClassVar[str] = "sweep"


def require_optuna() -> None:
    """Raise `BadInput` that names the command which adds what is missing."""
    if why := lacking(Optuna):
        raise BadInput("a sweep", why)


class Optimizer:
    """The trials of a sweep, as its journal has them."""

    def __init__(self, folder: Path, plan: SweepPlan, *, writes: bool) -> None:
        """Open the journal in `folder`, which is made by whoever `writes`; raise `BadInput` if it is damaged."""
        require_optuna()
        self.path, self._plan = folder / JOURNAL, plan
        self._over: dict[int, Trial] = {}
        try:
            check_regular(self.path)
            _check_lines(self.path, mend=writes)
            self._study = self._opened(writes)
        except OSError as error:
            raise BadInput(str(self.path), error.strerror or str(error)) from None
        except BadInput:
            raise
        except Exception:  # whatever a line says that is JSON and no line of a journal
            raise _damaged(self.path) from None

    # -- looking -----------------------------------------------------------------------------------------------------

    def trials(self) -> list[Trial]:
        """Return all trials in order."""
        return [self._over.get(kept.number) or self._told(kept) for kept in self._kept()]

    def importance(self) -> dict[str, float]:
        """Return what share each range has in what is good, the largest first (PED-ANOVA, Watanabe et al. 2023)."""
        import optuna

        done = sum(kept.state.name == "COMPLETE" for kept in self._kept())
        if done < FEWEST_FOR_IMPORTANCE:
            return {}
        with suppress(ValueError, RuntimeError, ZeroDivisionError), _quietly():
            found = optuna.importance.get_param_importances(
                self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
            )
            return {path: float(share) for path, share in found.items() if share == share}
        return {}

    def scores(self, number: int) -> dict[int, list[float]]:
        """Return what runs of a trial score, by seed."""
        noted = self._kept()[number].user_attrs
        return {int(name.removeprefix(SCORES)): found for name, found in noted.items() if name.startswith(SCORES)}

    # -- what happens; only for who writes ----------------------------------------------------------------------------

    def ask(self) -> Trial:
        """Begin a trial, and return it with the values it was given."""
        number = len(self._kept())
        self._study.sampler = self._sampler(number)
        with _quietly():
            trial = self._study.ask()
            self._choose(trial)
        return self._told(self._kept()[trial.number])

    def complete(self) -> None:
        """Choose what was not yet chosen when whoever wrote was killed."""
        import optuna

        for kept in self._kept():
            if kept.state.name == "RUNNING" and len(kept.params) < len(self._plan.ranges):
                self._study.sampler = self._sampler(kept.number)
                with _quietly():
                    self._choose(optuna.trial.Trial(self._study, kept._trial_id))

    def note_scores(self, number: int, seed: int, scores: Sequence[float]) -> None:
        """Write down what a run of a trial scores, task by task."""
        self._study._storage.set_trial_user_attr(self._id(number), f"{SCORES}{seed}", [*scores])

    def is_hopeless(self, number: int, by_step: Mapping[int, float]) -> bool:
        """Report what a trial has come to at outer steps, the lower the better; return whether to end it."""
        kept, pruner = self._kept()[number], self._study.pruner
        for step in sorted(by_step):
            if step > max(kept.intermediate_values, default=-1):
                self._study._storage.set_trial_intermediate_value(kept._trial_id, step, by_step[step])
                kept = self._kept()[number]
                with _quietly():
                    if pruner.prune(self._study, kept):
                        return True
        return False

    def tell_done(self, number: int, shortfall: float, figure: Figure) -> None:
        """Say what a trial is worth."""
        self._study._storage.set_trial_user_attr(self._id(number), FIGURE, [*vars(figure).values()])
        self._study.tell(number, shortfall)

    def tell_over(self, number: int, problem: str, *, failed: bool) -> None:
        """Say that a trial was ended early, being as bad as one can be, or that it `failed`, which says nothing."""
        import optuna

        state = optuna.trial.TrialState.FAIL if failed else optuna.trial.TrialState.PRUNED
        self._study._storage.set_trial_user_attr(self._id(number), PROBLEM, problem)
        self._study.tell(number, state=state)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _opened(self, writes: bool) -> Any:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        if not writes and not self.path.exists():  # begun this moment, or its journal is lost
            return optuna.create_study(sampler=optuna.samplers.RandomSampler(), pruner=optuna.pruners.NopPruner())
        if writes:  # of one that was killed: the folder's lock says that it writes no more
            for left in self.path.parent.glob(f"{JOURNAL}.lock*"):
                left.unlink(missing_ok=True)
        backend = JournalFileBackend(str(self.path), JournalFileOpenLock(str(self.path)))
        storage = optuna.storages.JournalStorage(backend)
        if not writes:
            return optuna.load_study(storage=storage, study_name=NAME)
        study = optuna.create_study(
            storage=storage, study_name=NAME, load_if_exists=True, sampler=self._sampler(0), pruner=self._pruner()
        )
        if not study.get_trials(deepcopy=False) and (own := self._plan.own_values()):
            study.enqueue_trial(own)  # what a person has is the first to be beaten
        return study

    def _choose(self, trial: Any) -> None:
        for place in self._plan.ranges:
            place.suggested(trial)

    def _sampler(self, number: int) -> Any:
        """Return who chooses trial `number`: what is chosen depends on the trials before, and on no interruption."""
        import optuna

        seed = (self._plan.settings.sampler_seed * 1_000_003 + number) % 2**32
        if self._plan.settings.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        first = max(3, min(FIRST_AT_RANDOM, self._plan.settings.trials // 4))
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=first)

    def _pruner(self) -> Any:
        import optuna

        match self._plan.settings.pruning:
            case "median":
                steps = self._plan.experiment.config("training").meta_steps
                return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=steps // 5)
            case "halving":
                return optuna.pruners.SuccessiveHalvingPruner(reduction_factor=3)
            case _:
                return optuna.pruners.NopPruner()

    def _kept(self) -> list[Any]:
        trials: list[Any] = self._study.get_trials(deepcopy=False)
        return [kept for kept in trials if kept.state.name != "WAITING"]

    def _id(self, number: int) -> int:
        return int(self._kept()[number]._trial_id)

    def _told(self, kept: Any) -> Trial:
        state = STATES.get(kept.state.name, "running")
        figure = kept.user_attrs.get(FIGURE)
        trial = Trial(
            number=kept.number,
            state=state,
            values={place.path: kept.params[place.path] for place in self._plan.ranges if place.path in kept.params},
            shortfall=float(kept.value) if state == "done" else None,
            figure=Figure(*figure) if state == "done" and figure else None,
            problem=str(kept.user_attrs.get(PROBLEM, "")),
            reached=max(kept.intermediate_values, default=0),
        )
        if state != "running":
            self._over[kept.number] = trial
        return trial


def _check_lines(path: Path, *, mend: bool) -> None:
    """Raise `BadInput` for a journal with a line that says nothing; what was cut off while it was written goes."""
    if not path.exists():
        return
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(str(path), f"larger than {MOST_BYTES // 2**20:,} MB")
    sound = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            try:
                if not isinstance(json.loads(line), dict):
                    raise ValueError
            except (ValueError, RecursionError):
                raise _damaged(path, f" in line {number:,}") from None
            sound += len(line)
    if mend and sound < path.stat().st_size:
        os.truncate(path, sound)


def _damaged(path: Path, where: str = "") -> BadInput:
    return BadInput(str(path), f"is damaged{where}; begin the sweep in another folder, its runs stay where they are")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep a library's warnings of what it calls experimental from whoever reads the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
