"""Walking to and fro: nothing is computed twice, kept phases are bounded, and a run is only ever read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.learner_state import state_of
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.slow_motion import session
from metagen_gui.engine.slow_motion.phases import Phase
from metagen_gui.engine.slow_motion.session import SlowMotion, of_experiment, of_run
from metagen_gui.testing.promises import must_be_same

Tiny = Callable[..., Experiment]
KINDS = ("tasks", "inner", "inner", "query", "gradient", "update")


def made_up(monkeypatch: pytest.MonkeyPatch, kept: int) -> tuple[SlowMotion, list[Phase]]:
    """Return slow motion over phases that cost nothing, and a list of those that were computed."""
    computed: list[Phase] = []

    def step(learner: object) -> object:
        number = len(computed) // len(KINDS) + 1
        for kind in KINDS:
            computed.append(Phase(kind, kind, "", number, 0, 2, ("a",)))
            yield computed[-1]

    monkeypatch.setattr(session, "outer_step", step)
    return SlowMotion(None, kept=kept), computed


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["forward", "outer", "back"]), max_size=60), st.integers(2, 15))
def test_walking_to_and_fro_computes_every_phase_once(moves: list[str], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        slow, computed = made_up(patched, kept)
        at = -1  # the place among all phases that were ever computed
        for move in moves:
            oldest = max(0, len(computed) - kept)
            if move == "back":
                at = max(at - 1, oldest) if at >= 0 else -1
                slow.back()
            elif move == "forward":
                at += 1
                slow.forward()
            else:
                at = (at + 1) // len(KINDS) * len(KINDS) + len(KINDS) - 1
                assert slow.outer().kind == "update"
            assert slow.phase is (computed[at] if at >= 0 else None)
            oldest = max(0, len(computed) - kept)
            assert slow.can_go_back == (at > oldest)
            known = computed[oldest:]
            expected = [phase for phase in known if at >= 0 and phase.meta_step == computed[at].meta_step]
            assert list(slow.of_step) == expected
        for phase in slow.of_step:
            assert slow.go_to(phase) is phase is slow.phase


def test_a_fresh_learner_is_small_and_says_so(tiny: Tiny) -> None:
    slow = of_experiment(tiny("sinusoids", "curve", "maml", {"training.meta_batch_size": 9}))
    assert slow.learner.training.meta_batch_size == session.FEW and "4 tasks" in slow.notices[0]
    assert slow.phase is None and slow.back() is None and not slow.can_go_back
    assert of_experiment(tiny("sinusoids", "curve", "maml")).notices == ()


def digests(folder: Path) -> dict[Path, str]:
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("carried", [False, True])
def test_a_runs_next_outer_step_is_shown_digit_for_digit_and_the_run_left_alone(
    tiny: Tiny, tmp_path: Path, carried: bool
) -> None:
    chosen = ("reptile", {"algorithm.inner_state": "carried"}) if carried else ("maml", {})
    experiment = tiny("densities", "vae", chosen[0], {**chosen[1], "training.meta_steps": 8})
    run = meta_train(experiment, out=tmp_path / "run")
    reports = 0
    while reports < 3:
        reports += isinstance(next(run), StepReport)
    run.close()  # which saves
    before = digests(tmp_path / "run")
    slow = of_run(tmp_path / "run")
    told = [slow.outer().report for _ in range(2)]
    assert digests(tmp_path / "run") == before
    going_on = [event for event in resume_run(tmp_path / "run") if isinstance(event, StepReport)][:2]
    assert [(r.meta_step, r.query_loss, r.applied) for r in told] == [
        (r.meta_step, r.query_loss, r.applied) for r in going_on
    ]


def test_a_run_that_is_over_goes_on_at_its_outer_rate(tiny: Tiny, tmp_path: Path) -> None:
    list(meta_train(tiny("sinusoids", "curve", "maml", {"training.lr_schedule": "linear"}), out=tmp_path / "run"))
    slow = of_run(tmp_path / "run")
    before = state_of(slow.learner).meta
    update = slow.outer()
    assert "over" in slow.notices[0] and update.meta_step == 4
    assert next(n for n in update.numbers if n.symbol == "β").of(0) == slow.learner.training.outer_lr
    with pytest.raises(AssertionError):
        must_be_same(state_of(slow.learner).meta, before, "it moves")


def test_what_is_no_run_is_refused_by_name(tmp_path: Path, tiny: Tiny) -> None:
    with pytest.raises(BadInput, match="not a run folder"):
        of_run(tmp_path)
    with pytest.raises(BadInput, match="leaves this model nothing to adapt"):
        of_experiment(tiny("densities", "vae", "maml", {"model.context_size": 0, "algorithm.adapts": "context"}))


def test_going_forward_is_taking_the_steps_of_a_run(tiny: Tiny) -> None:
    experiment = tiny("sinusoids", "curve", "fomaml")
    slow, own = of_experiment(experiment), MetaLearner(experiment)
    for _ in range(3):
        assert slow.outer().report == own.step()
        for move in (slow.back, slow.back, slow.forward, slow.forward):
            move()
    must_be_same(state_of(slow.learner).meta, state_of(own).meta, "going back leaves what was learned alone")
