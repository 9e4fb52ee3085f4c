"""What adaptation goes through within an outer step: computed again beside it, from the same noise, in the same way.

Nothing in here changes what is learned. Whether it is what the outer step went through shows in the query losses at its
end, which are those of the step itself to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.adaptation.inner_loop import ORDER, InnerLoop, descend, gradient_field, limit
from metagen_gui.engine.adaptation.meta_params import is_own
from metagen_gui.engine.algorithms.base import Algorithm, Moment, facing, grade, of_player
from metagen_gui.engine.beneath_autograd.factoring import WritesIntoFactors
from metagen_gui.engine.beneath_autograd.kernels import quick
from metagen_gui.engine.learning.meta_learner import Drawn, MetaLearner
from metagen_gui.engine.learning.precision import computing_in
from metagen_gui.engine.learning.task_chunks import even
from metagen_gui.engine.models.base import Noise, Params, PlayerParams
from metagen_gui.engine.statistics import Values


@dataclass(frozen=True)
class PlayerStep:
    """What one player did in one inner step, for every task `(tasks,)`.

    `before` and `after` are its loss on the support around its own move, `slope` the length of its gradient and
    `limited` what of that is allowed, `moved` how far its parameters went. `entry` is the number that moved furthest:
    its name, and its value before, its rate, its slope and its value after, by task. `plain` says that all moved by
    rate times slope, to the last digit.
    """

    player: str
    before: Values
    after: Values
    slope: Values
    limited: Values
    moved: Values
    rate: Values
    entry: tuple[str, ...]
    entry_values: Values
    plain: Values


@dataclass(frozen=True)
class Trace:
    """The inner steps, and the losses by player after 0, 1, … of them `(tasks, steps + 1)`."""

    steps: tuple[tuple[PlayerStep, ...], ...]
    support: dict[str, Values]
    query: dict[str, Values]


@torch.no_grad()
def trace(learner: MetaLearner, drawn: Drawn) -> Trace:
    """Return what adaptation goes through in the outer step that is computed from `drawn`, not one of the warm-up."""
    noise, algorithm = drawn.noise, learner.algorithm
    assert noise is not None
    rates = algorithm.rates(learner.meta)

    def one_task(support: Tensor, query: Tensor, *noise: Noise) -> dict[str, Any]:
        adapting, opposing, grading, looking = noise
        meta, moment, model = learner.meta, drawn.moment, learner.model
        path = algorithm.training_path(meta, support, adapting, moment)
        outer = facing(model, moment, lambda: algorithm.training_path(meta, query, opposing, moment)[-1])
        seen = [
            {p: model.loss(p, at, support, of_player(looking, n), moment) for n, p in enumerate(model.players)}
            for at in path
        ]
        return {
            "steps": [
                dict(_players(algorithm, rates, place, around, support, adapting, moment))
                for place, around in enumerate(pairwise(path))
            ],
            "support": _by_player(seen),
            "query": _by_player([grade(model, params, query, grading, outer) for params in path]),
        }

    tasks = len(drawn.support)
    together = torch.func.vmap(one_task, chunk_size=even(tasks, learner.chunk) if learner.chunk else None)
    inputs = drawn.support, drawn.query, noise.support, noise.opponent, noise.query, noise.inner
    with computing_in(learner.training.precision, learner.device):
        try:
            with quick(learner.replayed.factored):
                found = together(*inputs)
        except WritesIntoFactors:
            found = together(*inputs)
    return _told(learner, found)


def _players(
    algorithm: Algorithm,
    rates: dict[str, Params],
    place: int,
    around: tuple[PlayerParams, PlayerParams],
    support: Tensor,
    noise: Noise,
    moment: Moment,
) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield what each player did in the step between the parameters `around` it, in the order of their turns."""
    model, (before, after) = algorithm.model, around
    loop = algorithm.inner_loop(before, moment, first_order=True)
    drawn = {name: value[place] for name, value in noise.items() if name == ORDER or not is_own(name)}
    turns = list(model.turns())
    for player in dict.fromkeys(turns):
        if any(value.numel() for value in (before[player][name] for name in loop.adapted[player])):
            at_turn = {name: value[turns.index(player)] for name, value in drawn.items()}
            seen = support[at_turn.pop(ORDER)] if ORDER in at_turn else support
            at_step = {
                name: rates[player][name][min(place, len(rates[player][name]) - 1)]
                for name in loop.adapted[player]
                if name in rates[player]
            }
            yield player, _move(loop, player, before, after[player], at_step, seen, at_turn)
        before = {**before, player: after[player]}


def _move(
    loop: InnerLoop, player: str, before: PlayerParams, after: Params, rates: Params, batch: Tensor, noise: Noise
) -> dict[str, Tensor]:
    """Return what a player's move from `before` to `after` is made of."""
    names, model, old = loop.adapted[player], loop.model, before[player]
    slopes = gradient_field(model, player, before, names, batch, noise, loop.circumstances)
    limited = limit(slopes, loop.clip) if loop.clip else slopes
    scales = {name: rates[name] if name in rates else old[name].new_zeros(()) for name in names}
    moved = descend(old, limited, scales)
    flat = [
        torch.cat([part[name].expand(old[name].shape).flatten() for name in names])
        for part in (old, scales, limited, after)
    ]
    way = flat[-1] - flat[0]
    furthest = way.abs().argmax()
    return {
        "before": model.loss(player, before, batch, noise, loop.circumstances),
        "after": model.loss(player, {**before, player: after}, batch, noise, loop.circumstances),
        "slope": _length(slopes),
        "limited": _length(limited),
        "moved": torch.linalg.vector_norm(way),
        "rate": torch.stack([flat[1].min(), flat[1].mean(), flat[1].max()]),
        "place": furthest,
        "entry": torch.stack([part.gather(0, furthest[None])[0] for part in flat]),
        "plain": torch.stack([(moved[name] == after[name]).all() for name in names]).all(),
    }


def _length(values: Params) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(torch.cat([value.flatten() for value in values.values()]))
    return length


def _by_player(losses: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {player: torch.stack([at[player] for at in losses]) for player in losses[0]}


def _told(learner: MetaLearner, found: dict[str, Any]) -> Trace:
    adapted = learner.algorithm.adapted(learner.algorithm.initialization(learner.meta))
    steps = []
    for players in found["steps"]:
        told = []
        for player, parts in players.items():
            places, entry = parts.pop("place").tolist(), parts.pop("entry")
            names = tuple(entry_name(learner.meta.model[player], adapted[player], place) for place in places)
            values = {name: as_numbers(value) for name, value in parts.items()}
            told.append(PlayerStep(player, entry=names, entry_values=as_numbers(entry), **values))
        steps.append(tuple(told))
    losses = {kind: {p: as_numbers(value) for p, value in found[kind].items()} for kind in ("support", "query")}
    return Trace(tuple(steps), losses["support"], losses["query"])


def entry_name(values: Params, names: tuple[str, ...], place: int) -> str:
    """Return the name and the indices of the number at `place` of the parameters `names`, one behind the other."""
    for name in names:
        if place < (count := values[name].numel()):
            where = torch.unravel_index(torch.tensor(place), values[name].shape)
            return f"{name}[{', '.join(str(int(index)) for index in where)}]" if where else name
        place -= count
    raise IndexError(place)


def as_numbers(values: Tensor) -> Values:
    """Return a tensor as an array of float64 of its own."""
    numbers: Values = values.detach().cpu().double().numpy().copy()
    return numbers
