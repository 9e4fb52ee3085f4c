"""The numbers that may change while a run goes on, as a recorded step takes them: handed in, not written into it.

A recording is a list of operations with their constants. What a person may turn during a run must not be one of them,
or every turn would cost a recording; so while it is made the settings hold tensors in place of such numbers, and the
inner rates, each a product of two settings, are handed in as they are. A number that is 0 stays one, because much is
left out where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from metagen_gui.engine.algorithms.base import Algorithm
from metagen_gui.engine.settings.config import settings_of


class NotZero(Tensor):
    """A number that is known not to be 0, so that nobody has to look at it to find out."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # so results are plain

    def __bool__(self) -> bool:
        """Return True."""
        return True


@dataclass(frozen=True)
class LiveNumbers:
    """The settings of an algorithm and its model, by `section.name`: `every` one, and those that are handed in or not.

    Handed in are `settings` and the inner `rates` by group; what these are made of is not among the `fixed` ones.
    """

    every: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> tuple[float, ...]:
        """All that is handed in, in the order of its tensors."""
        return (*self.settings.values(), *self.rates.values())

    def tensors(self, like: Tensor) -> list[Tensor]:
        """Return what is handed in, of the type of `like` and where it lies: settings as scalars, rates as `(1,)`."""
        with torch.no_grad():
            scalars = [like.new_full((), value).as_subclass(NotZero) for value in self.settings.values()]
            return [*scalars, *(like.new_full((1,), value) for value in self.rates.values())]


def live_numbers(algorithm: Algorithm) -> LiveNumbers:
    """Return what an algorithm and its model are set to."""
    given: dict[str, float] = {}
    fixed: dict[str, Any] = {}
    for section, settings in (("algorithm", algorithm.settings), ("model", algorithm.model.settings)):
        live = {item.name for item in settings_of(type(settings)) if item.live and item.kind == "number"}
        for name, value in settings:
            handed_in = name in live and (value != 0 or name == "inner_lr")
            (given if handed_in else fixed)[f"{section}.{name}"] = value
    every = {**given, **fixed}
    del fixed["algorithm.group_rates"]
    return LiveNumbers(every, fixed, given, algorithm.fixed_rates())


@contextmanager
def handed_in(algorithm: Algorithm, numbers: LiveNumbers, tensors: Sequence[Tensor]) -> Iterator[None]:
    """Let an algorithm and its model read `tensors`, in the order of `LiveNumbers.tensors`, in place of their numbers.

    Whoever needs a number after all, to decide what to compute, asks a tensor for it, which no recording permits.
    """
    model = algorithm.model
    held = algorithm.settings, model.settings
    named = dict(zip(numbers.settings, tensors, strict=False))
    try:
        algorithm.settings = held[0].model_copy(update=_of(named, "algorithm."))
        model.settings = held[1].model_copy(update=_of(named, "model."))
        algorithm.rates_given = dict(zip(numbers.rates, tensors[len(named) :], strict=True))
        yield
    finally:
        (algorithm.settings, model.settings), algorithm.rates_given = held, None


def _of(named: Mapping[str, Tensor], section: str) -> dict[str, Tensor]:
    return {name.removeprefix(section): value for name, value in named.items() if name.startswith(section)}
