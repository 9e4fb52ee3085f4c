"""The record of how a run stands, and what a person says of it; read without torch, in an instant.

`state.json` belongs to the run and is written by nobody else; `about.json` holds the name and the note that a person
gave, and belongs to whoever looks at the library.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.names import ABOUT, STATE

MAX_BYTES = 2**20
MOST_SECONDS = 1e11
"""Three thousand years: every calendar has such dates."""
MOST_LETTERS = 10_000
"""Of a name or a note: what could not be read back is refused rather than lost."""

State = Literal["running", "stopped", "finished", "failed"]


class RunRecord(BaseModel):
    """How a run stands. `running` in a folder that nobody holds means that the program died."""

    # One wild number of somebody's making must not keep the list of all runs from being drawn.
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)
    version: int = 1
    state: State = "stopped"
    began: float = Field(0.0, ge=-MOST_SECONDS, le=MOST_SECONDS, description="Seconds since 1970.")
    meta_step: int = Field(0, ge=0, lt=2**63)
    meta_steps: int = Field(0, ge=0, lt=2**63)
    seconds: float = Field(0.0, ge=0, le=MOST_SECONDS)
    best: float | None = Field(None, description="The lowest validation score after adaptation.")
    best_step: int = Field(0, ge=0, lt=2**63)
    parent: str = Field("", description="FOLDER@STEP of the run it branched from.")
    problem: str = Field("", description="Why it failed.")
    diverged: bool = Field(False, description="Whether it failed because losses or gradients stayed non-finite.")


class About(BaseModel):
    """What a person says of a run."""

    model_config = ConfigDict(extra="ignore")
    name: str = ""
    note: str = ""


def read_record(folder: Path) -> RunRecord | None:
    """Return the record of a run folder, or None if there is none that can be read."""
    with suppress(OSError, ValidationError):
        return RunRecord.model_validate_json(read_file(folder / STATE, MAX_BYTES))
    return None


def write_record(folder: Path, record: RunRecord) -> None:
    """Write the record of a run folder; raise OSError if the disk does not take it."""
    write_atomically(folder / STATE, _as_json(record))


def read_about(folder: Path) -> About:
    """Return what a person said of a run; empty texts if nothing."""
    with suppress(OSError, ValidationError):
        return About.model_validate_json(read_file(folder / ABOUT, MAX_BYTES))
    return About()


def write_about(folder: Path, about: About) -> None:
    """Write what a person says of a run; raise `BadInput` if it is too long or the disk does not take it."""
    for what, text in about.model_dump().items():
        if len(text) > MOST_LETTERS:
            raise BadInput(what, f"has {len(text):,} letters; {MOST_LETTERS:,} are kept at most")
    try:
        write_atomically(folder / ABOUT, _as_json(about))
    except OSError as error:
        raise BadInput(str(folder), error.strerror or str(error)) from None


def _as_json(what: BaseModel) -> bytes:
    """Return a record as JSON. Names of files may hold what is no valid text, which no reader takes: it is escaped."""
    values = {
        name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for name, value in what.model_dump().items()
    }
    return json.dumps(values, indent=2, ensure_ascii=False).encode()
