"""What other programs are given of a trained model, as pure functions: all that is random is an input.

    sampler      latents → samples
    encoder      examples → mean and logarithm of the standard deviation of their latents
    likelihood   examples, noise → log p of each, in nats
    adaptation   support, noise, latents → samples after 0, 1, … k steps

Inputs called `noise/…` are drawn as the model draws them; `examples` and `samples` are axes of any length.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from metagen_gui.engine.graphs.joining import Function, Lengths
from metagen_gui.engine.models.base import Noise, PlayerParams, side_by_side
from metagen_gui.engine.randomness import generator_for
from metagen_gui.engine.trained.loaded_model import LoadedModel

EXAMPLES, SAMPLES, NOISE = "examples", "samples", "noise/"


def sampler(model: LoadedModel, seed: int = 0) -> Function:
    """Return how samples `(samples, *shape)` are made of `latents` `(samples, size)`."""
    params = sampled_with(model)

    def example(lengths: Lengths) -> dict[str, Tensor]:
        return {"latents": latents_for(model, lengths[SAMPLES], seed)}

    def compute(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"samples": model.algorithm.model.generate(params, given["latents"])}

    return Function(compute, example, (SAMPLES,))


def encoder(model: LoadedModel) -> Function | None:
    """Return what `examples` `(examples, *shape)` are encoded as, or None for a model without an encoder."""
    params, plugin = model.parameters, model.algorithm.model

    def compute(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        found = plugin.encode(params, given["examples"])
        assert found is not None
        return {"mean": found[0], "log_std": found[1]}

    with torch.no_grad():
        if plugin.encode(params, examples_for(model, 2)) is None:
            return None
    return Function(compute, lambda lengths: {"examples": examples_for(model, lengths[EXAMPLES])}, (EXAMPLES,))


def likelihood(model: LoadedModel) -> Function | None:
    """Return log p of `examples` `(examples,)`, or None for a model that cannot tell it."""
    params, plugin = model.parameters, model.algorithm.model
    if plugin.likelihood is None:
        return None

    def example(lengths: Lengths) -> dict[str, Tensor]:
        noise = plugin.likelihood_noise(generator_for(0, "export", 2), (), lengths[EXAMPLES])
        return {"examples": examples_for(model, lengths[EXAMPLES]), **_named(noise)}

    def compute(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"log_likelihood": plugin.log_likelihood(params, given["examples"], _noise_of(given))}

    return Function(compute, example, (EXAMPLES,))


def adaptation(model: LoadedModel, steps: int, seed: int = 0, examples: int | None = None) -> Function:
    """Return how samples `(steps + 1, samples, *shape)` follow from `support` `(examples, *shape)` and `latents`.

    Whoever draws noise by the model's own generator gets what `LoadedModel.adapt` gives. With a number of `examples`
    it is for so many alone.
    """
    algorithm, start = model.algorithm, model.parameters

    def example(lengths: Lengths) -> dict[str, Tensor]:
        count = examples or lengths[EXAMPLES]
        support, noise = examples_for(model, count), adaptation_noise(model, steps, count, seed)
        return {"support": support, "latents": latents_for(model, lengths[SAMPLES], seed), **noise}

    def compute(given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        path = algorithm.trajectory(model.weights, given["support"], _noise_of(given), steps)
        states = [algorithm.model.for_sampling(params, start) for params in path]
        made: Tensor = torch.func.vmap(algorithm.model.generate, in_dims=(0, None))(
            side_by_side(states), given["latents"]
        )
        return {"samples": made}

    return Function(compute, example, (SAMPLES,) if examples else (EXAMPLES, SAMPLES))


def adaptation_noise(model: LoadedModel, steps: int, examples: int, seed: int = 0) -> dict[str, Tensor]:
    """Return the noise that `LoadedModel.adapt` draws for so many examples, as inputs of `adaptation`."""
    drawn = model.algorithm.adaptation_noise(generator_for(seed, "export", 1), 1, steps, examples)
    return _named({name: value[0] for name, value in drawn.items()})


def latents_for(model: LoadedModel, count: int, seed: int = 0) -> Tensor:
    """Return the latents `(count, size)` that `LoadedModel.sample` draws."""
    return model.algorithm.model.latents(generator_for(seed, "export", 0), count)


def examples_for(model: LoadedModel, count: int) -> Tensor:
    """Return numbers `(count, *shape)` in the range of the data, to compare with."""
    low, high = model.spec.bounds or (-1.0, 1.0)
    return low + (high - low) * torch.rand(count, *model.spec.shape, generator=generator_for(0, "export", 3))


def sampled_with(model: LoadedModel) -> PlayerParams:
    """Return the parameters that samples of this model are made with."""
    params = model.parameters
    return model.algorithm.model.for_sampling(params, params) if model.kind == "initialization" else params


def _named(noise: Noise) -> dict[str, Tensor]:
    return {NOISE + name: value for name, value in noise.items()}


def _noise_of(given: Mapping[str, Tensor]) -> Noise:
    return {name.removeprefix(NOISE): value for name, value in given.items() if name.startswith(NOISE)}


def normal_columns(model: LoadedModel) -> tuple[int, int]:
    """Return how many of the first columns of latents are standard normal, and how many there are; others are uniform.

    Uniform ones lie between 0 and 1, which so many draws of a normal number never do.
    """
    drawn = latents_for(model, 64)
    outside = ((drawn < 0) | (drawn > 1)).any(0).nonzero()
    return (int(outside[-1]) + 1 if len(outside) else 0), drawn.shape[1]


def latents_in_words(model: LoadedModel) -> str:
    """Return what latents are drawn from."""
    normal, size = normal_columns(model)
    if normal == size:
        return f"{size} standard normal numbers"
    uniform = f"{size - normal} numbers uniform between 0 and 1"
    return f"{normal} standard normal numbers, then {uniform}" if normal else uniform


def latents_in_code(model: LoadedModel, count: int) -> str:
    """Return what draws latents with NumPy, which is called `np`."""
    normal, size = normal_columns(model)
    parts = [f"np.random.standard_normal(({count}, {normal}))"] if normal else []
    parts += [f"np.random.random(({count}, {size - normal}))"] if size > normal else []
    return f"{parts[0]}.astype('f4')" if len(parts) == 1 else f"np.hstack([{', '.join(parts)}]).astype('f4')"
