"""JAX: `vmap` over tasks of `grad` through all steps, the whole meta-gradient compiled by `jit`, as its users write it.

The networks are written here once more, from the same formulas: parameters go by the names that torch gives them, so
that gradients can be compared. What goes in are JAX's own arrays, made before the clock starts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from contest.work import Batch, Gradients, NotApplicable, Work

if torch.get_num_threads() == 1:  # read when the first array is made; a step is then computed by one thread
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false " + os.environ.get("XLA_FLAGS", "")
    os.environ["NPROC"] = "1"

import jax
import jax.numpy as jnp
from jax import lax

Params = dict[str, jax.Array]
Loss = Callable[[Params, jax.Array, jax.Array], jax.Array]
"""From parameters, examples `(n, *shape)` and noise `(n, latent)` to a number."""


class Jax:
    """`jax.jit` of `jax.grad` of the mean over `jax.vmap`."""

    def __init__(self, work: Work) -> None:
        if len(work.modules) > 1:
            raise NotApplicable("written for one player")
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.work, ((self.player, module),) = work, work.modules.items()
        self.params = {name: jnp.asarray(value.detach().cpu().numpy()) for name, value in module.named_parameters()}
        loss = _loss_of(work)
        self.step = jax.jit(_reptile(loss, work) if work.algorithm == "reptile" else _maml(loss, work))

    def taken(self, batch: Batch) -> tuple[jax.Array, ...]:
        """Return a batch as JAX's arrays: support, query, and the noise of both, a step first."""
        adapting, grading = ({"z": torch.zeros(len(batch.support), 1, 1, 0), **part} for part in _parts(batch))
        drawn = batch.support, batch.query, adapting["z"][:, :, 0], grading["z"][:, 0]
        return tuple(jnp.asarray(value.cpu().numpy()) for value in drawn)

    def __call__(self, batch: tuple[jax.Array, ...]) -> Params:
        """Return the meta-gradient of a batch."""
        found: Params = jax.block_until_ready(self.step(self.params, *batch))
        return found

    def told(self, found: Params) -> Gradients:
        """Return gradients as torch's tensors."""
        return {self.player: {name: torch.from_dlpack(value) for name, value in found.items()}}


def _parts(batch: Batch) -> tuple[Any, Any]:
    return batch.noise.support, batch.noise.query


def _adapt(loss: Loss, work: Work, params: Params, support: jax.Array, noise: jax.Array) -> Params:
    for step in range(work.steps):
        gradients = jax.grad(loss)(params, support, noise[min(step, len(noise) - 1)])
        if not work.second_order:
            gradients = lax.stop_gradient(gradients)
        params = jax.tree.map(lambda value, gradient: value - work.rate * gradient, params, gradients)
    return params


def _maml(loss: Loss, work: Work) -> Callable[..., Params]:
    def of_task(params: Params, support: jax.Array, query: jax.Array, adapting: Any, grading: Any) -> jax.Array:
        return loss(_adapt(loss, work, params, support, adapting), query, grading)

    def outer(params: Params, *batch: jax.Array) -> jax.Array:
        return jax.vmap(of_task, in_axes=(None, 0, 0, 0, 0))(params, *batch).mean()

    return jax.grad(outer)


def _reptile(loss: Loss, work: Work) -> Callable[..., Params]:
    def moved(params: Params, support: jax.Array, query: jax.Array, adapting: Any, grading: Any) -> Params:
        return jax.tree.map(jnp.subtract, params, _adapt(loss, work, params, support, adapting))

    def step(params: Params, *batch: jax.Array) -> Params:
        found = jax.vmap(moved, in_axes=(None, 0, 0, 0, 0))(params, *batch)
        return jax.tree.map(lambda value: value.mean(0), found)

    return step


def _loss_of(work: Work) -> Loss:
    """Return the loss of a work's model: the VAE of independent pixels, by multilayer perceptrons, or the curve."""
    settings = work.settings
    if work.name == "curve" and settings.activation == "relu" and not settings.context_size:
        return _curve_loss(settings.depth)
    plain = work.name == "vae" and settings.network == "mlp" and settings.likelihood == "independent"
    if plain and settings.context_size and settings.activation == "silu":
        return _vae_loss(settings.depth, settings.beta)
    raise NotApplicable("this network is not written in JAX")


def _curve_loss(depth: int) -> Loss:
    def loss(params: Params, points: jax.Array, noise: jax.Array) -> jax.Array:
        hidden = points[:, :1]
        for layer in range(depth):
            hidden = jax.nn.relu(_linear(params, f"body.{layer}", hidden))
        return jnp.square(_linear(params, "head", hidden) - points[:, 1:]).mean()

    return loss


def _vae_loss(depth: int, beta: float) -> Loss:
    def perceptron(params: Params, name: str, hidden: jax.Array) -> jax.Array:
        for layer in range(depth):
            at = f"{name}.layers.{layer}"
            steered = _linear(params, f"{at}.linear", hidden) + params[f"{at}.steer.weight"] @ params["context"]
            centred = steered - steered.mean(-1, keepdims=True)
            scaled = centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-5)
            hidden = jax.nn.silu(scaled * params[f"{at}.norm.weight"] + params[f"{at}.norm.bias"])
        return _linear(params, f"{name}.out", hidden)

    def loss(params: Params, examples: jax.Array, noise: jax.Array) -> jax.Array:
        x = examples.reshape(len(examples), -1)
        mean, log_std = jnp.split(perceptron(params, "encoder", x), 2, axis=1)
        logits = perceptron(params, "decoder", mean + jnp.exp(log_std) * noise)
        misfit = (jax.nn.softplus(logits) - x * logits).sum(1)
        law = params["prior"] + (params["decoder_prior.weight"] @ params["context"]).reshape(2, -1)
        m, s = law[0], law[1]
        kl = s - log_std + 0.5 * (jnp.exp(2 * (log_std - s)) + ((mean - m) * jnp.exp(-s)) ** 2 - 1)
        return misfit.mean() + beta * kl.sum(1).mean()

    return loss


def _linear(params: Params, name: str, x: jax.Array) -> jax.Array:
    return x @ params[f"{name}.weight"].T + params[f"{name}.bias"]
