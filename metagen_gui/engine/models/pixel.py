"""An autoregressive network of masked convolutions (van den Oord et al. 2016) for tasks of few images (Reed 2018).

    −log p(x | S) = Σ_i −log p(x_i | x_<i, S),   each a Bernoulli law

How the support S reaches it is a setting. *Attention*: every place looks up features of the support's images (Reed et
al. 2018, section 3.2); what it finds is made of the support once, before adaptation. *Gradient*: a context vector c
steers every layer by FiLM and a coarse map (CAVIA: Zintgraf 2019), and adapts by steps down −log p(S). Or both. An
example that is learned from never looks at itself: the loss leaves copies of it out of what it sees. What grades is
told by examples that are not looked up, so nothing is left out there, and the likelihood is exact.

With `vary_shots` each query example of an outer step sees only the first n images of the support, n drawn from none to
all, so that one network serves any number of shots up to that of training, and well beyond in attention.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.models.base import (
    USUAL,
    Circumstances,
    GenerativeModel,
    Likelihood,
    LossKind,
    Noise,
    PlayerParams,
    models,
)
from metagen_gui.engine.networks.context_networks import initial_values
from metagen_gui.engine.networks.masked_convolutions import MaskedNetwork, from_blocks, into_blocks
from metagen_gui.engine.networks.support_attention import Attention, SupportEncoder
from metagen_gui.engine.settings.config import Config, setting

IMAGES, FEATURES = "support.images", "support.features"
"""What `condition` adds: the support, and per look what is looked up of it `(looks, shots, places, numbers)`."""


LAW = "−log p(x | S) = Σ_i −log p(x_i | x_{<i}, S)"


class PixelSettings(Config):
    """Settings of the autoregressive network."""

    enters = {
        "attention": {"symbol": "S", "formula": LAW, "paper": "Reed et al. 2018, section 3.2"},
        "context_size": {"symbol": "c", "formula": "p(x_i | x_{<i}, S, c)", "paper": "Zintgraf et al. 2019"},
        "layers": {"formula": LAW, "paper": "van den Oord et al. 2016"},
    }
    channels: int = setting(48, "Channels of every layer.", low=4, high=512, log=True)
    layers: int = setting(6, "Gated layers.", low=1, high=32)
    block: int = setting(
        2, "Pixels on a side of the blocks that are drawn one after the other; 1 is the slow classic.", low=1, high=4
    )
    attention: bool = setting(True, "Whether every place looks at the images of the support.")
    looks: int = setting(2, "How often it looks: layers with attention.", low=1, high=8, only_if={"attention": [True]})
    heads: int = setting(
        1, "Places that a layer attends to at once: heads of attention.", low=1, high=16, only_if={"attention": [True]}
    )
    vary_shots: bool = setting(
        True,
        "In training, whether queries see the first n support images only, n drawn from none to all.",
        only_if={"attention": [True]},
    )
    context_size: int = setting(
        64, "Numbers that tell tasks apart and adapt by gradient (the context); 0 leaves it out.", low=0, high=1024
    )
    units: int = setting(24, "Units that each pixel of a block is predicted by.", low=1, high=256, expert=True)


class _Networks(nn.Module):
    """All parameters in one module, so that their names begin with the name of their group."""

    def __init__(self, settings: PixelSettings, spec: DataSpec) -> None:
        super().__init__()
        s, (channels, height, width) = settings, spec.shape
        self.shape, self.side = spec.shape, s.block
        self.size = (-(-height // s.block), -(-width // s.block))
        block, size = channels * s.block**2, max(4, s.channels // (2 * s.heads))
        self.context = nn.Parameter(torch.zeros(s.context_size)) if s.context_size else None
        self.looks = s.looks if s.attention else 0
        if s.attention:
            self.encoder = SupportEncoder(block, self.size, s.channels, s.looks * 2 * s.heads * size)
        how = Attention(s.looks, s.heads, size) if s.attention else None
        self.network = MaskedNetwork(block, self.size, s.channels, s.layers, s.units, s.context_size, how)

    def forward(self, what: str, *given: Any) -> Any:
        """One entry for `functional_call`: the method to call."""
        return getattr(self, what)(*given)

    def features(self, images: Tensor) -> Tensor:
        """Return what is looked up of a support `(shots, *shape)`."""
        found: Tensor = self.encoder(into_blocks(images, self.side))
        return found.view(*found.shape[:2], self.looks, -1).permute(2, 0, 1, 3).contiguous()

    def logits(self, images: Tensor, features: Tensor | None, visible: Tensor | None) -> Tensor:
        """Return the logit of every pixel of `images` `(examples, *shape)`, given those before it."""
        steering = None if self.context is None else self.network.steering(self.context)
        logits = self.network(into_blocks(images, self.side), steering, features, visible)
        return from_blocks(logits, self.shape, self.side)

    def misfit(self, images: Tensor, features: Tensor | None, visible: Tensor | None) -> Tensor:
        """Return −log p of `images` `(examples, *shape)` as `(examples,)`."""
        logits = self.logits(images, features, visible)
        # cross-entropy, in a form whose derivatives are two quick operations; beyond 40, log(1 + eˣ) is x
        return (F.softplus(logits, threshold=40) - images * logits).flatten(1).sum(1)

    def drawn(self, uniforms: Tensor, features: Tensor | None) -> Tensor:
        """Return the images that `uniforms` `(examples, numbers)` draw."""
        steering = None if self.context is None else self.network.steering(self.context)
        blocks = into_blocks(uniforms.view(-1, *self.shape), self.side, beyond=1.0)
        drawn: Tensor = self.network.draw(blocks, steering, features)
        return from_blocks(drawn, self.shape, self.side)


@models.register("pixel")
class Pixel(GenerativeModel):
    """Masked convolutions that draw an image pixel by pixel, and look at the support while they do."""

    title = "Pixel by pixel"
    summary = "Masked convolutions with an exact likelihood; the support steers by attention, by a gradient, or both."
    reference = "van den Oord et al. 2016; Reed et al. 2018"
    Settings = PixelSettings
    suggests = {
        "algorithm.adaptation_steps": 2,
        "training.meta_batch_size": 4,
        "training.query_size": 6,
        "training.outer_lr": 0.002,
        "training.outer_clip": 50.0,
    }
    players = ("pixel",)
    groups = ("context", "head", "network", "encoder")
    group_rates = {"context": 1.0, "head": 0.01, "network": 0.01, "encoder": 0.01}
    adapts = {
        "context": ("context",),
        "context and head": ("context", "head"),
        "head": ("head",),
        "network": ("network", "head"),
        "everything": ("context", "head", "network", "encoder"),
    }
    loss_settings = ()
    loss_is = LossKind("−log p", "nats", "−log p of the query, exactly, summed over pixels.", bounds=True)
    likelihood = Likelihood(exact=True)

    def __init__(self, settings: PixelSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        self.networks = _Networks(settings, spec)

    @classmethod
    def objection_to(cls, spec: DataSpec) -> str:
        """Say why it cannot learn from other data."""
        return "" if spec.has_pixels else f"it draws pixel by pixel, and {spec.kind} have none"

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters; the context begins at 0, and every row and column of an image differently."""
        values = initial_values(self.networks, generator)
        for name, value in values.items():
            if name.endswith((".rows", ".columns")):
                values[name] = 0.3 * torch.randn(value.shape, generator=generator)
        return {"pixel": values}

    def group_of(self, player: str, name: str) -> str:
        """Return the first word of the name, or `head` for what predicts the pixels of a block from its features."""
        if name.startswith(("network.hidden", "network.inside", "network.out")):
            return "head"
        return name.split(".")[0]

    @property
    def conditions(self) -> bool:
        """Whether the support is looked at."""
        return bool(self.settings.attention)

    def condition(self, params: PlayerParams, support: Tensor) -> PlayerParams:
        """Add the support and its features to be looked up."""
        if not self.settings.attention:
            return params
        made = {IMAGES: support, FEATURES: self._call(params, "features", support)}
        return {"pixel": {**params["pixel"], **made}}

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw which share of the support each example sees in an outer step, `seen` `(*lead, examples)`."""
        if not (self.settings.attention and self.settings.vary_shots):
            return {}
        return {"seen": torch.rand((*lead, examples), generator=generator, device=generator.device)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return −log p in nats per example, each told without what equals it in the support."""
        own = params["pixel"]
        if IMAGES not in own:
            return self._misfit(params, batch, None).mean()
        same = (batch[:, None] == own[IMAGES][None]).flatten(2).all(2)
        return self._misfit(params, batch, ~same).mean()

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return −log p in nats per example, given the support, or in training the first of its images."""
        own, visible = params["pixel"], None
        if circumstances.training and "seen" in noise and IMAGES in own:
            shots = own[IMAGES].shape[0]
            number = torch.floor(noise["seen"] * (shots + 1))
            visible = torch.arange(shots, device=batch.device) < number[:, None]
        return self._misfit(params, batch, visible).mean()

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return uniform numbers `(count, pixels)`: a pixel is set where its own is below its probability."""
        return torch.rand(count, math.prod(self.spec.shape), generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return images of black and white pixels."""
        drawn: Tensor = self._call(params, "drawn", latents, params["pixel"].get(FEATURES))
        return drawn

    def log_likelihood(self, params: PlayerParams, batch: Tensor, noise: Noise) -> Tensor:
        """Return log p given all of the support; of grey pixels, minus a cross-entropy."""
        return -self._misfit(params, batch, None)

    def caveat(self, examples: Tensor) -> str:
        """Say that of grey pixels cross-entropy is no likelihood, and the least it can be: their entropy."""
        floor = float(torch.special.entr(torch.stack([examples, 1 - examples])).sum() / len(examples))
        return (
            f"{self.loss_is.title} of grey pixels is a cross-entropy, not a likelihood: on these images no model comes "
            f"below {floor:.0f} nats, and samples are black and white. Differences compare; the figure does not."
            if floor >= 1
            else ""
        )

    def _misfit(self, params: PlayerParams, batch: Tensor, visible: Tensor | None) -> Tensor:
        misfit: Tensor = self._call(params, "misfit", batch, params["pixel"].get(FEATURES), visible)
        return misfit

    def _call(self, params: PlayerParams, what: str, *given: Any) -> Any:
        own = {name: value for name, value in params["pixel"].items() if name not in (IMAGES, FEATURES)}
        return functional_call(self.networks, own, (what, *given))
