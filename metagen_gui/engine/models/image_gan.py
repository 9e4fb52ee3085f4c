"""A generative adversarial network of images whose samples blend, and bend, what the support's images are made of.

The generator has a bank of codes, its context (`blending_generator.py`). Adaptation finds in it, by gradient, a code
for every image of the support: G's *inner* loss is how badly its codes draw what they stand for (generative latent
optimisation: Bojanowski et al. 2018). What is made of the adapted bank is judged on the query, in the outer losses
alone, so that no adversary is differentiated through adaptation:

    D:  mean softplus(D(g_i|S) − D(x_i|S)) + mean softplus(D(w_i|S) − D(x_i|S)) + R1
    G:  a · mean softplus(D(x_i|S) − D(g_i|S)) + e · energy(g, x) + r · misfit of the codes to the support

with the relativistic pairing of Jolicoeur-Martineau 2019. w are images mirrored or turned by a half, mostly of another
class then, in the same hand, so that D looks at the class, too; R1 is taken of every fourth image. The energy distance
sees pixels, coarse pixels, patches and D's features. A sketch is copied into a drawing's logits, so that samples of the
support, bent, are what an untrained G makes: training has to be better than that.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import functional_call

from metagen_gui.engine.data.spec import DataSpec
from metagen_gui.engine.health.remedies import put
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, PlayerParams, models
from metagen_gui.engine.networks.adversarial_losses import r1_penalty
from metagen_gui.engine.networks.blending_generator import BlendingGenerator, affine_fields
from metagen_gui.engine.networks.context_networks import initial_values
from metagen_gui.engine.networks.energy_distance import energy_distance, views, within
from metagen_gui.engine.networks.set_discriminator import SetDiscriminator
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.settings.config import Config, setting

SUPPORT = "support"
"""What `condition` adds to D's parameters: the images of the support."""
PARTS = {
    "codes": "context",
    "sketches": "sketch_context",
    "fields": "fields",
    "touch.weight": "head",
    "touch.bias": "head",
}
"""Groups of G's parameters by name; all others are of the group `generator`."""


OF_G = "G: a · mean softplus(D(x_i|S) − D(g_i|S)) + e · energy(g, x) + r · misfit of the codes to the support"


class ImageGanSettings(Config):
    """Settings of the generative adversarial network of images."""

    enters = {
        "adversary": {"symbol": "a", "formula": OF_G, "paper": "relativistic pairs: Jolicoeur-Martineau 2019"},
        "energy": {"symbol": "e", "formula": OF_G},
        "reconstruction": {"symbol": "r", "formula": OF_G, "paper": "codes by gradient: Bojanowski et al. 2018"},
        "penalty": {"symbol": "w", "formula": "D: … + w · ½ mean ‖∇_x D(x)‖²", "paper": "R1: Mescheder et al. 2018"},
    }
    bank: int = setting(5, "Codes of a task; a sample blends them. Best as many as there are shots.", low=1, high=64)
    code_size: int = setting(64, "Numbers of a code, which steer every layer.", low=1, high=1024, log=True)
    latent_size: int = setting(12, "Numbers that bend a sample (z).", low=1, high=512, log=True)
    mixing: float = setting(
        4.0, "How much a sample takes after one code: 0 blends all of them evenly.", low=0, high=100
    )
    channels: int = setting(32, "Channels of G's first convolutions.", low=4, high=512, log=True)
    judge_channels: int = setting(24, "Channels of D's first convolution.", low=2, high=512, log=True)
    adversary: float = setting(1.0, "Weight of D's verdict in the loss of G.", low=0, high=1000, log=True, live=True)
    energy: float = setting(
        2.0,
        "Weight of the energy distance between samples and query in the loss of G.",
        label="Energy distance",
        low=0,
        high=1000,
        log=True,
        live=True,
    )
    repulsion: float = setting(
        0.45,
        "How much samples are driven apart in it: one half is the distance itself; less suits a G with faults.",
        low=0,
        high=1,
        live=True,
        expert=True,
    )
    reconstruction: float = setting(
        20.0,
        "Weight of how well the codes draw the support, in the loss of G: nats per pixel.",
        low=0,
        high=10_000,
        log=True,
        live=True,
    )
    penalty: float = setting(
        0.5, "Weight of R1 in the loss of D.", label="Gradient penalty", low=0, high=1000, log=True, live=True
    )


