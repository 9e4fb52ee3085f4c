"""A whole test of claims in small: what it trains, that it goes on where it was, and what it writes."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metagen_gui.cli import turn
from metagen_gui.engine.claims.arms import arms_of
from metagen_gui.engine.claims.examination import runner
from metagen_gui.engine.claims.examination.events import ClaimsAdvanced, ClaimsFinished, ClaimsNotice, ClaimsStarted
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.folder import ClaimFolder, Scored
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.claims.report.files import versions
from metagen_gui.engine.claims.report.sections import TITLE, sections
from metagen_gui.engine.claims.scoring import Judge
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.held_out import adapted
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.languages.spoken import PSEUDO, written_in
from metagen_gui.engine.metrics import encoder
from metagen_gui.engine.metrics.encoder_training import EncoderSettings
from metagen_gui.engine.pages.page import page as page_of
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.record import read_record
from metagen_gui.engine.store.trash import thrown_away
from tests.engine.claims.examination.conftest import ONE, SMALL, Tiny, finished, plan
from tests.engine.languages.left import left_in_english

pytestmark = pytest.mark.usefixtures("known_speeds")


def test_runs_are_those_of_the_plan_and_every_arm_is_scored_on_the_same_tasks(tiny: Tiny, tmp_path: Path) -> None:
    events = [*examine(made := plan(tiny), tmp_path / "out")]
    (started,) = (event for event in events if isinstance(event, ClaimsStarted))
    names = sorted(path.name for path in (tmp_path / "out" / "runs").iterdir())
    wanted = ["joint-3-steps", "joint-6-steps", "maml-3-steps", "null-3-steps"]
    assert names == sorted(f"{name}-seed-{seed}" for name in wanted for seed in (0, 1)) and started.runs == 8
    assert all(read_record(tmp_path / "out" / "runs" / name).state == "finished" for name in names)  # type: ignore[union-attr]
    shares = [event.share for event in events if isinstance(event, ClaimsAdvanced)]
    assert shares == sorted(shares) and shares[-1] <= 1
    last = events[-1]
    assert isinstance(last, ClaimsFinished)
    found = last.findings
    assert {arm for arm, *_ in found.scores} == set(made.arms)
    for (arm, *_), scored in found.scores.items():
        assert scored.own.rows == ((0,) if arm == "joint" else (0, 1, 2))
        assert all(values.shape == (len(scored.own.rows), 6) for values in scored.own.values.values())
        assert len(scored.choice.tried) == (0 if arm == "joint" else 2)
    for outcome in found.outcomes:
        assert outcome.diverged == 0 and 0 < outcome.gradient < np.inf and 0 < outcome.gradient_spread < 10
    joint, tuned = (found.scores[arm, 6, 0].own for arm in ("joint", "joint + fine-tuning"))
    assert np.array_equal(joint.values["loss"][0], tuned.values["loss"][0]), "one run, the same noise"


def test_a_run_that_was_killed_before_its_first_checkpoint_is_begun_anew(tiny: Tiny, tmp_path: Path) -> None:
    made = plan(tiny, seeds=(0,), arms=("joint", "maml"), compare_at=("equal steps",))
    whole = finished(made, tmp_path / "whole")
    for event in (test := examine(made, tmp_path / "parts")):
        if isinstance(event, ClaimsAdvanced) and "MAML, seed 0: outer step" in event.text:
            break
    test.close()
    run = tmp_path / "parts/runs/maml-3-steps-seed-0"
    for file in (run / "checkpoints").glob("step-*"):
        file.unlink()
    events = [*examine(made, tmp_path / "parts")]
    assert [event.text for event in events if isinstance(event, ClaimsNotice)] == [
        "MAML, seed 0: ended before its first checkpoint; it is begun anew, the rest is in the trash"
    ]
    assert [thrown.name for thrown in thrown_away()] == ["MAML, seed 0"]
    last = events[-1]
    assert isinstance(last, ClaimsFinished)
    assert [one.found for one in last.findings.contrasts] == [one.found for one in whole.findings.contrasts]


def test_what_is_done_is_not_done_again_and_comes_out_the_same(
    once: ClaimPlan, whole: ClaimsFinished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = examine(once, tmp_path / "parts")
    for event in test:  # stopped in the middle of the third run
        if isinstance(event, ClaimsAdvanced) and "shuffled classes, seed 0: outer step" in event.text:
            break
    test.close()
    assert read_record(tmp_path / "parts/runs/null-3-steps-seed-0").state == "stopped"  # type: ignore[union-attr]
    parts = finished(once, tmp_path / "parts")
    assert "Resumed at step" in (tmp_path / "parts/runs/null-3-steps-seed-0/events.jsonl").read_text()
    assert [one.found for one in parts.findings.contrasts] == [one.found for one in whole.findings.contrasts]

    def refuse(*given: Any, **named: Any) -> Any:
        raise AssertionError("trained or scored again")

    for module, name in ((turn, "meta_train"), (turn, "resume_run"), (runner, "seconds_per_step")):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(runner.Judge, "_score", refuse)
    again = finished(once, tmp_path / "parts")
    assert [one.found for one in again.findings.contrasts] == [one.found for one in whole.findings.contrasts]
    untimed = [[replace(one, seconds=0) for one in each.findings.outcomes] for each in (whole, parts, again)]
    assert untimed[0] == untimed[1] == untimed[2]


def test_scores_that_were_damaged_are_made_again(once: ClaimPlan, whole: ClaimsFinished, tmp_path: Path) -> None:
    shutil.copytree(whole.report.parent, tmp_path / "out")
    (victim, *_) = sorted((tmp_path / "out" / "scores").glob("maml*.npz"))
    sound = victim.read_bytes()
    victim.write_bytes(sound[:50])
    assert finished(once, tmp_path / "out").findings.contrasts == whole.findings.contrasts
    assert len(victim.read_bytes()) == len(sound)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"equal compute": {"joint": 6, "maml": 3, "null": "3"}}'])
def test_steps_that_were_damaged_are_named(tiny: Tiny, tmp_path: Path, text: str) -> None:
    folder = ClaimFolder(tmp_path / "out", plan(tiny, compare_at=("equal compute",)))
    (tmp_path / "out" / "steps.json").write_text(text)
    with pytest.raises(BadInput, match=r"steps\.json"):
        folder.steps()


def test_scores_of_another_shape_are_none(tiny: Tiny, tmp_path: Path) -> None:
    """Damaged scores, and those made to do harm, are made again: nothing is unpacked that a header only claims."""
    folder = ClaimFolder(tmp_path / "out", plan(tiny))
    values, pictures = {"loss": np.ones((2, 6))}, np.zeros((4, 2, 3, 2), np.float32)
    sound = Scored(Choice({}, 2, 1.0, ()), Adapted((0, 2), values, pictures))
    folder.keep_scores("sound", sound)
    found = folder.scored("sound")
    assert found is not None and found.own.rows == (0, 2)
    for name, changed in {
        "a step that was not scored": replace(sound, choice=Choice({}, 3, 1.0, ())),
        "a row too few": replace(sound, own=replace(sound.own, values={"loss": np.ones((1, 6))})),
        "no samples": replace(sound, own=replace(sound.own, pictures=np.zeros((4, 1, 3, 2), np.float32))),
    }.items():
        folder.keep_scores(name, changed)
        assert folder.scored(name) is None, name
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "out/scores/sound.npz", "w") as packed:
        packed.writestr("own/rows.npy", header.getvalue())
    assert folder.scored("sound") is None


def test_a_gan_is_measured_by_its_samples(tiny: Tiny, tmp_path: Path) -> None:
    found = finished(plan(tiny, model="gan", seeds=(0,), arms=("joint", "maml")), tmp_path / "gan").findings
    assert [measure.name for measure in found.measures] == [
        "mmd2",
        "modes_found",
        "coverage",
        "within_3_sigma",
        "memorisation",
    ]
    assert all(np.isfinite(values).all() for one in found.scores.values() for values in one.own.values.values())


def test_a_class_that_is_alone_is_told_from_none(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = EncoderSettings(episodes=2, test_episodes=1, channels=4, features=4)
    monkeypatch.setattr(encoder, "EncoderSettings", lambda: small)
    made = ClaimPlan.of(tiny("images", "vae", "maml", ONE), {**SMALL, "query_size": 4, "arms": ("joint", "maml")})
    found = finished(made, tmp_path / "out").findings  # of the six classes one is held out for the test
    of_samples = ["kid", "diversity", "coverage", "support_distance", "memorisation"]
    assert [measure.name for measure in found.measures] == ["loss", "iwae", *of_samples]
    (note,) = (note for note in found.notes if "network that learned to tell the training classes apart" in note)
    assert note.startswith("; ".join(measure.title for measure in found.measures[2:]) + ": ")
    assert note.endswith("How well is not known: there are no two held-out classes.")
    assert {name: [*one.own.values] for name, one in found.landmarks.items()}["copies"] == of_samples
    kept = (tmp_path / "out" / "scores" / "landmark-affine.npz").stat().st_mtime_ns
    again = finished(made, tmp_path / "out").findings
    assert np.array_equal(again.landmarks["affine"].own.values["kid"], found.landmarks["affine"].own.values["kid"])
    assert (tmp_path / "out" / "scores" / "landmark-affine.npz").stat().st_mtime_ns == kept, "measured once"


def test_a_shift_is_a_world_of_its_own(tiny: Tiny, tmp_path: Path) -> None:
    shift = {"name": "densities", "settings": {"shape": "moons"}}
    found = finished(plan(tiny, seeds=(0,), shift=shift, arms=("joint", "maml")), tmp_path / "out").findings
    worlds = {one.world for one in found.contrasts if one.claim == "generalises"}
    assert worlds == {"held-out classes", "shifted to 2-D densities"}
    scored = next(iter(found.scores.values()))
    assert scored.shifted is not None and not np.array_equal(scored.shifted.values["loss"], scored.own.values["loss"])
    with pytest.raises(BadInput, match=r"plan\.shift: its examples are images of shape 1 × 28 × 28, grey, those"):
        next(examine(plan(tiny, shift={"name": "strokes"}), tmp_path / "other"))
    assert not (tmp_path / "other").exists(), "or the plan, once mended, would be another one"


def test_a_folder_holds_one_plan(tiny: Tiny, tmp_path: Path) -> None:
    ClaimFolder(tmp_path / "out", plan(tiny))
    ClaimFolder(tmp_path / "out", plan(tiny))
    with pytest.raises(BadInput, match="another plan"):
        ClaimFolder(tmp_path / "out", plan(tiny, tasks=7))
    (tmp_path / "out" / "plan.json").write_text("{")
    with pytest.raises(BadInput, match="not JSON"):
        ClaimFolder(tmp_path / "out", plan(tiny))
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "thesis.txt").touch()
    with pytest.raises(BadInput, match="must be empty"):
        ClaimFolder(tmp_path / "used", plan(tiny))


VERSIONS = ("MetaGen", "Python", "torch", "NumPy")
"""Of which a report tells the versions: names, in every language."""


class Links(HTMLParser):
    """Collects what a page would load or run, and whether its tags are closed in order."""

    VOID = {"meta", "img", "line", "circle", "polyline", "polygon"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else_and_tells_everything(once: ClaimPlan, whole: ClaimsFinished) -> None:
    text, folder = whole.report.read_text(), whole.report.parent
    page = Links()
    page.feed(text)
    assert not page.open and {"svg", "img", "table", "style"} <= page.tags and "script" not in page.tags
    assert page.loads and all(load.startswith("data:image/png;base64,") for load in page.loads)
    assert "prefers-color-scheme: dark" in text and "0.123456" in text and "metagen claims plan.json" in text
    told = json.loads((folder / "report.json").read_text())
    assert [verdict["sentence"] for verdict in told["verdicts"]] == [one.sentence for one in whole.findings.verdicts]
    rows = (folder / "comparisons.csv").read_text().splitlines()
    assert len(rows) == len(whole.findings.contrasts) + 1
    assert ClaimPlan.from_document(told["plan"]).document() == once.document()
    with written_in(PSEUDO):
        text = page_of(TITLE, sections(whole.findings, versions()))
    assert [told for told in left_in_english(text) if told not in VERSIONS] == []


def test_scoring_says_how_far_it_is_and_may_be_given_up(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapted, "NUMBERS_AT_ONCE", 1)  # one task after another
    made = plan(tiny, tasks=3, validation_tasks=2)
    judge, folder = Judge(made), ClaimFolder(tmp_path, made)
    random = next(arm for arm in arms_of(made) if arm.name == "random")
    shares = [*judge.scoring(random, "", 0, folder)]
    scored = folder.scored("random-seed-0")
    assert scored is not None and scored.by_samples is not None
    again = 3 if scored.by_samples.choice.way != scored.choice.way else 0
    told = "two ways on two tasks, then the three, and those once more if samples choose another way"
    assert shares == [pytest.approx(done / 10) for done in range(1, 8 + again)], told
    given_up = judge.scoring(random, "", 1, folder)
    next(given_up)
    given_up.close()
    kept = sorted(file.name for file in (tmp_path / "scores").glob("*.npz"))
    assert kept == ["random-seed-0-by-samples.npz", "random-seed-0.npz"]
