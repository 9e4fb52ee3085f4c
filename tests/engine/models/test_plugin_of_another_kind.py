"""A model that is neither VAE nor GAN: trained by every algorithm that can, titled rightly, drawn as it generates."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from metagen_gui.cli.evaluate import NOTHING, document
from metagen_gui.cli.evaluation.text import print_for_people
from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.events import Snapshot, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.held_out import Request, choose_tasks, score_run
from metagen_gui.engine.held_out.adapted import HeldOut, score_adapted
from metagen_gui.engine.held_out.measures import Eyes, own_measures
from metagen_gui.engine.learning.sight import STATES
from metagen_gui.engine.models.base import Likelihood, Noise, PlayerParams, models
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.trained_run import open_run
from metagen_gui.testing import check_model
from tests.engine.cells import EVERY
from tests.plugins_elsewhere.flow import STEPS, FlowMatching, FlowSettings

Tiny = Callable[..., Experiment]


pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize("algorithm", algorithms.names() if EVERY else ["amortised", "leo", "maml", "reptile"])
def test_every_algorithm_trains_it(algorithm: str, tiny: Tiny, tmp_path: Path) -> None:
    experiment = tiny("densities", "carried", algorithm, {"training.meta_steps": 4})
    events = list(meta_train(experiment, out=tmp_path / "run", previews=False))
    reports = [event for event in events if isinstance(event, StepReport)]
    assert len(reports) == 4 and all(np.isfinite(report.query_loss["flow"]) for report in reports)


@pytest.mark.parametrize("churn", [0.0, 0.5])
def test_a_snapshot_carries_what_samples_go_through(churn: float, tiny: Tiny, tmp_path: Path) -> None:
    def run(name: str, previews: bool) -> tuple[list[Snapshot], str]:
        given = tiny("densities", "carried", "maml", {"model.churn": churn, "training.meta_steps": 3})
        events = [*meta_train(given, out=tmp_path / name, previews=previews)]
        rows = (tmp_path / name / "metrics.csv").read_text().splitlines()
        without_seconds = "\n".join(",".join(row.split(",")[:1] + row.split(",")[2:]) for row in rows)
        return [event for event in events if isinstance(event, Snapshot)], without_seconds

    snapshots, looked = run("looked", previews=True)
    shot = snapshots[-1]
    assert shot.path is not None
    tasks, steps, states, few, size = shot.path.shape
    assert (tasks, steps, states, size) == (*shot.samples.shape[:2], STATES, 2)
    assert np.allclose(shot.path[:, :, -1], shot.samples[:, :, :few], rtol=1e-3, atol=1e-3), "it ends where samples are"
    assert np.array_equal(shot.path[:, 0, 0], shot.path[:, -1, 0]), "and begins with the same latents at every step"
    assert not np.array_equal(shot.path[:, 0, -1], shot.path[:, -1, -1])
    with np.load(next((tmp_path / "looked" / "samples").glob("*.npz")), allow_pickle=False) as kept:
        assert kept["path"].shape == shot.path.shape
    assert run("not", previews=False) == ([], looked), "looking never changes the run"


def test_all_that_a_sample_is_random_by_is_in_its_latents() -> None:
    model = FlowMatching(FlowSettings(churn=0.5), PointSpec())
    params = model.initialize(torch.Generator().manual_seed(0))
    latents = model.latents(torch.Generator().manual_seed(1), 5)
    assert latents.shape == (5, 2 * STEPS)
    assert torch.equal(model.generate(params, latents), model.generate(params, latents))
    other = torch.cat([latents[:, :2], -latents[:, 2:]], dim=1)  # the same start, other noise on the way
    assert not torch.allclose(model.generate(params, latents), model.generate(params, other))


@pytest.mark.parametrize("churn", [0.0, 0.5])
def test_it_keeps_what_every_model_promises(churn: float) -> None:
    check_model(FlowMatching(FlowSettings(width=6, context_size=4, churn=churn), PointSpec()))


def test_data_that_it_cannot_take_are_refused_in_one_sentence() -> None:
    assert FlowMatching.objection_to(PointSpec()) == ""
    with pytest.raises(BadInput, match=r"model\.name: flow carries points of the plane, not images"):
        FlowMatching(FlowSettings(), ImageSpec((1, 16, 16)))


def test_its_loss_is_called_what_it_is(tiny: Tiny, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment = tiny("gaussians", "carried", "maml", {"training.meta_steps": 2})
    family = experiment.build_tasks()
    first, *others = Eyes(family, experiment.build_model(family), "test", 8).measures
    assert (first.title, first.unit, first.proper) == ("Squared velocity error", "", False)
    assert all(measure.metric is not None for measure in others), "it has no likelihood"
    list(meta_train(experiment, out=tmp_path / "run", previews=False))
    opened = open_run(tmp_path / "run")
    tasks = choose_tasks([opened], request := Request(tasks=3))
    scores = score_run(opened, tasks, request)
    print_for_people(tasks, [scores], [], NOTHING)
    said = " ".join(capsys.readouterr().out.split())
    assert "flow" in said and "ELBO" not in said and "nats" not in said
    assert document(tasks, [scores], [])["runs"][0]["negative_elbo"] is None


class Told(FlowMatching):
    """The same, with a law that it knows: a standard normal one, whatever it has learned."""

    likelihood = Likelihood(exact=True)

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        return -0.5 * batch.square().sum(1) - math.log(2 * math.pi)


def test_a_likelihood_that_is_exact_is_measured_as_such(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models._plugins, "carried", Told)
    experiment = tiny("gaussians", "carried", "maml")
    family = experiment.build_tasks()
    model = experiment.build_model(family)
    algorithm = experiment.build_algorithm(model)
    eyes = Eyes(family, model, "test", 8)
    told = eyes.measures[1]
    assert (told.title, told.unit, told.proper) == ("−log p", "nats", True)
    tasks = HeldOut(family, "test", 3, 4, 8, 5)
    found = score_adapted(algorithm, algorithm.initialize(torch.Generator()), tasks, eyes, (0, 1)).values[told.name]
    by_hand = 0.5 * np.square(tasks.batch.query).sum(-1).mean(-1) + math.log(2 * math.pi)
    assert np.allclose(found, by_hand[None], rtol=1e-5)


class Bounded(Told):
    """One that tells a lower bound, under a name of its own, and whose loss compares with none."""

    likelihood = Likelihood(exact=False, draws=3, title="SUMO, 3 draws")

    @classmethod
    def loss_compares(cls) -> bool:
        return False


def test_a_bound_is_headed_as_its_model_says_and_a_loss_that_does_not_compare_is_no_figure(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(models._plugins, "carried", Bounded)
    experiment = tiny("gaussians", "carried", "maml")
    model = experiment.build_model(experiment.build_tasks())
    assert [(measure.name, measure.title) for measure in own_measures(model)] == [("iwae", "SUMO, 3 draws")]
    assert Likelihood(exact=False, draws=7).called == "Bound of −log p, 7 draws"
    vae = tiny("gaussians", "vae", "maml")
    titles = [measure.title for measure in own_measures(vae.build_model(vae.build_tasks()))]
    assert titles == ["−ELBO", "IWAE bound, 64 draws"]
