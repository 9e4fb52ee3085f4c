"""The autoregressive network: exact, drawn as it is told, and no example sees itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from metagen_gui.engine.adaptation.meta_params import MetaParams
from metagen_gui.engine.algorithms.base import Moment, algorithms
from metagen_gui.engine.data.spec import ImageSpec
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.models.base import PlayerParams
from metagen_gui.engine.models.pixel import FEATURES, IMAGES, Pixel, PixelSettings
from metagen_gui.engine.run.outer_loop import meta_train
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.export import export_adapted, export_initialization, load_export
from metagen_gui.engine.trained.trained_run import open_run

TINY = {"channels": 4, "layers": 2, "units": 2, "looks": 1, "context_size": 3}


def build(shape: tuple[int, ...] = (1, 6, 6), **settings: Any) -> tuple[Pixel, PlayerParams]:
    """Return a small model and parameters in float64, none of them 0."""
    model, random = Pixel(PixelSettings(**{**TINY, **settings}), ImageSpec(shape)), torch.Generator().manual_seed(1)
    fresh = model.initialize(random)["pixel"]
    return model, {
        "pixel": {n: (2 * v + 0.3 * torch.randn(v.shape, generator=random)).double() for n, v in fresh.items()}
    }


def binary(*shape: int, seed: int = 2) -> Tensor:
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < 0.4).double()


@pytest.mark.parametrize(
    "settings", [{"block": 2}, {"block": 1}, {"block": 3}, {"attention": False}, {"heads": 2}], ids=str
)
def test_probabilities_of_all_images_add_up_to_one(settings: dict) -> None:
    """All 2¹⁶ images of 4×4 pixels, given a support that is among them."""
    model, params = build((1, 4, 4), **settings)
    numbers = torch.arange(2**16)[:, None] >> torch.arange(16) & 1
    images = numbers.view(-1, 1, 4, 4).double()
    given = model.condition(params, images[[77, 40_000]])
    told = torch.cat([model.log_likelihood(given, part, {}) for part in images.split(8192)])
    assert float(told.exp().sum()) == pytest.approx(1, abs=1e-9)
    assert float(told.std()) > 0.5


@pytest.mark.parametrize("shape", [(1, 6, 6), (1, 7, 5), (3, 4, 6)])
@pytest.mark.parametrize("settings", [{}, {"attention": False}, {"context_size": 0, "block": 1}], ids=str)
def test_samples_are_drawn_as_the_whole_network_tells(shape: tuple[int, ...], settings: dict) -> None:
    """A pixel is set where its uniform number is below the probability that the whole network gives it."""
    model, params = build(shape, **settings)
    latents = model.latents(torch.Generator().manual_seed(3), 8).double()
    tasks = torch.stack([binary(3, *shape, seed=seed) for seed in (4, 5)])
    drawn = torch.func.vmap(lambda support: model.generate(model.condition(params, support), latents))(tasks)
    for support, samples in zip(tasks, drawn, strict=True):
        given = model.condition(params, support)
        logits = model._call(given, "logits", samples, given["pixel"].get(FEATURES), None)
        assert torch.equal(samples, (latents.view(-1, *shape) < torch.sigmoid(logits)).double())
        assert 0.05 < float(samples.mean()) < 0.95


def test_a_program_of_torch_export_draws_any_number_of_images() -> None:
    model, params = build((1, 4, 2), layers=1, attention=False)
    latents = model.latents(torch.Generator().manual_seed(3), 5).double()

    class Drawing(nn.Module):
        def forward(self, latents: Tensor) -> Tensor:
            return model.generate(params, latents)

    any_number = {"latents": {0: torch.export.Dim.DYNAMIC}}
    program = torch.export.export(Drawing(), (latents[:3],), dynamic_shapes=any_number)
    assert torch.equal(program.module()(latents), model.generate(params, latents))


def test_an_example_of_the_support_is_told_by_the_others_alone() -> None:
    """In the loss; what grades may see all of the support, and with one shot nothing is left to see."""
    model, params = build()
    support = binary(3, 1, 6, 6)
    given = model.condition(params, support)
    for some in ([0], [1, 2], [0, 1, 2], [2, 2]):
        told = torch.stack(
            [-model.log_likelihood(without(model, params, support, i), support[i : i + 1], {})[0] for i in some]
        )
        torch.testing.assert_close(model.loss("pixel", given, support[some], {}), told.mean())
    seen = -model.log_likelihood(given, support, {}).mean()
    torch.testing.assert_close(model.query_loss("pixel", given, support, {}), seen)
    assert abs(float(seen - model.loss("pixel", given, support, {}))) > 1e-3
    alone = model.condition(params, support[:1])
    torch.testing.assert_close(
        model.loss("pixel", alone, support[:1], {}), model.loss("pixel", params, support[:1], {})
    )


def without(model: Pixel, params: PlayerParams, support: Tensor, place: int) -> PlayerParams:
    return model.condition(params, torch.cat([support[:place], support[place + 1 :]]))


def test_in_training_a_query_sees_as_many_of_the_support_as_its_noise_says() -> None:
    """From none to all, each example its own number; all of them where nothing is trained."""
    model, params = build()
    support, query = binary(3, 1, 6, 6), binary(4, 1, 6, 6, seed=9)
    given, noise = model.condition(params, support), {"seen": torch.tensor([0.1, 0.3, 0.6, 0.99]).double()}
    fewer = [params, *(model.condition(params, support[:n]) for n in (1, 2, 3))]
    told = torch.stack([-model.log_likelihood(few, query[n : n + 1], {})[0] for n, few in enumerate(fewer)])
    torch.testing.assert_close(model.query_loss("pixel", given, query, noise, Moment()), told.mean())
    all_of_it = -model.log_likelihood(given, query, {}).mean()
    torch.testing.assert_close(model.query_loss("pixel", given, query, noise), all_of_it)
    assert abs(float(told.mean() - all_of_it)) > 1e-3
    assert build(vary_shots=False)[0].noise(torch.Generator(), (), 4) == {}


@pytest.mark.parametrize("name", algorithms.names())
def test_every_algorithm_looks_at_the_support_before_its_first_step(name: str) -> None:
    """What is looked up is that of the task, at step 0 as after the last, and its gradient reaches the encoder."""
    model, _ = build()
    algorithm = algorithms.get(name)(algorithms.get(name).Settings(adaptation_steps=2), model)
    meta = algorithm.initialize(torch.Generator().manual_seed(1))
    support, query = binary(2, 3, 1, 6, 6).float(), binary(2, 4, 1, 6, 6, seed=8).float()
    noise = algorithm.draw_noise(torch.Generator().manual_seed(1), 2, 3, 4)
    path = torch.func.vmap(lambda batch, drawn: algorithm.trajectory(meta, batch, drawn, algorithm.steps))(
        support, noise.support
    )
    expected = torch.stack(
        [model.condition(algorithm.initialization(meta), task)["pixel"][FEATURES] for task in support]
    )
    for params in path:
        assert torch.equal(params["pixel"][IMAGES], support)
        torch.testing.assert_close(params["pixel"][FEATURES], expected)
    if name != "reptile":  # learns only what adapts
        meta = MetaParams.of({p: {n: v.requires_grad_() for n, v in values.items()} for p, values in meta.items()})
        found = algorithm.meta_gradient(meta, support, query, noise, Moment()).gradients["pixel"]
        assert found["encoder.first.weight"].abs().max() > 0


def test_a_warm_up_tells_every_example_by_the_others_of_its_task(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("strokes", "pixel", "maml", {"training.warmup_steps": 1}))
    t, before = learner.training, copy.deepcopy(learner.algorithm.initialization(learner.meta))
    batch = learner.family.batch("train", 0, t.meta_batch_size, t.shots, t.query_size)
    tasks = torch.cat([torch.from_numpy(batch.support), torch.from_numpy(batch.query)], 1)
    told = [learner.model.loss("pixel", learner.model.condition(before, task), task, {}).detach() for task in tasks]
    assert learner.step().query_loss["pixel"] == pytest.approx(float(sum(told) / len(told)), rel=1e-5)


def test_with_attention_alone_nothing_has_to_adapt(tiny: Callable[..., Experiment]) -> None:
    learner = MetaLearner(tiny("strokes", "pixel", "maml", {"model.context_size": 0}))
    report = learner.step()
    assert report.applied and learner.meta.own == {"pixel": {}}
    with pytest.raises(BadInput, match="leaves this model nothing to adapt"):
        MetaLearner(tiny("strokes", "pixel", "maml", {"model.context_size": 0, "model.attention": False}))


@pytest.mark.parametrize("attention", [True, False])
def test_what_an_adapted_model_looks_up_travels_with_its_export(
    tiny: Callable[..., Experiment], tmp_path: Path, attention: bool
) -> None:
    list(meta_train(tiny("strokes", "pixel", "maml", {"model.attention": attention}), out=tmp_path / "run"))
    export_initialization(tmp_path / "run", tmp_path / "initialization")
    start = load_export(tmp_path / "initialization")
    assert IMAGES not in start.parameters["pixel"]
    export_adapted(tmp_path / "run", tmp_path / "adapted", task_index=1)
    loaded, run = load_export(tmp_path / "adapted"), open_run(tmp_path / "run")
    support = torch.from_numpy(run.family.task("validation", 1, 3, 4).support)
    assert (IMAGES in loaded.parameters["pixel"]) == attention
    if attention:
        assert torch.equal(loaded.parameters["pixel"][IMAGES], support)
    assert torch.equal(loaded.sample(5), start.adapt(support).sample(5))
    about = json.loads((tmp_path / "adapted" / "export.json").read_text())
    assert about["examples"] == 3
    (tmp_path / "adapted" / "export.json").write_text(json.dumps({**about, "examples": 2}))
    if attention:
        with pytest.raises(BadInput, match="is expected"):
            load_export(tmp_path / "adapted")


def test_grey_pixels_are_said_to_have_no_likelihood() -> None:
    model, _ = build()
    assert model.caveat(binary(5, 1, 6, 6)) == ""
    assert "not a likelihood" in model.caveat(torch.full((5, 1, 6, 6), 0.5))
