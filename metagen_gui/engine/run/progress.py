"""What a checkpoint says of how far its run had come, checked: somebody else may have written it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.checkpoint import Checkpoint

Count = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(ge=0, le=1e11)]


class _Progress(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    experiment: dict[str, Any] = {}
    chunk: Count = 0
    recompute: bool = False
    failures: Count = 0
    looked_at: Annotated[int, Field(ge=-1, lt=2**63)] = -1
    seconds: Seconds = 0.0
    best: float | None = None
    best_step: Count = 0
    sizes: dict[str, Count] = {}
    threads: Count = 0
    torch: str = ""
    health: dict[str, dict[str, Any]] = {}


def check_progress(checkpoint: Checkpoint) -> None:
    """Raise `BadInput` that names the first thing that no run would have written."""
    try:
        _Progress.model_validate(dict(checkpoint.progress))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"checkpoint of step {checkpoint.meta_step:,}", f"{where}: {first['msg']}") from None
