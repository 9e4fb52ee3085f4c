"""What runs score on held-out tasks, as tables of 80 columns and plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from metagen_gui.cli.evaluation.samples import sample_tables, shots_table
from metagen_gui.cli.terminal.figures import plain, with_interval
from metagen_gui.cli.terminal.language import marked
from metagen_gui.engine.held_out import Difference, Further, HeldOutTasks, Pair, RunScores
from metagen_gui.engine.languages.spoken import translated
from metagen_gui.engine.learning.sight import shown_steps
from metagen_gui.engine.metrics.landmarks import ABOUT
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.statistics import FEWEST_GROUPS, Values


def print_for_people(tasks: HeldOutTasks, scores: Sequence[RunScores], pairs: Sequence[Pair], more: Further) -> None:
    """Print what was done, a table for every run, what it says about adaptation and about pairs of runs, and `more`."""
    console = Console(highlight=False)
    console.print(marked(what_was_done(tasks)))
    for one in scores:
        console.print(f"\n[bold]{marked(headline(one))}[/]")
        console.print(_table(one))
        for sentence in (*about_loss(one), *about_adaptation(one)):
            console.print(marked(sentence))
    for pair in pairs:
        console.print()
        for sentence in about_pair(pair):
            console.print(marked(sentence))
    for one, found in zip(scores, more.by_shots, strict=False):
        console.print(f"\n[bold]{marked(f'{headline(one)}, by shots')}[/]")
        console.print(shots_table(found))
    if more.samples is not None:
        for table in sample_tables(more.samples, scores):
            console.print()
            console.print(table)
        for sentence in (*more.samples.notes, *([ABOUT] if more.samples.landmarks else ())):
            console.print(marked(sentence))


def what_was_done(tasks: HeldOutTasks) -> str:
    """Say which tasks runs were scored on."""
    support = counted(tasks.shots, "example")
    if tasks.support_draws > 1:
        support = f"{tasks.support_draws} separate draws of {support}"
    query = f"an even grid of {tasks.grid:,}" if tasks.grid else f"{tasks.query_size:,} others"
    source = f" of {printable(tasks.source)}" if tasks.source else ""
    return (
        f"Scored on {counted(tasks.tasks, 'task')} of {type(tasks.family).title}{source} "
        f"{'held out, as far as that is known' if tasks.doubts else 'that no run has seen'} (stream test, "
        f"seed {tasks.family.seed}): each adapts to {support} and is judged by {query}.{_over(tasks)}"
    )


def _over(tasks: HeldOutTasks) -> str:
    """Say what intervals are over, where that is not tasks."""
    if not tasks.groups:
        return ""
    count, named = len({*tasks.groups}), tasks.family.groups_are
    few = f"; {FEWEST_GROUPS} it takes to trust them" if count < FEWEST_GROUPS else ""
    return f" They are of {count:,} {named}: intervals are over these{few}."


def headline(scores: RunScores) -> str:
    """Name a run: its folder, what it is, how far it is."""
    experiment = scores.run.experiment
    what = " · ".join(experiment.plugin(section).title for section in ("algorithm", "model"))
    return f"{name_of(scores)}: {what}, after {counted(scores.run.meta_step, 'outer step')}"


def _table(scores: RunScores) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(translated("Query loss"), min_width=12)
    for heading in ("step", "mean ± 95 %", "median", "tasks", "diverged"):
        table.add_column(translated(heading), justify="right", no_wrap=True)
    chosen = [scores.steps[place] for place in shown_steps(len(scores.steps) - 1)]
    for name, values in (*_losses(scores), *scores.details.items()):
        for step in chosen:
            found, lost = scores.summary(values, step), scores.lost(step)
            first = marked(name) if step == chosen[0] else ""
            mean, median = with_interval(found.mean, found.interval), plain(found.median, found.interval)
            lost_text = f"[yellow]{lost:,}[/]" if lost else "0"
            table.add_row(first, str(step), mean, median, f"{found.tasks:,}", lost_text, end_section=step == chosen[-1])
    return table


def _losses(scores: RunScores) -> Iterable[tuple[str, Values]]:
    """Yield the losses; those that bound −log p by what they are: of a VAE −ELBO only where its KL counts once."""
    title, reweighted = scores.model.loss_is.title, scores.model.reweighted
    for player, values in scores.losses.items():
        what = reweighted[0] if reweighted else title
        yield player if scores.bound is None else f"{player} ({what})", values
    if scores.bound is not None and reweighted:
        yield title, scores.bound


def about_loss(scores: RunScores) -> Iterable[str]:
    """Say where a loss is another than its title says."""
    if scores.model.reweighted:
        yield scores.model.reweighted[1]
    if scores.caveat:
        yield scores.caveat


def about_adaptation(scores: RunScores) -> Iterable[str]:
    """Say whether the loss falls from step 0 to the last step."""
    if not scores.last:
        return
    steps, several = counted(scores.last, "step"), len(scores.losses) > 1
    for player in scores.losses:
        found = scores.gain(player)
        loss = f"the {player}'s loss" if several else "the loss"
        if not found.tasks:
            yield f"After {steps} every task has diverged: nothing can be said about {loss}."
            continue
        less = f"{apart(found)} than before; it falls in {of_tasks(found)}."
        what = f"after {steps} the {player}'s loss is {less}" if several else f"after {steps} the loss is {less}"
        if not found.mean and not found.interval:
            yield f"Adaptation changes nothing: after {steps} {loss} is what it was before."
        elif several:
            yield what[0].upper() + what[1:]
        elif not found.is_clear:
            yield f"Whether adaptation helps is not clear: {what}"
        else:
            yield f"Adaptation {'helps' if found.mean < 0 else 'hurts'}: {what}"
    if several:
        yield "The players adapt to each other, so that a loss which falls is no proof of better samples."


def about_pair(pair: Pair) -> Iterable[str]:
    """Say how a run differs from the first."""
    yield (
        f"{name_of(pair.later)} at step {pair.later.last} against {name_of(pair.first)} at step {pair.first.last}, "
        "task by task:"
    )
    if pair.objection:
        yield f"  The losses do not compare: {pair.objection}."
    bounds = {}
    if pair.bound is not None and (pair.later.model.reweighted or pair.first.model.reweighted):
        bounds[pair.later.model.loss_is.title] = pair.bound
    for name, found in (*pair.players.items(), *bounds.items(), *pair.details.items()):
        if not found.tasks:
            yield f"  {name}: no task is left that has diverged in neither."
        elif not found.mean and not found.interval:
            yield f"  {name}: the same in {counted(found.tasks, 'task')}."
        else:
            doubt = "" if found.is_clear else " (no clear difference)"
            yield f"  {name}: {apart(found)}; lower in {of_tasks(found)}{doubt}."


def name_of(scores: RunScores) -> str:
    """Return a run's folder as a person may read it."""
    return printable(str(scores.run.folder))


def apart(found: Difference) -> str:
    """Return `0.31 ± 0.12 lower`."""
    size = with_interval(abs(found.mean), found.interval)
    return f"{size} {'lower' if found.mean < 0 else 'higher'}"


def of_tasks(found: Difference) -> str:
    """Return `71 of 100 tasks`."""
    return f"{found.lower:,} of {counted(found.tasks, 'task')}"


def counted(number: int, what: str) -> str:
    """Return `1 task`, `1,234 tasks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
