"""The headline: MAML against fine-tuned joint training on Omniglot, with ten alphabets held out.

    python benchmarks/headline.py images_background.zip --out FOLDER [--seeds 5] [--steps 4000]

Puts the published pictures, byte for byte, into a zip with train/, val/ and test/ of its own. Which alphabets are held
out follows from their names alone: in order of the SHA-256 of these the last ten are for the test, the three before
them for validation. Then tests the claims of a VAE by MAML there and prints tables in Markdown: what arms score as they
were tuned for −ELBO and for samples, and differences with intervals over alphabets. Joint training has 32 latents,
which suit it better than the 8 of the default, and as much time as MAML's steps take. Interrupted, it goes on where it
was.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsFinished, ClaimsNotice
from metagen_gui.engine.claims.examination.kept_tests import examine_alone
from metagen_gui.engine.claims.findings import Findings
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.verdicts import number, probability
from metagen_gui.engine.devices import use_threads
from metagen_gui.engine.experiment import Experiment

TEST, VALIDATION = 10, 3
ZIP = "omniglot.zip"


def streams(alphabets: Sequence[str]) -> dict[str, str]:
    """Return the folder that every alphabet goes to."""
    ordered = sorted(alphabets, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    folders = ["train"] * (len(ordered) - TEST - VALIDATION) + ["val"] * VALIDATION + ["test"] * TEST
    return dict(zip(ordered, folders, strict=True))


def rearrange(published: Path, out: Path) -> None:
    """Write the zip, and say which alphabets are where."""
    with zipfile.ZipFile(published) as source, zipfile.ZipFile(out, "w") as made:
        parts = [Path(name).parts for name in source.namelist() if name.endswith(".png")]
        where = streams(sorted({alphabet for _, alphabet, *_ in parts}))
        for top, alphabet, *rest in parts:
            name = zipfile.ZipInfo("/".join((where[alphabet], alphabet, *rest)))
            made.writestr(name, source.read("/".join((top, alphabet, *rest))))
    for folder in ("train", "val", "test"):
        held = sorted(name for name, at in where.items() if at == folder)
        print(f"{folder} ({len(held)}): {', '.join(held)}", flush=True)


def plan(pictures: Path, given: argparse.Namespace) -> ClaimPlan:
    """Return what is trained, and how it is tested."""
    experiment = Experiment("images").with_value("tasks.path", str(pictures)).with_value("training.device", "cpu")
    values: dict[str, Any] = {
        "arms": ("joint", "joint + fine-tuning", "maml", "maml + fine-tuning", *(["null"] if given.null else [])),
        "changes": {"joint": {"model.latent_size": 32}},
        "compare_at": ("equal compute",),
        "seeds": tuple(range(given.seeds)),
        "steps": given.steps,
        "tasks": given.tasks,
        "validation_tasks": 12,
        "candidates": 5,
        "rate_share": 0.2,
    }
    return ClaimPlan.of(experiment, values)


def lines(findings: Findings) -> Iterator[str]:
    """Yield the tables."""
    titles = {measure.name: measure.title for measure in findings.measures}
    yield "| | tuned by | steps | " + " | ".join(titles.values()) + " |"
    yield "|---" * (len(titles) + 3) + "|"
    for arm in findings.arms:
        if not (scored := findings.scored(arm, "equal compute")):
            continue
        for tuned in [scored, [one.for_samples for one in scored]] if arm.ways else [scored]:
            by = titles.get(tuned[0].choice.measure, "–")
            steps = sorted(one.choice.step for one in tuned)
            cells = [number(mean(tuned, measure.name)) for measure in findings.measures]
            yield f"| {arm.title} | {by} | {', '.join(map(str, steps))} | " + " | ".join(cells) + " |"
    yield ""
    yield "| arm | against | measure | ahead | 95 % interval | d | p | over | decides |"
    yield "|---" * 9 + "|"
    for one in findings.contrasts:
        found = one.found
        figures = f"{number(found.low)} to {number(found.high)} | {number(found.effect)} | {probability(one.adjusted)}"
        yield (
            f"| {one.arm} | {one.against} | {one.measure} | {number(found.mean)} | {figures} | "
            f"{found.groups} {one.units}, {found.seeds} seeds | {one.decides} |"
        )
    for rate in findings.rates:
        yield f"\n{rate.run}: outer rate {rate.rate:g}; tried on {rate.steps} steps: {rate.tried}"
    for verdict in findings.verdicts:
        yield f"\n{verdict.sentence}"


def mean(scored: Sequence[Scored], name: str) -> float:
    """Return what arms score by a measure at their chosen steps, over tasks and seeds; NaN where it was not asked."""
    found = [one.own.values[name][one.own.rows.index(one.choice.step)] for one in scored if name in one.own.values]
    return float(np.nanmean(found)) if found else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("published", type=Path, help="images_background.zip as published: alphabet/character/drawing")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4000, help="outer steps of MAML; joint training gets its time")
    parser.add_argument("--tasks", type=int, default=100, help="held-out characters, of all ten alphabets")
    parser.add_argument("--null", action="store_true", help="train the null of shuffled classes as well")
    parser.add_argument("--out", type=Path, required=True, help="where the zip and the test go; goes on if they exist")
    given = parser.parse_args()
    use_threads()
    given.out.mkdir(parents=True, exist_ok=True)
    if not (given.out / ZIP).exists():
        rearrange(given.published, given.out / ZIP)
    told = ""
    for event in examine_alone(plan(given.out / ZIP, given), given.out / "test"):
        if isinstance(event, ClaimsNotice):
            print(event.text, flush=True)
        elif isinstance(event, ClaimsAdvanced) and told != (told := event.text.split(": outer step")[0]):
            print(f"{event.share:4.0%}  {told}", flush=True)
        elif isinstance(event, ClaimsFinished):
            print(*lines(event.findings), sep="\n")
            print("\nouter steps:", event.findings.shared["equal compute"])


if __name__ == "__main__":
    main()
