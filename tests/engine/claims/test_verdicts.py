"""Verdicts that say what the numbers say, also when the answer is no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metagen_gui.engine.claims.contrasts import Contrast, ahead, corrected, weaker
from metagen_gui.engine.claims.folder import Scored
from metagen_gui.engine.claims.outcomes import setback
from metagen_gui.engine.claims.tuning import Choice
from metagen_gui.engine.claims.verdicts import conclude, number
from metagen_gui.engine.held_out.adapted import Adapted
from metagen_gui.engine.held_out.measures import Measure
from metagen_gui.engine.statistics import Comparison, compare

LOWER = Measure("loss", "Query loss", "nats", "lower", "generalises")
HIGHER = Measure("coverage", "Coverage", "", "higher", "collapses")
RANDOM = np.random.default_rng(0)


def scored(**values: Any) -> Scored:
    found = {name: np.atleast_2d(np.asarray(each, dtype=np.float64)) for name, each in values.items()}
    return Scored(Choice({}, 0, 0.0, ()), Adapted((0,), found, np.zeros((0, 1, 2, 2), np.float32)))


def contrast(mean: float, *, spread: float = 0.1, **changed: Any) -> Contrast:
    """Return a comparison of 40 tasks with this mean difference."""
    values = RANDOM.normal(size=(1, 40))
    found = compare(mean + spread * (values - values.mean()) / values.std())
    fields = {
        "claim": "generalises", "arm": "MAML", "against": "Joint", "measure": "Query loss", "unit": "nats",
        "footing": "equal steps", "world": "held-out classes", "found": found, **changed,
    }  # fmt: skip
    return Contrast(**fields)


def statuses(*contrasts: Contrast) -> list[str]:
    return [verdict.status for verdict in conclude(corrected(contrasts))]


def test_ahead_is_positive_for_whoever_is_better_whichever_way_a_measure_goes() -> None:
    good, bad = scored(loss=[1, 2, 3], coverage=[0.9, 0.8, 0.7]), scored(loss=[2, 3, 5], coverage=[0.5, 0.4, 0.6])
    for measure in (LOWER, HIGHER):
        assert ahead(([good], "own", [0]), ([bad], "own", [0]), measure)[0].mean > 0
        assert ahead(([bad], "own", [0]), ([good], "own", [0]), measure)[0].mean < 0


@pytest.mark.parametrize("mean", [np.nan, 0.0])
def test_what_is_not_ahead_confirms_nothing_however_small_its_p(mean: float) -> None:
    one = contrast(1.0)
    assert statuses(one) == ["confirmed"]
    assert statuses(replace(one, found=replace(one.found, mean=mean))) == ["not shown"]


def test_tasks_that_diverged_anywhere_are_left_out_of_both_sides() -> None:
    one, other = scored(loss=[1, np.nan, 3, 4]), scored(loss=[2, 9, np.nan, 6])
    found, _ = ahead(([one], "own", [0]), ([other], "own", [0]), LOWER)
    assert (found.tasks, found.mean) == (2, pytest.approx(1.5))


def test_who_loses_tasks_to_divergence_is_not_ahead_by_the_rest() -> None:
    steady = scored(loss=5 + 0.1 * RANDOM.normal(size=40))
    wild = scored(loss=np.where(np.arange(40) < 4, np.nan, 1.0 + 0.1 * RANDOM.normal(size=40)))
    found, objection = ahead(([wild], "own", [0]), ([steady], "own", [0]), LOWER)
    assert found.p < 0.01 and "10%" in objection
    assert statuses(contrast(1.0, found=found, objection=objection)) == ["not shown"]
    found, objection = ahead(([steady], "own", [0]), ([wild], "own", [0]), LOWER)
    assert not objection and statuses(contrast(1.0, found=found)) == ["refuted"]


def test_confirmed_refuted_and_not_shown() -> None:
    assert statuses(contrast(1.0)) == ["confirmed"]
    assert statuses(contrast(-1.0)) == ["refuted"]
    assert statuses(contrast(0.0)) == ["not shown"]


def test_too_few_alphabets_or_seeds_are_a_verdict_of_their_own() -> None:
    one, other = scored(loss=np.arange(40.0) % 5), scored(loss=9 + np.arange(40.0) % 7)
    for count, status in ((4, "not shown"), (8, "confirmed")):
        groups = [f"alphabet {task % count}" for task in range(40)]
        found, _ = ahead(([one], "own", [0]), ([other], "own", [0]), LOWER, groups)
        assert (found.groups, found.tasks) == (count, 40) and found.p < 0.05
        (verdict,) = conclude(corrected([contrast(1.0, found=found, units="alphabets")]))
        assert verdict.status == status and f"Over {count} alphabets (40 tasks)" in verdict.basis
        assert ("too few alphabets: 4 of the 5 that it takes" in verdict.sentence) == (count == 4)
    of_two = compare(np.array([[0.5], [1.5]]) + 0.1 * RANDOM.normal(size=(2, 40)))
    (verdict,) = conclude(corrected([contrast(1.0, found=of_two)]))
    assert verdict.status == "not shown" and "too few seeds: clear of these 2 trainings" in verdict.sentence


def test_all_measures_have_to_agree() -> None:
    better, unclear, worse = contrast(1.0), contrast(0.0, measure="KID"), contrast(-1.0, measure="coverage")
    assert statuses(better, unclear) == ["not shown"]
    assert statuses(worse, unclear) == ["refuted"]
    assert statuses(better, worse) == ["not shown"]
    (verdict,) = conclude(corrected([better, worse]))
    assert "disagree" in verdict.sentence


def test_one_clear_result_among_many_is_not_enough() -> None:
    """Holm: p of 0.03 confirms alone, and not among ten."""
    found = Comparison(1.0, 0.1, 1.9, 0.03, 0.3, 40, 1, 40)
    alone = contrast(0, found=found)
    assert statuses(alone) == ["confirmed"]
    others = [contrast(0.0, claim="collapses", measure=f"m{place}") for place in range(9)]
    assert statuses(alone, *others)[0] == "not shown"
    told = [contrast(0.0, claim="collapses", measure=f"m{place}", decides=False) for place in range(9)]
    assert statuses(alone, *told) == ["confirmed"], "what decides nothing costs nothing"


def test_the_weaker_of_two_comparisons_counts() -> None:
    strong, weak, against = contrast(1.0), contrast(0.03), contrast(-0.01)
    assert weaker(strong, weak) is weak and weaker(against, strong) is against
    nothing = contrast(0, found=compare(np.zeros((1, 0))))
    assert weaker(strong, nothing) is nothing
    clearly = contrast(-1.0)
    assert weaker(clearly, against) is clearly, "both have to hold, and one of them clearly does not"


def test_an_objection_is_not_lost_to_a_comparison_that_is_less_clear() -> None:
    """Whoever adapts and so loses tasks has not helped, however clear it is against adapting to another class."""
    objected, clear = contrast(1.0, objection="9% of its tasks diverged, 0% there"), contrast(0.06)
    assert objected.found.p <= clear.found.p < 0.05
    for pair in ((objected, clear), (clear, objected)):
        assert weaker(*pair) is objected
    assert weaker(objected, contrast(-1.0)).found.mean < 0


def test_a_null_that_shows_a_gain_withdraws_the_claim() -> None:
    own = contrast(1.0, claim="adapts")
    for gain, status, words in ((0.0, "confirmed", "control holds"), (1.0, "not shown", "control fails")):
        null = contrast(gain, claim="adapts", arm="Null", is_null=True)
        verdict, control = conclude(corrected([own, null]))
        assert verdict.status == status and words in control.sentence and control.is_null
        assert ("withdrawn" in verdict.sentence) == bool(gain)


def test_one_measure_with_a_gain_is_enough_for_the_control_to_fail() -> None:
    """A fault of the procedure need not show in every measure."""
    own = contrast(1.0, claim="adapts")
    nulls = [contrast(gain, claim="adapts", is_null=True, measure=f"m{gain}") for gain in (1.0, -1.0)]
    verdict, control = conclude(corrected([own, *nulls]))
    assert (verdict.status, control.status, control.control) == ("not shown", "confirmed", "fails")
    _, control = conclude(corrected([own, nulls[1]]))
    assert (control.status, control.control) == ("refuted", "holds")


def test_a_control_that_was_not_measured_does_not_hold() -> None:
    null = contrast(0, claim="adapts", is_null=True, found=compare(np.zeros((1, 0))), objection="there is no run")
    (control,) = conclude(corrected([null]))
    assert control.control == "says nothing" and "holds" not in control.sentence and "no run" in control.sentence


def test_steadiness_does_not_wait_for_runs_that_diverge() -> None:
    """Where no task of either arm ever diverged, that is no measure in which one could be steadier."""
    same = contrast(0, claim="steady", measure="diverged training tasks", found=compare(np.zeros((1, 5))))
    better = contrast(1.0, claim="steady", measure="largest setback")
    (verdict,) = conclude(corrected([better, same]))
    assert verdict.status == "confirmed" and "diverged training tasks the same in all seeds" in verdict.sentence
    assert statuses(same) == ["not shown"]
    assert statuses(contrast(1.0), contrast(0, found=compare(np.zeros((1, 9))))) == ["not shown"], "of tasks it is one"


def test_a_sentence_has_the_numbers_and_says_better_or_worse() -> None:
    (verdict,) = conclude(corrected([contrast(-1.0)]))
    assert "refuted" in verdict.sentence and "worse by 1.00 nats" in verdict.sentence
    assert "40 tasks and one seed: another training might come out otherwise" in verdict.sentence
    nothing = contrast(0, found=compare(np.zeros((1, 0))), objection="1 of the 5 seeds that it takes")
    (verdict,) = conclude(corrected([nothing]))
    assert verdict.status == "not shown" and "1 of the 5 seeds" in verdict.sentence


def test_what_does_not_differ_is_said_to_be_the_same() -> None:
    (verdict,) = conclude(corrected([contrast(0, found=compare(np.zeros((1, 9))))]))
    assert verdict.status == "not shown" and "Query loss the same in all tasks" in verdict.sentence


def test_numbers_have_three_digits_and_a_true_minus() -> None:
    assert [number(value) for value in (-1.234, 0.05678, 123.4, 0.0, float("nan"), 2e-7)] == [
        "−1.23", "0.0568", "123", "0.00", "–", "2e−07"
    ]  # fmt: skip


def test_a_setback_is_what_was_lost_again() -> None:
    assert setback(np.array([10.0, 6.0, 8.0, 2.0])) == pytest.approx(2 / 8)
    assert setback(np.array([10.0, 6.0, 2.0])) == 0
    assert setback(np.array([1.0, 3.0])) == np.inf and np.isnan(setback(np.array([1.0])))
