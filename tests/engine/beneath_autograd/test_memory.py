"""Memory: counted to the byte, predicted from few tasks, and chunks where all tasks would not fit."""

from __future__ import annotations

import pytest
import torch

from metagen_gui.engine.algorithms.base import Moment
from metagen_gui.engine.beneath_autograd.kernels import quick
from metagen_gui.engine.beneath_autograd.memory import free_bytes
from metagen_gui.engine.events import MemoryPlan, Notice, RunStarted
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning import memory_plan, meta_learner
from metagen_gui.engine.learning.memory_plan import _line
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.run.outer_loop import meta_train
from tests.engine.beneath_autograd.peak import peak_bytes

MILLION = 4 * 1000 * 1000


@pytest.fixture(autouse=True)
def of_small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan runs that need a tenth of what is usually asked about, in a tenth of the time."""
    monkeypatch.setattr(memory_plan, "SMALL", 5_000_000)


def test_bytes_are_counted_while_they_are_alive() -> None:
    def step() -> None:
        a = torch.zeros(1000, 1000)
        b = a + 1  # two at once
        view = a.view(-1)[:500]
        del a
        c = b * 2  # three: the view keeps the first
        del view, b
        torch.add(c, c).sum()

    assert peak_bytes(step) == 3 * MILLION


def test_free_memory_is_told_here() -> None:
    assert free_bytes(torch.device("cpu")) > 10_000_000
    assert free_bytes(torch.device("meta")) == 0


def test_many_tasks_may_need_most_elsewhere_than_few() -> None:
    """Up to five tasks most is alive where something large is shared; from then on, where every task has its own."""
    asked: list[int] = []

    def measured(tasks: int) -> list[int]:
        asked.append(tasks)
        return [0, 100 + tasks, 21 * tasks, 5]

    predicted = _line(measured, tasks=64, limit=0)
    assert [predicted(tasks) for tasks in (1, 4, 16, 64)] == [101, 104, 336, 1344]
    assert len(asked) == 2
    asked.clear()
    _line(measured, tasks=64, limit=150)
    assert max(21 * tasks for tasks in asked) < 150  # nor is anything computed that would not fit


def test_where_operations_differ_the_highest_is_drawn_on() -> None:
    predicted = _line(lambda tasks: [0] * tasks + [100 + 3 * tasks], tasks=64, limit=0)
    assert predicted(64) == 100 + 3 * 64


CASES = [
    ("vae", "maml", {"algorithm.adapts": "everything", "algorithm.learned_rates": "no"}),
    ("vae", "reptile", {}),
    ("vae", "imaml", {"algorithm.adaptation_steps": 2, "algorithm.conjugate_steps": 2}),
    ("gan", "fomaml", {"algorithm.adaptation_steps": 2}),
]


def learner_of(model: str, algorithm: str, changes: dict[str, object]) -> MetaLearner:
    experiment = Experiment().with_plugin("model", model).with_plugin("algorithm", algorithm)
    for path, value in {"model.width": 48, "training.meta_batch_size": 12, **changes}.items():
        experiment = experiment.with_value(path, value)
    return MetaLearner(experiment)


@pytest.mark.parametrize(("model", "algorithm", "changes"), CASES)
def test_few_tasks_tell_what_twelve_will_need(model: str, algorithm: str, changes: dict[str, object]) -> None:
    learner = learner_of(model, algorithm, changes)
    plan = learner.plan_memory()
    assert plan is not None and plan.chunk == plan.tasks == 12
    t = learner.training
    support, query = learner.tensors(learner.family.batch("train", 0, 12, t.shots, t.query_size))
    noise = learner.algorithm.draw_noise(generator_for(0, "training", 0, learner.device), 12, t.shots, t.query_size)

    def step() -> None:
        with quick(t.factored):
            learner.algorithm.meta_gradient(learner.meta, support, query, noise, Moment())

    assert plan.needed == pytest.approx(peak_bytes(step), rel=0.1, abs=4e5)


def test_tasks_are_taken_in_chunks_where_all_would_not_fit(monkeypatch) -> None:
    everything = {"algorithm.adapts": "everything", "training.factored": "never", "training.recompute": "never"}
    roomy = learner_of("vae", "maml", everything).plan_memory()
    assert roomy is not None
    monkeypatch.setattr(meta_learner, "free_bytes", lambda device: int(roomy.needed / 2))
    learner = learner_of("vae", "maml", everything)
    plan = learner.plan_memory()
    assert plan is not None and plan.chunk in (3, 4) and plan.needed < 0.8 * plan.free
    assert learner.chunk == plan.chunk
    assert plan.sentence().endswith(f"{plan.chunk} tasks at a time")
    chosen = learner_of("vae", "maml", {**everything, "training.chunk": 6})
    plan = chosen.plan_memory()
    assert plan is not None and plan.chunk == chosen.chunk == 6  # the person's word counts


def test_steps_are_computed_again_before_tasks_are_taken_in_turn(monkeypatch) -> None:
    many = {"algorithm.adapts": "everything", "training.factored": "never", "algorithm.adaptation_steps": 5}
    roomy = learner_of("vae", "maml", many)
    plan = roomy.plan_memory()
    assert plan is not None and not plan.recomputed and not roomy.recompute
    monkeypatch.setattr(meta_learner, "free_bytes", lambda device: int(0.8 * plan.needed))
    learner = learner_of("vae", "maml", many)
    tight = learner.plan_memory()
    assert tight is not None and tight.recomputed and learner.recompute
    assert tight.chunk == 12 and tight.needed < 0.64 * plan.needed
    assert tight.sentence().endswith("adaptation steps computed again")
    assert peak_bytes(learner.step) < 0.64 * peak_bytes(roomy.step)


def test_planning_learns_nothing() -> None:
    planned, other = (learner_of("vae", "maml", {}) for _ in range(2))
    planned.plan_memory()
    assert planned.step() == other.step()


def test_small_runs_are_not_planned(tiny) -> None:
    assert MetaLearner(tiny("densities", "vae", "maml", {})).plan_memory() is None


def test_a_plan_in_words() -> None:
    assert MemoryPlan(3_100_000_000, 8_000_000_000, 16, 16).sentence() == "about 3.1 GB of 8.0 GB free"
    assert MemoryPlan(31_000_000, 0, 4, 16).sentence() == "about 31 MB, 4 tasks at a time"


def test_a_run_says_what_it_needs_and_when_memory_is_short(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(meta_learner, "free_bytes", lambda device: 20_000_000)
    experiment = learner_of("vae", "maml", {"algorithm.adapts": "everything", "training.factored": "never"}).experiment
    run = meta_train(experiment, out=tmp_path / "run", previews=False)
    started, notice = next(run), next(run)
    run.close()
    assert isinstance(started, RunStarted) and started.memory is not None
    assert isinstance(notice, Notice) and f"{started.memory.chunk} at a time" in notice.text
