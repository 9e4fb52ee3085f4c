"""`metagen queue run`: the process of one run in the line, from its entry to its end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from metagen_gui.cli.train import trained
from metagen_gui.engine.claims.shuffled import shuffled
from metagen_gui.engine.events import Event, RunStarted
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.queue.turn import Turn
from metagen_gui.engine.races.budget import Budget
from metagen_gui.engine.races.looks import noted
from metagen_gui.engine.run.commands import Command, Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.library import experiment_at
from metagen_gui.engine.store.lock import is_held
from metagen_gui.engine.store.names import EXPERIMENT, is_run_folder
from metagen_gui.engine.store.trash import throw_away, throw_away_unbegun


def run_one(turn: Turn) -> int:
    """Begin a run, or go on with it from its newest checkpoint, and return the exit status as `metagen train` does."""
    commands = Commands()
    if is_held(Path(turn.entry.run)):  # by somebody who was quicker, as in a window
        return 0
    experiment, events = begun(turn, commands)
    with turn.heeding(commands.finish, lambda wish: commands.post(Command(wish.what, wish.path, wish.value))):
        return trained(experiment, events, commands)


def begun(turn: Turn, commands: Commands) -> tuple[Experiment, Generator[Event, None, None]]:
    """Return the run of a turn, to be pulled: what it is of, and its events."""
    run = Path(turn.entry.run)
    goes_on = is_run_folder(run) and not throw_away_unbegun(run, turn.entry.name)  # killed with nothing to go on from
    previews, reading = turn.entry.previews, shuffled if turn.entry.shuffled else _as_it_is
    if goes_on:
        experiment = experiment_at(Experiment, run, 2**63)
        events = resume_run(run, commands=commands, previews=previews, reading=reading)
    else:
        experiment = reading(Experiment.load(turn.entry.folder / EXPERIMENT, ours=True))
        events = meta_train(experiment, out=run, commands=commands, previews=previews)
    if turn.entry.watched:
        file = Path(turn.entry.owner) / f"{run.name}.steps.json"
        budget = Budget(turn.entry.budget, file, commands) if turn.entry.budget else None
        events = noted(experiment, events, budget)
    return experiment, _in_its_turn(turn, events)


def _as_it_is(experiment: Experiment) -> Experiment:
    return experiment


def _in_its_turn(turn: Turn, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
    """Yield a run's events, and end it at once if there is not enough memory beside others."""
    with closing(events):
        for event in events:
            yield event
            if isinstance(event, RunStarted) and turn.stands_back(event.device, event.memory):
                events.close()
                if not event.resumed_from:  # lest it be bound to take as few tasks at a time as would fit now
                    throw_away(event.folder, turn.entry.name)
                return
