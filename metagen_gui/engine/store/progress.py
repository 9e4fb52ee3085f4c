"""How far a run had come, as its checkpoint holds it beside the weights: written and read here alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from metagen_gui.engine.settings.bad_input import BadInput

Count = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]


@dataclass(frozen=True)
class Progress:
    """All that a resumed run needs besides weights and moments; the first checkpoints lack some of it."""

    experiment: dict[str, Any] | None = None
    """The settings as they were changed on the way; None in a checkpoint that is only good for what was learned."""
    chunk: Count | None = None
    """Tasks computed at a time, on which the last digits depend."""
    recompute: Annotated[bool, Field(strict=True)] | None = None
    failures: Count = 0
    """Steps in a row, up to here, that were not finite."""
    looked_at: Annotated[int, Field(strict=True, ge=-1, lt=2**63)] = -1
    """The step of the last validation."""
    health: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: Annotated[Finite, Field(ge=0, le=1e11)] = 0.0
    best: Finite | None = None
    best_step: Count = 0
    sizes: dict[str, Count] | None = None
    """How much had been written of the files that grow, in bytes."""
    digests: dict[str, str] | None = None
    """SHA-256 of that much of them, and of the experiment as the run began."""
    data: str = ""
    """The digest of what the run keeps of its data; empty where it keeps nothing."""
    threads: Count = 0
    processes: Annotated[int, Field(strict=True, ge=1)] = 1
    """How many shared its outer steps, on which the last digits depend."""
    torch: str = ""
    device: str = ""

    def written(self) -> dict[str, Any]:
        """Return what a manifest holds: nothing of what is not known."""
        return {name: value for name, value in asdict(self).items() if value is not None or name == "best"}

    @classmethod
    def read(cls, written: Mapping[str, Any], where: str) -> Progress:
        """Return what a manifest holds; raise `BadInput` that names the first thing that no run would have written."""
        try:
            return _READ.validate_python(dict(written))
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


_READ = TypeAdapter(Progress)
