"""What every model promises: groups that cover its parameters, no state, losses that average, samples in range."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from metagen_gui.engine.algorithms.base import algorithms
from metagen_gui.engine.models.base import GenerativeModel, PlayerParams, adapted_groups
from metagen_gui.testing.algorithms import check_meta_gradient
from metagen_gui.testing.promises import check_words, global_state, must, must_be_same, must_equal, seeded

EXAMPLES = 4


def check_model(model: GenerativeModel) -> None:
    """Check a model, built small, for the kind of data it was built for; raise `AssertionError` on a broken promise."""
    check_words(type(model))
    for check in MODEL_CHECKS:
        check(model)


def groups_cover_the_parameters(model: GenerativeModel) -> None:
    """Every parameter belongs to a group, every group has some, and what may adapt are groups."""
    params = model.initialize(seeded())
    must_equal(tuple(params), model.players, "parameters come by player")
    found = {model.group_of(player, name) for player, values in params.items() for name in values}
    must_equal(found, set(model.groups), "every parameter belongs to a group, and every group has some")
    must_equal(set(model.group_rates), set(model.groups), "every group has a rate")
    for adapts, groups in model.adapts.items():
        must_equal(adapted_groups(type(model), adapts), groups, f"{adapts} names groups")
        must(set(groups) <= set(model.groups), f"{adapts} names groups of the model")
    must(set(model.turns()) == set(model.players), "every player has a turn")


def sizes_can_be_asked_without_memory(model: GenerativeModel) -> None:
    """On torch's `meta` device parameters take no memory, so that a file that lies about sizes is found out."""
    with torch.device("meta"):
        params = type(model)(model.settings, model.spec).initialize(torch.Generator("cpu"))
    must(all(value.is_meta for values in params.values() for value in values.values()), "parameters follow the device")


def nothing_is_kept_between_tasks(model: GenerativeModel) -> None:
    """The parameters handed around are all there are: no buffers, and a network's own values are never read."""
    model = type(model)(model.settings, model.spec)
    networks = [part for part in vars(model).values() if isinstance(part, nn.Module)]
    must(not any(True for network in networks for _ in network.buffers()), "no statistics that leak from task to task")
    params, batch = model.initialize(seeded()), _batch(model)
    noise, latents = model.noise(seeded(1), (), EXAMPLES), model.latents(seeded(1), 4)

    def outcome() -> dict[str, Tensor]:
        found = {player: model.loss(player, params, batch, noise).detach() for player in model.players}
        return {**found, "samples": model.generate(params, latents).detach()}

    before = outcome()
    with torch.no_grad():
        for network in networks:
            for value in network.parameters():
                value.fill_(torch.nan)
    must_be_same(outcome(), before, "a model is a function of the parameters it is handed")


def losses_are_means_over_examples(model: GenerativeModel) -> None:
    """A loss is a finite scalar; the same examples twice, with the same noise, have the same loss."""
    params, batch, noise = model.initialize(seeded()), _batch(model), model.noise(seeded(1), (3, 2), EXAMPLES)
    for name, value in noise.items():
        must_equal(value.shape[:3], (3, 2, EXAMPLES), f"the noise {name} begins with the axes asked for and examples")
    once = {name: value[0, 0] for name, value in noise.items()}
    twice = {name: torch.cat([value, value]) for name, value in once.items()}
    for player in model.players:
        loss = model.loss(player, params, batch, once)
        must(loss.shape == () and bool(loss.isfinite()), f"the loss of {player} is a finite scalar")
        doubled = model.loss(player, params, torch.cat([batch, batch]), twice)
        must(torch.allclose(doubled, loss, rtol=1e-4, atol=1e-5), f"the loss of {player} is a mean over examples")
    details = model.details(params, batch, once)
    must_equal(tuple(details), model.detail_names, "the details are those that are named")
    must(all(value.shape == () for value in details.values()), "details are scalars")


def samples_are_like_data(model: GenerativeModel) -> None:
    """One sample per latent, of the data's shape, in its range; fields and curves have a value per place."""
    params = model.initialize(seeded())
    samples = model.generate(params, model.latents(seeded(1), 7))
    must_equal(tuple(samples.shape), (7, *model.spec.shape), "one sample per latent, of the data's shape")
    must(bool(samples.isfinite().all()), "samples are finite")
    sampling = model.for_sampling(params, model.initialize(seeded(2)))
    shapes = [{p: {n: v.shape for n, v in named.items()} for p, named in one.items()} for one in (sampling, params)]
    must_equal(shapes[0], shapes[1], "what samples are made with are parameters of the model")
    if model.spec.bounds is not None:
        low, high = model.spec.bounds
        must(low <= float(samples.min()) and float(samples.max()) <= high, "samples lie in the range of the data")
    if model.spec.in_plane:
        places = torch.rand(9, 2, generator=seeded(2))
        for name, drawn in (("field", model.field(params, places)), ("curve", model.curve(params, places[:, 0]))):
            must(drawn is None or drawn.shape == (9,), f"a {name} has one value per place")


