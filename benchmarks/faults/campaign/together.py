"""Two processes on one run, and a run's folder that is renamed under a command: one writes, and nobody spoils it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from metagen_gui.engine.store.names import is_run_folder

from .commands import Command, begun, contents, known_speeds, leftovers, write_experiment, write_plan
from .outcome import Laboratory, Outcome, fault
from .small_runs import difference, outcome

STEPS, STOOD = 24, 5
HELD = "is being written by another MetaGen"


@fault("together", tries=20)
def together(laboratory: Laboratory) -> Iterator[Outcome]:
    """Go on with one run twice at once; evaluate and export it while it trains; test the same claims twice at once."""
    bench = _Bench(laboratory)
    yield from bench.tried("metagen train --resume twice at once", bench.twice, "one goes on, the other names it")
    for word in ("evaluate", "export"):
        more = ("--to",) if word == "export" else ("--tasks", 20)
        yield from bench.tried(
            f"metagen {word} beside the training", lambda word=word, more=more: bench.beside(word, *more),
            "done, or told that there is nothing yet; the run bit for bit the undisturbed one's",
        )  # fmt: skip
    with known_speeds():
        yield from bench.tried("metagen claims twice at once", bench.claims, "one goes on, the other names it")


@fault("renamed_under", tries=20)
def renamed_under(laboratory: Laboratory) -> Iterator[Outcome]:
    """Rename the run's folder while a command works with it."""
    bench = _Bench(laboratory)
    for word in ("train", "evaluate", "export"):
        yield from bench.tried(
            f"the run's folder is renamed during metagen {word}", lambda word=word: bench.renamed(word),
            "done, or one clear line; nothing of the run is lost",
        )  # fmt: skip


class _Bench:
    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory, self.place = laboratory, laboratory.folder
        self.begun, self.run, self.to = (self.place / name for name in ("begun", "run", "exported"))
        experiment = write_experiment(self.place / "e.json", meta_steps=STEPS, checkpoint_steps=2)
        begun(experiment, self.begun, STOOD - 1)
        shutil.copytree(self.begun, self.run)
        resume = self.resume("first")
        assert resume.problem(0) is None
        self.whole = outcome(self.run)
        shutil.rmtree(self.run)

    def resume(self, said: str) -> Command:
        return Command(self.place / said, "train", "--resume", self.run, "--no-previews")

    def tried(self, what: str, once: object, promise: str) -> Iterator[Outcome]:
        told = Outcome(what)
        for _ in range(self.laboratory.tries):
            shutil.copytree(self.begun, self.run)
            told.count(once())  # type: ignore[operator]
            for folder in (self.run, self.to, self.place / "elsewhere", self.place / "claims"):
                shutil.rmtree(folder, ignore_errors=True)
        told.details = promise
        yield told

    def twice(self) -> str | None:
        both = [self.resume(said) for said in ("first", "second")]
        first, second = sorted(both, key=lambda child: child.end())
        if (problem := first.problem(0) or second.problem(2)) is not None:
            return problem
        if HELD not in second.said.read_text():
            return f"says {second.said.read_text()!r}"
        return difference(self.run, self.whole)

    def beside(self, word: str, *more: object) -> str | None:
        training = self.resume("first")
        training.lives(self.laboratory.chance.uniform(0, 0.5))
        to = (self.to,) if word == "export" else ()
        other = Command(self.place / "second", word, self.run, *more, *to)
        problem = other.problem(0) or training.problem(0)
        return problem or difference(self.run, self.whole)

    def claims(self) -> str | None:
        write_plan(self.place / "plan.json")
        words = ("claims", self.place / "plan.json", "--out", self.place / "claims")
        both = [Command(self.place / said, *words) for said in ("first", "second")]
        first, second = sorted(both, key=lambda child: child.end())
        if second.status == 0:  # the first was done before the second looked
            return first.problem(0) or second.problem(0)
        problem = first.problem(0) or second.problem(2)
        return problem or (None if second.said.read_text().count("\n") == 1 else second.said.read_text())

    def renamed(self, word: str) -> str | None:
        before = contents(self.run)
        words = {"evaluate": ("--tasks", 20), "export": ("--to", self.to)}
        child = self.resume("first") if word == "train" else Command(self.place / "first", word, self.run, *words[word])
        child.says("begun")
        child.lives(self.laboratory.chance.uniform(0, 0.4))
        self.run.rename(self.place / "elsewhere")
        problem = child.problem(0, 1, 2)
        if word != "train":
            if contents(self.place / "elsewhere") != before:
                return "the run has changed"
            return problem or (f"left behind: {leftovers(self.place)}" if leftovers(self.place) else None)
        if is_run_folder(self.run):
            return "the folder came back"
        self.place.joinpath("elsewhere").rename(self.run)
        again = self.resume("second")
        if again.end() == 2 and "has taken all its steps" in again.said.read_text():
            return problem or difference(self.run, self.whole)
        return problem or again.problem(0) or difference(self.run, self.whole)
