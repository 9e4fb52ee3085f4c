"""What a graph is: calls in order, whose numbers may follow from the lengths of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


class NotOneGraph(Exception):
    """What is computed for other lengths, or in other turns, differs in more than numbers."""


@dataclass(frozen=True)
class Free:
    """A number that follows from the length n of an axis: a + b n + c n² for `terms` (a, b, c), or one over that."""

    axis: str
    terms: tuple[float, float, float]
    inverse: bool = False
    whole: bool = True


@dataclass(frozen=True)
class Ref:
    """A tensor: the outcome of the call at `place`."""

    place: int


@dataclass(frozen=True)
class Filled:
    """A tensor that holds one number everywhere."""

    number: Any
    shape: tuple[Any, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Call:
    """An operation, an input or a constant, with what its outcome looks like; a number may be `Free`."""

    target: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[Any, ...] = ()
    dtype: torch.dtype | None = None


@dataclass(frozen=True)
class Graph:
    """Calls in order: inputs first. `shapes` of inputs and outputs name free axes in place of their lengths."""

    calls: tuple[Call, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, Ref]
