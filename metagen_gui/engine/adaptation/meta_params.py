"""What is meta-learned: the parameters of a model and, apart from them, what an algorithm learns beside them.

Optimizers, gradients and files take all tensors of a player alike. For them an algorithm's own have a mark before their
names, which is read here alone. So has the noise that adaptation draws besides the model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from metagen_gui.engine.models.base import Params, PlayerParams

MARK = "@"
Named = dict[str, Params]
"""Tensors of a model and of an algorithm by player and name, as `MetaParams` gives them: gradients, moments, files."""


@dataclass(frozen=True, eq=False)
class MetaParams(Mapping[str, Params]):
    """The `model`'s initialization under its own names, and the algorithm's `own` tensors (learned rates), by player.

    As a mapping it holds, by player, all of them together, the algorithm's own behind the others and marked by `@`.
    """

    model: PlayerParams
    own: PlayerParams = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let every player have tensors of the algorithm, if only none."""
        object.__setattr__(self, "own", {player: self.own.get(player, {}) for player in self.model})

    @classmethod
    def of(cls, named: Mapping[str, Params]) -> MetaParams:
        """Return what such a mapping holds, taken apart again."""
        model = {player: {n: v for n, v in values.items() if not is_own(n)} for player, values in named.items()}
        own = {
            player: {n.removeprefix(MARK): v for n, v in values.items() if is_own(n)}
            for player, values in named.items()
        }
        return cls(model, own)

    def __getitem__(self, player: str) -> Params:
        """Return all tensors of a player, in a dictionary of its own."""
        return {**self.model[player], **{MARK + name: value for name, value in self.own[player].items()}}

    def __iter__(self) -> Iterator[str]:
        """Yield the players, in the order of the model."""
        return iter(self.model)

    def __len__(self) -> int:
        """Return how many players there are."""
        return len(self.model)


def marked(own: Mapping[str, Params]) -> Named:
    """Return an algorithm's own tensors under their names among all."""
    return {player: {MARK + name: value for name, value in values.items()} for player, values in own.items()}


def is_own(name: str) -> bool:
    """Return whether a name among all tensors, or all noise, is that of an algorithm's own."""
    return name.startswith(MARK)
