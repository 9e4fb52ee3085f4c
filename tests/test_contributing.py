"""The files that CONTRIBUTING.md shows are a package of their own: found, trained with, and true to their promises."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from metagen_gui.cli import main
from metagen_gui.cli.plugins import catalogue
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.claims.examination.events import ClaimsFinished
from metagen_gui.engine.claims.examination.runner import examine
from metagen_gui.engine.claims.plan import ClaimPlan
from metagen_gui.engine.data.spec import PointSpec
from metagen_gui.engine.events import StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.health import detectors
from metagen_gui.engine.held_out.measures import Eyes
from metagen_gui.engine.metrics import metrics
from metagen_gui.engine.plugins import load_plugins
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.testing import check_algorithm, check_detector, check_metric, check_model, check_run, check_task_family
from tests.engine.health.reports import SETTINGS, falling, step
from tests.engine.queue.here import train_here

EXPERIMENT = {"tasks": "segments", "model": "gaussian", "algorithm": "joint"}
SMALL = {
    "meta_steps": 4,
    "checkpoint_steps": 2,
    "replay": False,
    "meta_batch_size": 2,
    "shots": 3,
    "query_size": 4,
    "validation_tasks": 2,
    "validate_every": 2,
}


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("model", ["vae", "gan"])
def test_the_example_is_found_has_settings_and_trains(model: str, tmp_path: Path) -> None:
    experiment = Experiment(tasks="densities", model=model, algorithm="joint")
    for text in ("meta_steps=12", "meta_batch_size=4", "shots=8", "query_size=32", "validation_tasks=2"):
        experiment = experiment.with_text(f"training.{text}")
    assert "weight_decay" in {item.name for item in experiment.settings("algorithm")}
    reports = [event for event in meta_train(experiment, out=tmp_path / "run") if isinstance(event, StepReport)]
    assert len(reports) == 12 and not any(report.diverged for report in reports)
    if model == "vae":
        losses = [report.query_loss["vae"] for report in reports]
        assert sum(losses[-3:]) < sum(losses[:3])


@pytest.mark.usefixtures("elsewhere")
def test_its_own_setting_reaches_the_gradient(tmp_path: Path) -> None:
    def last_loss(decay: float) -> float:
        experiment = Experiment(tasks="densities", model="vae", algorithm="joint")
        for path, value in {
            "algorithm.weight_decay": decay,
            "training.meta_steps": 3,
            "training.meta_batch_size": 2,
            "training.validation_tasks": 2,
        }.items():
            experiment = experiment.with_value(path, value)
        events = list(meta_train(experiment, out=tmp_path / str(decay), previews=False))
        return [event for event in events if isinstance(event, StepReport)][-1].query_loss["vae"]

    assert last_loss(0) != last_loss(1)


@pytest.mark.usefixtures("elsewhere")
def test_they_are_listed_and_keep_what_plugins_promise(tmp_path: Path) -> None:
    assert load_plugins() == []
    chosen = Experiment(**EXPERIMENT)
    listed = catalogue()
    for section, name in {**EXPERIMENT, "metric": "centre", "health": "plateau"}.items():
        assert name in [plugin["name"] for plugin in listed[section]]
    family = chosen.build_tasks()
    check_task_family(family)
    check_model(chosen.build_model(family))
    check_algorithm(chosen.build_algorithm(chosen.build_model(family)))
    check_metric(metrics.get("centre")())
    check_detector(
        detectors.get("plateau"), [*falling(250), *(step(251 + more, 400.0) for more in range(200))], SETTINGS
    )
    for path, value in SMALL.items():
        chosen = chosen.with_value(f"training.{path}", value)
    check_run(chosen, tmp_path)
    check_run(chosen.with_plugin("algorithm", "maml"), tmp_path / "maml")


@pytest.mark.usefixtures("elsewhere")
def test_what_they_learn_and_measure_is_called_by_their_names() -> None:
    """The likelihood is the model's own, and exact; claims take its figures and the metric along."""
    chosen = Experiment("segments", "gaussian", "maml")
    family = chosen.build_tasks()
    model = chosen.build_model(family)
    titles = {
        measure.name: (measure.title, measure.unit, measure.claim)
        for measure in Eyes(family, model, "test", 32).measures
    }
    assert titles["loss"] == ("−log p", "nats", "generalises")
    assert titles["centre"] == ("Distance of the centres", "", None)
    params = model.initialize(torch.Generator().manual_seed(0))
    samples = model.generate(params, model.latents(torch.Generator().manual_seed(1), 20_000))
    law = torch.distributions.MultivariateNormal(samples.mean(0), torch.cov(samples.T))
    places = torch.rand(5, 2)
    torch.testing.assert_close(model.log_likelihood(params, places, {}), law.log_prob(places), atol=0.05, rtol=0.05)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("model", "row", "title"),
    [("gaussian", "gaussian (−log", "−log p"), ("carried", "flow 0", "Squared velocity error")],
)
def test_evaluation_and_claims_call_a_loss_what_it_is(
    model: str,
    row: str,
    title: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train_here(monkeypatch)  # the package is there in this process alone
    monkeypatch.setattr(PointSpec, "free_samples", 12)
    experiment = Experiment("segments", model, "maml")
    for path, value in SMALL.items():
        experiment = experiment.with_value(f"training.{path}", value)
    list(meta_train(experiment, out=tmp_path / "run", previews=False))
    with pytest.raises(SystemExit, match="0"):
        main(["evaluate", str(tmp_path / "run"), "--tasks", "3"])
    said = " ".join(capsys.readouterr().out.split())
    assert row in said and "ELBO" not in said
    plan = ClaimPlan.of(
        experiment,
        {"steps": 2, "seeds": (0,), "tasks": 4, "validation_tasks": 2, "candidates": 1, "outer_rates": (1.0,)}
        | {"arms": ("joint", "maml"), "compare_at": ("equal steps",), "adaptation_steps": (1,), "samples": 6},
    )
    findings = next(event.findings for event in examine(plan, tmp_path / "claims") if isinstance(event, ClaimsFinished))
    assert findings.measures[0].title == title
    page = (tmp_path / "claims" / "report.html").read_text("utf-8")
    assert "Distance of the centres" in page and "ELBO" not in page


@pytest.mark.usefixtures("elsewhere")
def test_they_are_gone_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "joint" in algorithms.names() and "centre" in metrics.names()
    monkeypatch.undo()
    assert "joint" not in algorithms.names() and "centre" not in metrics.names() and "plateau" not in detectors.names()
