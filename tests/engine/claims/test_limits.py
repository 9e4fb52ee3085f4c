"""What a report says of its own limits is true of the very test it is about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from metagen_gui.engine.claims.limits import limits, not_counted, on_rates, unequal
from metagen_gui.engine.claims.outcomes import Outcome
from metagen_gui.engine.claims.outer_rates import RateChoice


def findings(
    seconds: dict[str, list[float]], *, seeds: int = 2, tasks: int = 9, kinds: int = 9, groups: int = 0
) -> Any:
    outcomes = [
        Outcome(run, seed, 5, "finished", "", taken, 0.0, 0.0) for run, all_of in seconds.items()
        for seed, taken in enumerate(all_of)
    ]  # fmt: skip
    plan = SimpleNamespace(settings=SimpleNamespace(seeds=tuple(range(seeds)), tasks=tasks), rows=(0, 5))
    steps = {"equal compute": dict.fromkeys(seconds, 5)}
    held = {"own": tuple(f"alphabet {task % groups}" for task in range(tasks)) if groups else ()}
    told = {"kinds": kinds, "groups": held, "groups_are": "alphabets" if groups else "tasks"}
    told |= {"scores": {}, "arms": (), "measures": (), "rates": ()}
    return SimpleNamespace(plan=plan, shared=steps, outcomes=outcomes, **told)


def test_compute_that_was_not_equal_is_told_with_who_had_least() -> None:
    told = unequal(findings({"joint": [105, 133], "maml": [140, 184], "null": [999, 999]}))
    assert "of joint least" in told and "joint 119, maml 162" in told and "null" not in told


def test_a_machine_that_was_slower_for_a_while_is_not_held_against_an_arm() -> None:
    told = unequal(findings({"joint": [100, 140], "maml": [101, 141]}))
    assert "from 100 to 141 seconds" in told and "about the same for every arm" in told
    assert unequal(findings({"joint": [100, 110], "maml": [101, float("nan")]})) == ""


def test_few_seeds_few_groups_and_kinds_drawn_twice_are_told() -> None:
    told = " ".join(limits(findings({"joint": [1, 1]})))
    assert "2 seeds say little" in told and "drawn several times" not in told and "fewer than 20 tasks" in told
    told = " ".join(limits(findings({"joint": [1] * 5}, seeds=5, tasks=100, kinds=69)))
    assert "100 held-out tasks are of 69 kinds" in told and "say little" not in told and "fewer than" not in told
    told = " ".join(limits(findings({"joint": [1] * 5}, seeds=5, tasks=100, kinds=69, groups=7)))
    assert "100 held-out tasks are of 7 alphabets" in told and "intervals over these" in told
    assert "fewer than 20 alphabets" in told and "drawn several times" not in told


def test_what_adapting_and_tuning_take_is_told_beside_the_equal_training_time() -> None:
    ways = ({"inner_lr": 0.1}, {"inner_lr": 0.2})
    found = findings({"joint": [1], "maml": [1]}, seeds=1)
    found.plan.settings.validation_tasks = 16
    found.arms = [
        SimpleNamespace(name=name, title=title, ways=ways[:count])
        for name, title, count in (("maml", "MAML", 2), ("tuned", "Joint + fine-tuning", 2), ("joint", "Joint", 0))
    ]

    def chosen(step: int, for_samples: int) -> Any:
        by_loss, by_samples = (SimpleNamespace(choice=SimpleNamespace(step=each)) for each in (step, for_samples))
        by_loss.for_samples = by_samples
        return by_loss

    found.scores = {("maml", 5, 0): chosen(3, 5), ("tuned", 5, 0): chosen(50, 50), ("joint", 5, 0): chosen(0, 0)}
    told = " ".join(not_counted(found))
    assert "not counted, nor equal" in told and "MAML 3 to 5, Joint + fine-tuning 50," in told
    assert "tuning, which took 160 adaptation steps for every run of every arm that adapts" in told
    found.arms[0].ways = ways[:1]
    assert "80 to 160 adaptation steps" in " ".join(not_counted(found))


def test_whether_outer_rates_were_tuned_is_told_and_what_that_took() -> None:
    found = findings({"joint": [1], "maml": [1]}, seeds=1)
    found.rates = (RateChoice("joint", 1.0, 0.003), RateChoice("maml", 1.0, 0.003))
    assert "how they were trained was not: outer rate" in " ".join(on_rates(found)) and not [*not_counted(found)]
    found.plan.settings.outer_rates, found.plan.settings.rate_share = (1.0, 0.5, 2.0), 0.25
    tried = ((1.0, 3.0), (0.5, 2.0), (2.0, 4.0))
    found.rates = (RateChoice("joint", 0.5, 0.0015, 9, 12.3, tried), RateChoice("maml", 1.0, 0.003, 7, 14.5, tried))
    told = " ".join(on_rates(found))
    assert "1, 0.5, 2 times that of the experiment" in told and "25% of its outer steps" in told
    assert "(joint 0.5 times): a further one might be better" in told and "were not tuned." in told
    assert "in seconds for all seeds: joint 12.3, maml 14.5." in " ".join(not_counted(found))
