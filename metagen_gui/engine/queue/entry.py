"""One run in the line: a folder that holds its experiment, how it stands, and what its process has said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from metagen_gui.engine.files import read_file, write_atomically
from metagen_gui.engine.settings.bad_input import BadInput
from metagen_gui.engine.store.metrics_file import last_step
from metagen_gui.engine.store.names import METRICS
from metagen_gui.engine.store.record import read_record

ENTRY, SAID = "entry.json", "said.txt"
MAX_BYTES, MAX_PATH, MAX_NAME = 2**20, 4095, 255

State = Literal["waiting", "running", "paused", "done", "failed"]


class Entry(BaseModel):
    """How one run of the line stands, as `entry.json` keeps it; changed only by whoever holds the line."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
    folder: Path = Field(exclude=True)
    version: int = 1
    state: State = "waiting"
    place: float = Field(0.0, description="The line is in the order of these.")
    name: str = ""
    tasks: str = ""
    model: str = ""
    algorithm: str = ""
    meta_steps: int = 0
    added: float = Field(0.0, description="Seconds since 1970.")
    run: str = Field("", description="The folder of the run, from when it is first begun.")
    pausing: bool = Field(False, description="Its process is asked to save and end.")
    enough: bool = Field(False, description="It is over when its process has ended, however far its run has come.")
    retried: int = Field(0, description="How often it was put back after it had failed.")
    problem: str = Field("", description="Why it failed.")
    claim: str = Field("", description="The word that the process which was started last was given.")
    claimed: float = 0.0
    process: int = Field(0, ge=0, lt=2**31)
    deaths: int = Field(0, description="Processes in a row that ended without a word and without getting further.")
    reached: int = Field(-1, description="The newest checkpoint when the last of them had ended.")
    device: str = ""
    needs: int = Field(0, description="Bytes that a step is predicted to need; 0 where that is little.")
    room: int = Field(0, description="Bytes that it and those beside it may need, once it had to stand back.")
    owner: str = Field("", description="The folder of what put it there, as a test of claims, and takes it out again.")
    leaving: bool = Field(False, description="It is out of the line as soon as its process has ended.")
    previews: bool = Field(True, description="Whether snapshots are taken on the way.")
    shuffled: bool = Field(False, description="Whether it learns from shuffled classes, as a null.")
    watched: bool = Field(False, description="Whether what validation finds is noted task by task, for its owner.")
    budget: float = Field(0.0, ge=0, description="Seconds of training after which a watched one ends; 0: by its steps.")
    together: bool = Field(False, description="Whether it goes on as soon as another of its owner's does.")
    threads: int = Field(0, ge=0, le=1024, description="That it computes with; 0: as many as its worker says.")
    ticket: str = Field("", description="The word by which another machine, which has sent it, knows it.")

    @field_validator("run", "owner")
    @classmethod
    def _can_be_asked_for(cls, folder: str) -> str:
        """Refuse what no system takes for a path: one entry of somebody's making must not keep all others waiting."""
        path = os.fsencode(folder)
        if b"\0" in path or len(path) > MAX_PATH or any(len(name) > MAX_NAME for name in path.split(b"/")):
            raise ValueError("no path")
        return folder

    @property
    def id(self) -> str:
        """What a person calls it by."""
        return self.folder.name

    @property
    def over(self) -> bool:
        """Whether nothing of it is left to be done, unless a person says so."""
        return self.state in ("done", "failed")

    @property
    def meta_step(self) -> int:
        """How far its run has come, read from the run's folder."""
        if not self.run:
            return 0
        record = read_record(Path(self.run))
        return max(record.meta_step if record else 0, last_step(Path(self.run) / METRICS))

    @property
    def said(self) -> Path:
        """The file of what its processes have printed."""
        return self.folder / SAID


def read_entry(folder: Path) -> Entry:
    """Return the entry in `folder`; of one whose file is damaged that, and what it is to run. Raise `BadInput`."""
    try:
        written = json.loads(read_file(folder / ENTRY, MAX_BYTES))
        return Entry.model_validate({**written, "folder": folder})
    except FileNotFoundError:
        raise BadInput(folder.name, "is not in the line") from None
    except OSError as error:
        return Entry(folder=folder, state="failed", problem=f"{ENTRY}: {error.strerror or error}")
    except (ValueError, TypeError, RecursionError):
        return Entry(folder=folder, state="failed", problem=f"{ENTRY} is damaged; it can be begun anew")


def write_entry(entry: Entry) -> None:
    """Write an entry; raise `BadInput` if the disk does not take it."""
    try:
        write_atomically(entry.folder / ENTRY, json.dumps(entry.model_dump(), indent=1).encode())  # any text: escaped
    except OSError as error:
        raise BadInput(str(entry.folder), error.strerror or str(error)) from None
