"""A VAE of local pixels: two likelihoods, which of them is descended and told, and samples that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli
from torch.func import functional_call

from metagen_gui.engine.data.spec import ImageSpec, PointSpec
from metagen_gui.engine.events import StepReport, ValidationReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.learning.meta_learner import MetaLearner
from metagen_gui.engine.learning.replayed_step import COMPARED, SEEN_BEFORE
from metagen_gui.engine.models.base import Circumstances, PlayerParams
from metagen_gui.engine.models.vae import Vae, VaeSettings
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.trained.export import export_adapted, export_initialization, load_export
from metagen_gui.testing.runs import outcome

SMALL = {"width": 6, "latent_size": 3, "context_size": 4, "channels": 4, "likelihood": "local", "local_width": 3}
IMAGES = ImageSpec((1, 8, 8))
Tiny = Callable[..., Experiment]


def build(**settings: object) -> tuple[Vae, PlayerParams, Tensor, dict[str, Tensor]]:
    """Return a VAE with every parameter off its start, binary images and noise, all in float64."""
    model, random = Vae(VaeSettings(**{**SMALL, **settings}), IMAGES), torch.Generator().manual_seed(0)
    fresh = model.initialize(random)["vae"]
    params = {n: v.double() + 0.2 * torch.randn(v.shape, generator=random).double() for n, v in fresh.items()}
    batch = (torch.rand(5, *IMAGES.shape, generator=random) < 0.3).double()
    return model, {"vae": params}, batch, {"z": model.noise(random, (), 5)["z"].double()}


def by_hand(model: Vae, params: PlayerParams, batch: Tensor, noise: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return −log p(x | z, c) `(examples,)` of every likelihood and the KL, by calling the networks themselves."""
    own, networks = params["vae"], model.networks

    def call(part: str, *given: Tensor) -> Any:
        values = {n.removeprefix(f"{part}."): v for n, v in own.items() if n.startswith(f"{part}.")}
        return functional_call(getattr(networks, part), values, given)

    mean, log_std = call("encoder", batch, own["context"]).chunk(2, dim=1)
    z = mean + log_std.exp() * noise["z"]
    features = functional_call(networks, own, ("decode", z))[0]
    plain = call("decoder", z, own["context"]).view(batch.shape)
    logits = {"independent": plain, "local": call("decoder_local", batch, features, plain)}
    found = {n: -Bernoulli(logits=each).log_prob(batch).flatten(1).sum(1) for n, each in logits.items()}
    return {**found, "kl": functional_call(networks, own, ("terms", batch, noise["z"]))[1].sum(1)}


@pytest.mark.parametrize("adapts_by", ["independent", "local", "both"])
def test_adaptation_descends_the_chosen_likelihood_and_the_outer_loss_has_both(adapts_by: str) -> None:
    model, params, batch, noise = build(adapts_by=adapts_by, beta=0.7, local_examples=2)
    terms = by_hand(model, params, batch, noise)
    kl = 0.25 * 0.7 * terms["kl"].mean()
    chosen = ("independent", "local") if adapts_by == "both" else (adapts_by,)
    inner = sum(terms[name].mean() for name in chosen) + kl
    torch.testing.assert_close(model.loss("vae", params, batch, noise, Circumstances(ramp=0.25)), inner)
    every, *_ = build(adapts_by=adapts_by, beta=0.7, local_examples=0)
    for of, training, local in (
        (model, True, terms["local"][:2]),
        (model, False, terms["local"]),
        (every, True, terms["local"]),
    ):
        outer = of.query_loss("vae", params, batch, noise, Circumstances(ramp=0.25, training=training))
        torch.testing.assert_close(outer, terms["independent"].mean() + local.mean() + kl)


def test_the_bound_that_is_told_is_by_the_local_likelihood_alone() -> None:
    model, params, batch, noise = build(beta=0.3)
    terms, details = by_hand(model, params, batch, noise), model.details(params, batch, noise)
    bound = terms["local"].mean() + terms["kl"].mean()
    torch.testing.assert_close(details["negative_elbo"], bound)
    torch.testing.assert_close(details["independent_misfit"], terms["independent"].mean())
    for loss in (model.loss("vae", params, batch, noise), model.query_loss("vae", params, batch, noise)):
        torch.testing.assert_close(model.comparable_loss(loss, details), bound)
    assert model.score_name == "negative_elbo" and model.reweighted is not None
    assert "local" in model.reweighted[1]


def test_one_draw_of_the_importance_weighted_bound_is_on_average_that_bound() -> None:
    model, params, batch, _ = build()
    noise = model.noise(torch.Generator().manual_seed(1), (1500, 1), 5)["z"].double()
    single = torch.func.vmap(lambda z: -model.log_likelihood(params, batch, {"z": z}).mean())(noise)
    bound = torch.func.vmap(lambda z: model.details(params, batch, {"z": z[0]})["negative_elbo"])(noise)
    apart = single - bound
    assert apart.std() > 0 and abs(apart.mean()) < 3 * apart.std() / len(noise) ** 0.5


