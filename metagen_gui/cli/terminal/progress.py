"""What a person sees while a run goes on: a bar and a table on a terminal, a line every few seconds anywhere else."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from metagen_gui.cli.terminal.figures import Figures, figure
from metagen_gui.cli.terminal.language import marked
from metagen_gui.engine.events import Alarm, Event, Notice, RunStarted, StepReport
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.progress import Hears

if TYPE_CHECKING:
    from metagen_gui.engine.experiment import Experiment

SECONDS_BETWEEN_LINES = 5.0
PHASES = {"warm-up": "Joint warm-up", "meta-training": "Meta-training"}


class Display(ABC):
    """Shows a run on stderr; stdout stays free for what it amounts to."""

    def __init__(self, console: Console, experiment: Experiment, figures: Figures) -> None:
        self.console, self.experiment, self.figures = console, experiment, figures

    def show(self, event: Event) -> None:
        """Take note of an event, and show it in time."""
        self.figures.add(event)
        if isinstance(event, RunStarted):
            self.say(self._headline(event))
            self.say(f"in {event.folder}")
            if event.memory is not None:
                self.say(f"memory for a step: {event.memory.sentence()}")
        elif isinstance(event, Alarm):
            self.say(f"Over: {event.called}." if event.over else f"Alarm, since step {event.meta_step:,}: {event.text}")
        elif isinstance(event, Notice):
            self.say(f"Note: {event.text}")
        else:
            self.refresh(event)

    def say(self, text: str) -> None:
        """Print a line that stays; names of files and classes in it cannot steer the terminal."""
        self.console.print(marked(text), soft_wrap=True, highlight=False)

    @abstractmethod
    def refresh(self, event: Event) -> None:
        """Show the present figures, if it is time."""

    def _headline(self, started: RunStarted) -> str:
        chosen = " · ".join(self.experiment.plugin(section).title for section in ("algorithm", "model", "tasks"))
        device = f"{started.processes} × {started.device}" if started.processes > 1 else started.device
        return f"{chosen} · {device} · {started.parameters:,} numbers to learn"


class Lines(Display):
    """For a log: a line at once, then every few seconds, and the last."""

    _due = -math.inf

    def refresh(self, event: Event) -> None:
        """Print a line if the last one is old enough."""
        figures = self.figures
        last = figures.meta_step == figures.meta_steps
        if isinstance(event, StepReport) and (figures.seconds >= self._due or last):
            self._due = figures.seconds + SECONDS_BETWEEN_LINES
            losses = ", ".join(f"{player} {figure(loss)}" for player, loss in figures.losses.items())
            paths = ", ".join(f"{player} {figures.validation_path(player)}" for player in figures.losses)
            self.say(" · ".join([*figures.pace(), f"training {losses}", f"validation {paths}"]))


class Bar(Display):
    """For a terminal: a bar, and below it the losses of every player."""

    def refresh(self, event: Event) -> None:
        """Leave it to the terminal's own pace."""

    def __rich__(self) -> RenderableType:
        """Return what stands on the terminal now."""
        figures = self.figures
        if not figures.meta_steps:
            return _spinner()
        line = Table.grid(padding=(0, 2), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1, min_width=10)
        line.add_column(no_wrap=True)
        line.add_row(
            Text(translated(PHASES.get(figures.phase, figures.phase)), "bold"),
            ProgressBar(total=figures.meta_steps, completed=figures.meta_step),
            translated(" · ".join(figures.pace())),
        )
        parts: list[RenderableType] = [line, self._losses()]
        if figures.diverged:
            tasks = "1 task" if figures.diverged == 1 else f"{figures.diverged} tasks"
            parts.append(Text(translated(f"In the last step the loss of {tasks} was not finite."), "yellow"))
        return Group(*parts)

    def _losses(self) -> Table:
        validation = self.figures.validation
        last = len(next(iter(validation.query_loss.values()))) - 1 if validation else 0
        table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
        table.add_column(translated("Query loss"))
        table.add_column(translated("training"), justify="right", min_width=9)
        table.add_column(translated(f"validation, adaptation step 0 → {last}") if validation else "")
        for player, loss in self.figures.losses.items():
            table.add_row(translated(player), figure(loss), self.figures.validation_path(player))
        return table


@contextmanager
def preparing() -> Iterator[None]:
    """Show on a terminal that something goes on, while torch is imported."""
    console = Console(stderr=True)
    with Live(_spinner(), console=console, transient=True) if _can_draw(console) else nullcontext():
        yield


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many of `total` are done; what is given counts more of them."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(None), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, expand=True, disable=not _can_draw(console)) as bar:
        task = bar.add_task(translated(what), total=total)
        yield lambda more: bar.advance(task, more)


@contextmanager
def working() -> Iterator[Hears]:
    """Show on a terminal what is being done; what is given is told that, and which share of it is behind."""
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(None), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, expand=True, disable=not _can_draw(console)) as bar:
        task, doing = bar.add_task(translated("Preparing"), total=None), ""

        def hears(what: str, share: float | None) -> bool:
            nonlocal doing
            if what != doing and what:
                doing = what
                bar.reset(task, description=translated(what), total=None)
            if what and share is not None:
                bar.update(task, completed=share, total=1.0)
            return True

        yield hears


@contextmanager
def sending(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how much was sent; what is given is told the bytes, and of how many."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(None), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True, expand=True, disable=not _can_draw(console)) as bar:
        task = bar.add_task(translated(what), total=None)
        yield lambda sent, total: bar.update(task, completed=sent, total=total)


@contextmanager
def open_display(experiment: Experiment, figures: Figures) -> Iterator[Display]:
    """Give the display that suits stderr."""
    console = Console(stderr=True)
    if _can_draw(console):
        bar = Bar(console, experiment, figures)
        with Live(bar, console=console, refresh_per_second=8):
            yield bar
    else:
        yield Lines(console, experiment, figures)


def _can_draw(console: Console) -> bool:
    # not console.is_terminal: FORCE_COLOR makes it true for a file, which would fill with bars
    return sys.stderr.isatty() and not console.is_dumb_terminal


def _spinner() -> Spinner:
    return Spinner("dots", " " + translated("Preparing"), style="cyan")