@models.register("image_gan")
class ImageGan(GenerativeModel):
    """GAN of images: G blends and bends codes that adapt, D judges whether images belong to the support."""

    title = "GAN of images"
    summary = "A generator that blends and bends what it finds in the support, against a judge that sees the support."
    reference = "Goodfellow et al. 2014; Bojanowski et al. 2018; Jolicoeur-Martineau 2019"
    Settings = ImageGanSettings
    suggests = {
        "algorithm.inner_lr": 0.5,
        "algorithm.inner_clip": 10.0,
        "algorithm.adaptation_steps": 5,
        "training.outer_lr": 0.002,
    }
    players = ("discriminator", "generator")
    groups = ("context", "sketch_context", "fields", "head", "generator", "discriminator")
    group_rates = {
        "context": 0.3,
        "sketch_context": 50.0,
        "fields": 0.001,
        "head": 0.001,
        "generator": 0.001,
        "discriminator": 0.001,
    }
    adapts = {
        "context": ("context", "sketch_context"),
        "context and head": ("context", "sketch_context", "head"),
        "head": ("head",),
        "generator": ("context", "sketch_context", "fields", "head", "generator"),
        "everything": groups,
    }
    remedies = {"mode_collapse": partial(put, path="model.repulsion", label="Drive samples apart", value=0.5)}
    detail_names = ("energy", "misfit", "margin")
    score_name = "energy"

    def __init__(self, settings: ImageGanSettings, spec: DataSpec) -> None:
        super().__init__(settings, spec)
        s = settings
        self.normal_latents = s.latent_size + s.bank
        self.generator = BlendingGenerator(spec.shape, s.bank, s.code_size, s.channels, s.latent_size, s.mixing)
        self.discriminator = SetDiscriminator(spec.shape, s.judge_channels)

    @classmethod
    def objection_to(cls, spec: DataSpec) -> str:
        """Say why it cannot learn from other data."""
        if not spec.has_pixels:
            return f"it draws images, and {spec.kind} are none"
        if any(side % 4 or side < 8 for side in spec.shape[1:]):
            return "it doubles its maps twice, so height and width are to be multiples of 4, from 8 on"
        return ""

    def check(self, shots: int, query_size: int) -> None:
        """Raise `BadInput` for single examples: an energy distance compares pairs."""
        if query_size < 2:
            raise BadInput("training.query_size", f"{query_size} is too few: G is graded on pairs; 2 are needed")

    def initialize(self, generator: torch.Generator) -> PlayerParams:
        """Return fresh parameters: codes at 0, fields as affine maps, and corrections small, so that sketches show."""
        drawn = {
            "discriminator": initial_values(self.discriminator, generator),
            "generator": initial_values(self.generator, generator),
        }
        drawn["generator"]["fields"] = affine_fields(self.settings.latent_size, generator)
        for name in ("out.weight", "touch.weight"):
            drawn["generator"][name] = 0.1 * drawn["generator"][name]
        return drawn

    def group_of(self, player: str, name: str) -> str:
        """Return the group of a part of the generator, `head` being its last layer, or the player's name."""
        if name == SUPPORT:
            return SUPPORT  # which is no group of the model
        return PARTS.get(name, player) if player == "generator" else player

    @property
    def conditions(self) -> bool:
        """The support is kept to be judged by."""
        return True

    def condition(self, params: PlayerParams, support: Tensor) -> PlayerParams:
        """Add the support itself."""
        return {**params, "discriminator": {**params["discriminator"], SUPPORT: support}}

    def noise(self, generator: torch.Generator, lead: tuple[int, ...], examples: int) -> Noise:
        """Draw `latents` `(*lead, examples, latent + bank)`; say which codes stand for an example, how it is turned.

        Those are `whose` `(*lead, examples, bank)` and `turn` `(*lead, examples, 3)`, ones among zeros.
        """
        where, s = generator.device, self.settings
        latents = torch.randn(*lead, examples, s.latent_size + s.bank, generator=generator, device=where)
        turn = torch.randint(3, (*lead, examples, 1), generator=generator, device=where)
        whose = standing_for(examples, s.bank, latents).expand(*lead, examples, s.bank)
        return {"latents": latents, "whose": whose.clone(), "turn": (turn == torch.arange(3, device=where)).to(latents)}

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return, for G, how badly its codes draw the support in nats per example; D's loss with its penalty."""
        if player == "generator":
            return self._misfit(params, batch, noise["whose"])
        turned = torch.stack([batch.flip(2), batch.flip(3), batch.flip(2, 3)])
        wrong = torch.einsum("nt,tnchw->nchw", noise["turn"], turned)
        shown = torch.cat([batch, self._samples(params, noise["latents"]), wrong])
        real, fake, other = self.verdict(params, shown)[0].chunk(3)
        loss = F.softplus(fake - real).mean() + F.softplus(other - real).mean()
        if self.settings.penalty:
            flatness = r1_penalty(lambda images: self.verdict(params, images)[0], batch[::4])
            loss = loss + self.settings.penalty * flatness
        return loss

    def query_loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return D's own loss on the query; for G, D's verdict, the energy distance to the query, and the misfit."""
        if player == "discriminator":
            return self.loss(player, params, batch, noise, circumstances)
        s, samples = self.settings, self._samples(params, noise["latents"])
        verdict, features = self.verdict(params, torch.cat([batch, samples]))
        real, fake = verdict.chunk(2)
        of_data, of_samples = (features / features[: batch.shape[0]].std()).chunk(2)
        seen = [*zip(views(samples), views(batch), strict=True), (of_samples[None], of_data[None])]
        energy = torch.stack([energy_distance(a, b, s.repulsion) for a, b in seen]).sum()
        misfit = self._misfit_to_support(params, batch) / batch[0].numel()
        loss: Tensor = s.adversary * F.softplus(real - fake).mean() + s.energy * energy + s.reconstruction * misfit
        return loss

    def latents(self, generator: torch.Generator, count: int) -> Tensor:
        """Return standard normal latents `(count, latent + bank)`: how a sample is bent, and what it blends."""
        size = self.settings.latent_size + self.settings.bank
        return torch.randn(count, size, generator=generator, device=generator.device)

    def generate(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return one image per latent, of black and white pixels where the data has no others."""
        samples = self._samples(params, latents)
        return (samples > 0.5).to(samples.dtype) if self.spec.binary else samples

    def details(self, params: PlayerParams, batch: Tensor, noise: Noise) -> dict[str, Tensor]:
        """Return the energy distance in all views of the images, the misfit to the support, and D's mean margin."""
        samples = self._samples(params, noise["latents"])
        seen = zip(views(samples), views(batch), strict=True)
        energy = torch.stack([energy_distance(a, b) - within(b) for a, b in seen]).sum()
        verdict, _ = self.verdict(params, torch.cat([batch, samples]))
        real, fake = verdict.chunk(2)
        misfit = self._misfit_to_support(params, batch)
        return {"energy": energy, "misfit": misfit, "margin": real.mean() - fake.mean()}

    def _misfit(self, params: PlayerParams, examples: Tensor, whose: Tensor) -> Tensor:
        """Return the cross-entropy of `examples` by the codes that stand for them, summed over pixels."""
        logits = self._drawn(params)
        # softplus(l) − x l, summed, for every example and code
        apart = F.softplus(logits).flatten(1).sum(1) - examples.flatten(1) @ logits.flatten(1).T
        return (apart * whose).sum(1).div(whose.sum(1)).mean()

    def _misfit_to_support(self, params: PlayerParams, otherwise: Tensor) -> Tensor:
        """Return the misfit of the codes to the support, to `otherwise` where none was looked up."""
        support = params["discriminator"].get(SUPPORT, otherwise)
        return self._misfit(params, support, standing_for(support.shape[0], self.settings.bank, support))

    def _samples(self, params: PlayerParams, latents: Tensor) -> Tensor:
        """Return samples as they are learned by: with grey pixels, which have slopes."""
        return torch.sigmoid(self._drawn(params, latents))

    def _drawn(self, params: PlayerParams, latents: Tensor | None = None) -> Tensor:
        out: Tensor = functional_call(self.generator, params["generator"], (latents,))
        return out

    def verdict(self, params: PlayerParams, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return D's verdicts on `images` as of the support, or of themselves where there is none, and its features."""
        own = dict(params["discriminator"])
        among = own.pop(SUPPORT, images)
        verdict, features = functional_call(self.discriminator, own, (images, among))
        return verdict, features


def standing_for(examples: int, bank: int, like: Tensor) -> Tensor:
    """Return `(examples, bank)` with a one where a code stands for an example: each for one, and one for each."""
    example, code = torch.arange(examples, device=like.device)[:, None], torch.arange(bank, device=like.device)
    return (example % bank == code % max(1, examples)).to(like.dtype)
