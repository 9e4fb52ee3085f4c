"""What stands in a report, from the verdicts to how to repeat it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping

from metagen_gui.engine.claims.best_possible import TITLE as TITLE_OF_BEST
from metagen_gui.engine.claims.contrasts import Contrast, Part
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.folder import PLAN, Scored
from metagen_gui.engine.claims.limits import limits, tuning_steps
from metagen_gui.engine.claims.plan import Footing
from metagen_gui.engine.claims.report import tables
from metagen_gui.engine.claims.report.distance import distance
from metagen_gui.engine.claims.verdicts import Verdict, number, probability
from metagen_gui.engine.held_out.landmarks import planes
from metagen_gui.engine.metrics.landmarks import ABOUT, landmark_title
from metagen_gui.engine.pages.charts import chart
from metagen_gui.engine.pages.page import Name, table, text
from metagen_gui.engine.pages.pictures import strip
from metagen_gui.engine.settings.plain_text import printable
from metagen_gui.engine.statistics import CONFIDENCE
from metagen_gui.engine.trained.fine_tuning import Way

TITLE = "Does meta-learning help here?"
ON_CURVES = (
    "Means over tasks with 95 % intervals over what was held out: tasks, or groups of them. The large dot is the "
    "number of steps chosen on "
    "validation tasks, the median over seeds; a dashed line is an arm that does not adapt, or the best possible where "
    "that is known. Axes leave out far outliers."
)
ON_COMPARISONS = (
    "Ahead: how much better the arm is, task by task, in the measure’s own unit; below 0 it is worse. Intervals: "
    "Student’s t over what was held out (tasks, or the groups that they are of), wider where differences are lopsided "
    "(Hall 1992), and over seeds where there are several (Banerjee 1961). p is corrected after Holm over all "
    "comparisons that decide a claim; the others are told for information, uncorrected. d is Cohen’s d_z over the same."
)
ON_TRAINING = (
    "Largest setback: how far the validation score once rose above its best so far, as a share of all it fell; joint "
    "training is looked at before adapting, the others after. Gradient: the mean length of the outer gradient at the "
    "end of the run, on batches of validation tasks, and its spread from batch to batch, as a share of that."
)
ON_RATES = (
    "Every run tried the same multiples of its outer rate on short trainings of the first seed, before any other. They "
    "are judged by the first measure on validation tasks, the lower the better: joint training before adapting, the "
    "others after as many steps as they are trained for."
)
ON_WAYS = (
    "What is best for the likelihood of the query is not what is best for samples. So of the same attempts one way is "
    "chosen by the model’s loss, for what the loss and its bound say, and one by the first measure of samples, for all "
    "that is said of samples. Scores are those of validation tasks, the lower the better."
)
BETTER = {"lower": "lower is better", "higher": "higher is better"}


def sections(findings: Findings, versions: Mapping[str, str]) -> Iterator[str]:
    """Yield the parts of the page."""
    plan, experiment = findings.plan.settings, findings.plan.experiment
    parts = [experiment.plugin(section).title for section in ("tasks", "model", "algorithm")]
    parts += [f"{plan.tasks} held-out tasks", "one seed" if len(plan.seeds) == 1 else f"{len(plan.seeds)} seeds"]
    yield f'<h1>{TITLE}</h1><p class="dim">{text(" · ".join(parts))}</p>'
    yield "<h2>Verdicts</h2>"
    yield from map(_verdict, findings.verdicts)
    yield from distance(findings)
    yield f"<h2>As the model adapts</h2><p>{ON_CURVES}</p>"
    yield from _curves(findings)
    yield from _plane(findings)
    yield "<h2>Samples, from the same latents</h2>"
    yield _sheet(findings)
    yield f"<h2>Comparisons</h2><p>{ON_COMPARISONS}</p>"
    yield _comparisons([one for one in findings.contrasts if one.decides])
    if others := [one for one in findings.contrasts if not one.decides]:
        yield "<h3>For information</h3>" + _comparisons(others)
    yield "<h2>Training</h2>" + _training(findings)
    if any(one.tried for one in findings.rates):
        yield "<h3>Outer rates, as tuned on validation tasks</h3>" + _rates(findings)
    yield "<h3>How each arm adapts, as tuned on validation tasks</h3>" + _ways(findings)
    yield "<h2>What is measured</h2>"
    for measure in findings.measures:
        yield f"<p><b>{text(measure.title)}:</b> {text(measure.about)}</p>"
    yield from (f"<p>{text(note)}</p>" for note in findings.notes)
    yield "<h2>What this does not tell</h2>"
    yield from (f"<p>{text(sentence)}</p>" for sentence in limits(findings))
    yield f"<h2>How to repeat it</h2><p>Save this plan as {PLAN} and run:</p>"
    yield f"<pre>metagen claims {PLAN} --out FOLDER</pre>"
    lines = json.dumps(findings.plan.document(), indent=2).splitlines()
    yield f"<pre>{text(chr(10).join(map(printable, lines)))}</pre>"
    yield table(("what", "version"), ((what, Name(version)) for what, version in versions.items()))


def _verdict(verdict: Verdict) -> str:
    kind, label = "open" if verdict.status == "not shown" else str(verdict.status), verdict.status.capitalize()
    if verdict.is_null:
        kind = {"holds": "confirmed", "fails": "refuted"}.get(verdict.control, "open")
        label = f"Control {verdict.control}"
    status = f'<span class="status">{text(label)}.</span>'
    what, _, remark = verdict.headline.partition(": ")
    head = remark if verdict.is_null else f"{what}{remark.removeprefix(verdict.status)}"
    parts = "".join(f"<li>{text(part)}</li>" for part in verdict.parts)
    title = f"<p>{status} <b>{text(head[0].upper() + head[1:])}</b></p>"
    basis = f'<p class="dim">{text(verdict.compared)}. {text(verdict.basis)}</p>'
    return f'<div class="verdict {kind}">{title}{basis}<ul>{parts}</ul></div>'


def _curves(findings: Findings) -> Iterator[str]:
    shown = [(place, arm.title) for place, arm in enumerate(findings.arms) if not arm.is_null]
    shown += [(len(findings.arms), TITLE_OF_BEST)] if findings.best else []
    keys = "".join(f'<span><span class="key c{place}"></span>{text(title)}</span>' for place, title in shown)
    for world, part in tables.worlds(findings):
        for footing in findings.shared:
            yield f'<h3>{text(footing.capitalize())}, {text(world)}</h3><div class="legend">{keys}</div>'
            yield f'<div class="charts">{"".join(_charts(findings, footing, world, part))}</div>'


def _charts(findings: Findings, footing: Footing, world: str, part: Part) -> Iterator[str]:
    for measure in findings.measures:
        drawn = chart(tables.curves(findings, footing, measure, part), f"{measure.title}, {footing}, {world}")
        if drawn:
            unit = f" in {measure.unit}" if measure.unit == "nats" else ""
            better = BETTER.get(measure.better, f"{measure.better} is ideal")
            told = text(f"{measure.title}{unit}: {better}")
            yield f"<figure>{drawn}<figcaption>{told}</figcaption></figure>"


def _plane(findings: Findings) -> Iterator[str]:
    """Yield the plane of recognizability and diversity on every footing, and what landmarks score; or nothing."""
    drawn = {footing: planes(findings.places(footing), findings.measures) for footing in findings.shared}
    if not any(drawn.values()):
        return
    yield f"<h2>Recognizability and diversity</h2><p>{text(ABOUT)}</p>"
    for footing, figures in drawn.items():
        yield f'<h3>{text(footing.capitalize())}</h3><div class="charts">{figures}</div>'
    measures = [measure for measure in findings.measures if measure.metric is not None]
    yield table(("landmark", *(measure.title for measure in measures)), _landmarks(findings), numbers=len(measures))


def _landmarks(findings: Findings) -> Iterator[tuple[str, ...]]:
    for name, scored in findings.landmarks.items():
        figures = []
        for measure in findings.measures:
            if measure.metric is not None:
                mean, half, _ = tables.summary(scored.own.values[measure.name], findings.groups["own"])
                figures.append(f"{number(mean)} ± {number(half)}")
        yield landmark_title(name), *figures


def _sheet(findings: Findings) -> str:
    """Return support, every arm's samples before adapting and after the chosen steps, and query, a row per task."""
    footing = next(iter(findings.shared))
    found = [(arm, findings.scored(arm, footing)) for arm in findings.arms if not arm.is_null]
    first = [(arm, scored[0].for_samples) for arm, scored in found if scored]
    header, columns = ["support"], [[strip(each) for each in findings.shown.support]]
    for arm, scored in first:
        for step in _steps(scored):
            if not arm.run and not step:
                continue  # noise
            header.append(f"{arm.title}, step {step}")
            columns.append([strip(task[scored.own.rows.index(step)]) for task in scored.own.pictures])
    header.append("query")
    columns.append([strip(each) for each in findings.shown.query])
    head = "".join(f"<th>{text(cell)}</th>" for cell in header)
    rows = zip(*columns, strict=True)
    cells = ("".join(f'<td><img alt="" src="{cell}"></td>' for cell in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    kind = "points" if findings.shown.support.ndim == 3 else "images"
    drawn = f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="scroll sheet">{drawn}</div>'


def _steps(scored: Scored) -> list[int]:
    return sorted({0, scored.choice.step or scored.own.rows[-1]})


def _comparisons(contrasts: list[Contrast]) -> str:
    header = (
        "claim",
        "arm",
        "against",
        "measure",
        "footing",
        "world",
        "says",
        "ahead",
        "95 % interval",
        "d",
        "p",
        "over",
    )
    rows = []
    for one in contrasts:
        found = one.found
        interval = f"{number(found.low)} to {number(found.high)}"
        figures = (
            number(found.mean),
            interval,
            number(found.effect),
            probability(one.adjusted),
            f"{found.groups} {one.units}",
        )
        rows.append((one.claim, one.arm, one.against, one.measure, one.footing, one.world, _says(one), *figures))
    return table(header, rows, numbers=5)


def _says(one: Contrast) -> str:
    plainly = "unclear" if not one.found.p < 1 - CONFIDENCE else "better" if one.found.mean > 0 else "worse"
    return f"{one.status if one.decides else plainly}{f'; {one.objection}' if one.objection else ''}"


def _training(findings: Findings) -> str:
    header = "run", "ended", "seed", "outer steps", "seconds", "diverged tasks", "largest setback", "gradient", "spread"
    rows = []
    for one in findings.outcomes:
        figures = f"{one.steps:,}", f"{one.seconds:.0f}", _share(one.diverged), _share(one.setback)
        gradient = number(one.gradient), _share(one.gradient_spread)
        rows.append((Name(one.run), one.state, str(one.seed), *figures, *gradient))
    return f"<p>{ON_TRAINING}</p>" + table(header, rows, numbers=7)


def _rates(findings: Findings) -> str:
    header = (
        "run",
        "chosen, times its own",
        "outer rate",
        "outer steps of each",
        "seconds in all",
        "score of each tried",
    )
    rows = []
    for one in findings.rates:
        tried = ", ".join(f"{multiple:g}: {number(score)}" for multiple, score in one.tried) or "–"
        spent = f"{one.steps:,}", f"{one.seconds:.0f}"
        rows.append((Name(one.run), f"{one.multiple:g}", f"{one.rate:.3g}", *spent, tried))
    return f"<p>{ON_RATES}</p>" + table(header, rows)


def _ways(findings: Findings) -> str:
    header = (
        "arm",
        "outer steps",
        "seed",
        "tuned by",
        "chosen",
        "steps",
        "steps taken in tuning",
        "score of every way tried",
    )
    rows = []
    titles = {measure.name: measure.title for measure in findings.measures}
    for (name, steps, seed), scored in findings.scores.items():
        for one in (scored, scored.by_samples):
            if one is not None:
                choice = one.choice
                tried = ", ".join(number(score) for _, _, score in choice.tried) or "–"
                by = titles.get(choice.measure, "–")
                spent = f"{tuning_steps(findings.plan, len(choice.tried)):,}"
                way = _way(choice.way)
                rows.append((Name(name), f"{steps:,}", str(seed), by, way, str(choice.step), spent, tried))
    return f"<p>{ON_WAYS}</p>" + table(header, rows)


def _way(way: Way) -> str:
    said = {key: value for key, value in way.items() if key != "group_rates"}
    return Name(", ".join(f"{key} {value}" for key, value in said.items())) or "does not adapt"


def _share(value: float) -> str:
    return f"{value:.1%}" if math.isfinite(value) else "–"