def test_samples_are_drawn_by_the_latents_alone_and_follow_the_whole_network() -> None:
    model, params, _, _ = build()
    latents = model.latents(torch.Generator().manual_seed(1), 20).double()
    assert latents.shape == (20, 3 + 64) and latents[:, 3:].min() >= 0 and latents[:, 3:].max() < 1
    drawn = model.generate(params, latents)
    assert set(drawn.unique().tolist()) == {0.0, 1.0} and torch.equal(drawn, model.generate(params, latents))
    own = params["vae"]
    law = own["prior"] + (own["decoder_prior.weight"] @ own["context"]).view(2, -1)
    z = law[0] + law[1].exp() * latents[:, :3]
    features, plain = functional_call(model.networks, own, ("decode", z))
    values = {n.removeprefix("decoder_local."): v for n, v in own.items() if n.startswith("decoder_local.")}
    logits = functional_call(model.networks.decoder_local, values, (drawn, features, plain))
    assert torch.equal(drawn, (latents[:, 3:].view(drawn.shape) < torch.sigmoid(logits)).double())
    other = torch.cat([latents[:, :3], latents[:, 3:].flip(1)], 1)
    assert not torch.equal(drawn, model.generate(params, other)), "the same z gives other drawings"


@pytest.mark.parametrize("likelihood", ["independent", "local"])
def test_guidance_and_spread_change_samples_and_nothing_else(likelihood: str) -> None:
    plain, start, batch, noise = build(likelihood=likelihood)
    moved = {"vae": {**start["vae"], "context": start["vae"]["context"] + 1.0}}
    strong, *_ = build(likelihood=likelihood, guidance=1.6, latent_spread=0.5)
    assert plain.for_sampling(moved, start) is moved
    guided = strong.for_sampling(moved, start)["vae"]
    torch.testing.assert_close(guided["context"], start["vae"]["context"] + 1.6)
    assert all(guided[name] is value for name, value in moved["vae"].items() if name != "context")
    latents = plain.latents(torch.Generator().manual_seed(1), 6).double()
    halved = torch.cat([latents[:, :3] / 2, latents[:, 3:]], 1)
    torch.testing.assert_close(strong.generate(start, latents), plain.generate(start, halved))
    for what in (Vae.loss, Vae.query_loss):
        assert torch.equal(what(strong, "vae", moved, batch, noise), what(plain, "vae", moved, batch, noise))
    without, *_ = build(likelihood=likelihood, context_size=0, guidance=2.0)
    bare = without.initialize(torch.Generator())
    assert without.for_sampling(bare, start) is bare


def test_points_have_no_local_pixels() -> None:
    with pytest.raises(BadInput, match=r"model\.likelihood: a local likelihood is of pixels, and points have none"):
        Vae(VaeSettings(likelihood="local"), PointSpec())


# -- in a run ----------------------------------------------------------------------------------------------------------

LOCAL = {"model.likelihood": "local", "model.local_width": 3}


def test_steps_are_replayed_and_no_recording_is_lost_to_what_only_samples_depend_on(tiny: Tiny) -> None:
    values = {**LOCAL, "tasks.size": 16, "training.meta_steps": 30}
    played, computed = (
        MetaLearner(tiny("strokes", "vae", "maml", {**values, "training.replay": on})) for on in (True, False)
    )
    for guidance in (1.0, 1.6):
        for learner in (played, computed):
            learner.change("model.guidance", guidance)
        for _ in range(SEEN_BEFORE + COMPARED + 1):
            assert played.step() == computed.step()
    assert played.replayed.replaying and played.replayed.recorded == 1 and not played.replayed.news


def test_a_run_resumes_bit_for_bit_validates_by_the_bound_and_comes_back_from_an_export(
    tiny: Tiny, tmp_path: Path
) -> None:
    experiment = tiny(
        "strokes",
        "vae",
        "maml",
        {**LOCAL, "training.meta_steps": 4, "training.checkpoint_steps": 2, "training.replay": False},
    )
    events = list(meta_train(experiment, out=tmp_path / "whole", previews=False))
    run = meta_train(experiment, out=tmp_path / "left", previews=False)
    next(event for event in run if isinstance(event, StepReport) and event.meta_step == 2)
    run.close()
    list(resume_run(tmp_path / "left", previews=False))
    assert outcome(tmp_path / "left") == outcome(tmp_path / "whole")
    report = [event for event in events if isinstance(event, ValidationReport)][-1]
    assert {"negative_elbo/0", "negative_elbo/2", "independent_misfit/2"} <= set(report.details)
    loaded = load_export(export_initialization(tmp_path / "whole", tmp_path / "export").folder)
    assert set(loaded.sample(4).unique().tolist()) <= {0.0, 1.0}
    adapted = load_export(export_adapted(tmp_path / "whole", tmp_path / "adapted", task_index=0).folder)
    assert adapted.sample(2).shape == (2, 1, 16, 16)
