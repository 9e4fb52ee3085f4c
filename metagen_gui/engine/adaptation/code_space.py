"""Adaptation in a space of codes and then in that of the parameters (Rusu et al. 2019, section 2.3).

    z ← z − η ∘ ∇_z ℓ(θ + w(z)),   then   φ = θ + w(z),   φ ← φ − η_f ∘ ∇_φ ℓ(φ)

Every player who adapts has a code, `{player: {CODE: z}}`, from which the change w of its parameters is decoded. Both
phases are the same inner loop: players step in turns, each down its own loss with respect to its own numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.inner_loop import InnerLoop, Rates
from metagen_gui.engine.adaptation.latent_embedding import CODE, DECODER, Law, law_of_change, law_of_code
from metagen_gui.engine.adaptation.meta_params import MARK, is_own
from metagen_gui.engine.models.base import USUAL, Circumstances, GenerativeModel, Noise, Params, PlayerParams

DRAWN, DECODED = MARK + "code.", MARK + "decoded."


class Walk(NamedTuple):
    """A path of adaptation: the laws of the first codes, codes after 0, 1, … of their steps, parameters after all."""

    laws: dict[str, Law]
    codes: list[PlayerParams]
    params: list[PlayerParams]


@dataclass(frozen=True)
class CodeSpace:
    """How a model adapts by its codes for `code_steps` steps and then by `fine`, the inner loop of its parameters.

    `initialization` is θ. `networks` holds, by player, what `latent_embedding.py` makes, for players who have a code.
    `rates` are of the codes and of the parameters, by name. `condition` is the model's.
    """

    fine: InnerLoop
    initialization: PlayerParams
    networks: Mapping[str, Params]
    rates: Rates
    code_steps: int
    condition: Callable[[PlayerParams, Tensor], PlayerParams]

    def walk(self, batch: Tensor, noise: Noise, steps: int) -> Walk:
        """Return how `steps` steps adapt to `batch` `(shots, *shape)`; all are means where `noise` does not sample."""
        space = replace(self, initialization=self.condition(self.initialization, batch))
        laws = {player: law_of_code(networks, batch) for player, networks in self.networks.items()}
        start = {player: {CODE: law.at(noise.get(DRAWN + player))} for player, law in laws.items()}
        noise = {name: value for name, value in noise.items() if not name.startswith(DRAWN)}
        taken = min(steps, self.code_steps)
        loop = replace(self.fine, model=space, adapted=dict.fromkeys(laws, (CODE,)))
        codes = loop.trajectory(start, self.rates, batch, noise, taken)
        drawn = {name: value[:, 0] for name, value in noise.items() if name.startswith(DECODED)}
        path = [space.decode(code, {n: v[step] for n, v in drawn.items()}) for step, code in enumerate(codes)]
        rest = {name: value[taken:] for name, value in noise.items() if name not in drawn}
        return Walk(laws, codes, path[:-1] + self.fine.trajectory(path[-1], self.rates, batch, rest, steps - taken))

    def turns(self) -> tuple[str, ...]:
        """Return who steps, in order: as in the model."""
        return self.fine.model.turns()

    def loss(
        self, player: str, params: PlayerParams, batch: Tensor, noise: Noise, circumstances: Circumstances = USUAL
    ) -> Tensor:
        """Return the model's loss at what the codes `params` stand for."""
        own = {name: value for name, value in noise.items() if not is_own(name)}
        return self.fine.model.loss(player, self.decode(params, noise), batch, own, circumstances)

    def decode(self, codes: PlayerParams, noise: Noise) -> PlayerParams:
        """Return the parameters that `codes` stand for, sampled where there is noise `@decoded.PLAYER` `(numbers,)`."""
        params = dict(self.initialization)
        for player, networks in self.networks.items():
            start = {name: params[player][name] for name in self.fine.adapted[player]}
            change = law_of_change(networks[DECODER], codes[player][CODE]).at(noise.get(DECODED + player))
            parts = torch.split(change, [value.numel() for value in start.values()])
            moved = {n: value + part.view(value.shape) for (n, value), part in zip(start.items(), parts, strict=True)}
            params[player] = {**params[player], **moved}
        return params


def sampling_noise(
    generator: torch.Generator, lead: tuple[int, int, int], code: int, numbers: Mapping[str, int]
) -> Noise:
    """Draw what samples codes, `@code.PLAYER` `(tasks, code)`, and changes, `@decoded.PLAYER` `(*lead, numbers)`.

    `lead` is `(tasks, rows, turns)`, with a row for every step of the codes and one for their outcome.
    """
    noise: Noise = {}
    for player, count in numbers.items():
        for name, shape in ((DRAWN, (lead[0], code)), (DECODED, (*lead, count))):
            noise[name + player] = torch.randn(shape, generator=generator, device=generator.device)
    return noise


def modulation(
    model: GenerativeModel, params: PlayerParams, chosen: Mapping[str, tuple[str, ...]], adapts: str
) -> dict[str, tuple[str, ...]]:
    """Return, by player, the names of what a network says: by default contexts and priors, of players who have such.

    Otherwise it is `chosen`, which `adapts` names; parameters without numbers are left out.
    """

    def steers(player: str, name: str) -> bool:
        return adapts == "default" and model.group_of(player, name).endswith(("context", "prior"))

    said = {player: tuple(name for name, value in values.items() if value.numel()) for player, values in params.items()}
    return {
        player: tuple(name for name in names if steers(player, name))
        or tuple(name for name in chosen[player] if name in names)
        for player, names in said.items()
    }