def samples_end_a_path(model: GenerativeModel) -> None:
    """Where samples are made by steps, the last state they go through is what is generated."""
    params, latents = model.initialize(seeded()), model.latents(seeded(1), 5)
    states, samples = model.path(params, latents), model.generate(params, latents)
    must(states is None or states.shape[1:] == samples.shape, "a path has a state of every sample at every step")
    must(states is None or torch.allclose(states[-1], samples, rtol=1e-4, atol=1e-5), "a path ends in the samples")


def latents_to_walk_along_are_standard_normal(model: GenerativeModel) -> None:
    """The columns of latents that are told to be standard normal are there, with that mean and that spread."""
    count, drawn = model.normal_latents, model.latents(seeded(1), 4000)
    must(0 <= count <= drawn.shape[1], "as many latents are standard normal as are told to be")
    if not count:
        return
    middle, spread = drawn[:, :count].mean(0).abs(), (drawn[:, :count].std(0) - 1).abs()
    must(bool((middle < 0.1).all() and (spread < 0.1).all()), "latents that are walked along are standard normal")


def likelihoods_are_of_single_examples(model: GenerativeModel) -> None:
    """A likelihood, or bound of it, is one finite number per example, whatever other examples stand beside it."""
    if model.likelihood is None:
        return
    params, batch, noise = model.initialize(seeded()), _batch(model), model.likelihood_noise(seeded(1), (), EXAMPLES)
    found, draws = model.log_likelihood(params, batch, noise), 0 if model.likelihood.exact else 1
    must(found.shape == (EXAMPLES,) and bool(found.isfinite().all()), "log p is a finite number per example")
    first = {name: value.narrow(draws, 0, 1) for name, value in noise.items()}
    alone = model.log_likelihood(params, batch[:1], first)
    must(torch.allclose(alone, found[:1], rtol=1e-4, atol=1e-5), "log p of an example does not depend on others")


def randomness_is_handed_in(model: GenerativeModel) -> None:
    """The same generator gives the same weights, noise and latents, and nothing draws from the global one."""
    before = global_state()

    def drawn() -> dict[str, object]:
        random = seeded(7)
        params = model.initialize(random)
        noise, latents = model.noise(random, (2,), EXAMPLES), model.latents(random, 5)
        once = {name: value[0] for name, value in noise.items()}
        losses = {player: model.loss(player, params, _batch(model), once).detach() for player in model.players}
        samples = {"samples": model.generate(params, latents).detach(), "latents": latents}
        return {**params, "noise": noise, "losses": losses, "drawn": samples}

    must_be_same(drawn(), drawn(), "the same generator gives the same")
    must(torch.equal(before, global_state()), "nothing draws from the global generator")


def tasks_may_be_computed_at_once(model: GenerativeModel) -> None:
    """Under `torch.func.vmap` every task, with weights of its own, gets the loss and the samples it gets alone."""
    random = seeded(3)
    both = [model.initialize(random) for _ in range(2)]
    stacked: PlayerParams = {
        player: {name: torch.stack([one[player][name] for one in both]) for name in values}
        for player, values in both[0].items()
    }
    batches = torch.stack([_batch(model, 1), _batch(model, 2)])
    noise, latents = model.noise(random, (2,), EXAMPLES), model.latents(random, 3)
    for player in model.players:

        def loss(params: PlayerParams, batch: Tensor, drawn: dict[str, Tensor], player: str = player) -> Tensor:
            return model.loss(player, params, batch, drawn)

        found = torch.func.vmap(loss)(stacked, batches, noise)
        for task, params in enumerate(both):
            alone = loss(params, batches[task], {name: value[task] for name, value in noise.items()})
            must(torch.allclose(found[task], alone, rtol=1e-4, atol=1e-5), f"the loss of {player} is the same at once")
    samples = torch.func.vmap(lambda params: model.generate(params, latents))(stacked)
    for task, params in enumerate(both):
        alone = model.generate(params, latents)
        must(torch.allclose(samples[task], alone, rtol=1e-4, atol=1e-5), "samples are the same at once")


def adaptation_can_be_differentiated(model: GenerativeModel) -> None:
    """Second derivatives through two adaptation steps agree with central differences, in float64."""
    maml = algorithms.get("maml")
    check_meta_gradient(maml(maml.Settings(inner_lr=0.05, adaptation_steps=2), model))


MODEL_CHECKS: tuple[Callable[[GenerativeModel], None], ...] = (
    groups_cover_the_parameters,
    sizes_can_be_asked_without_memory,
    nothing_is_kept_between_tasks,
    losses_are_means_over_examples,
    samples_are_like_data,
    samples_end_a_path,
    latents_to_walk_along_are_standard_normal,
    likelihoods_are_of_single_examples,
    randomness_is_handed_in,
    tasks_may_be_computed_at_once,
    adaptation_can_be_differentiated,
)
"""What `check_model` checks, one promise each."""


def _batch(model: GenerativeModel, seed: int = 1) -> Tensor:
    """Return examples in [0, 1], which data of every kind may be."""
    return torch.rand(EXAMPLES, *model.spec.shape, generator=seeded(seed))
