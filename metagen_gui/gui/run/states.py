"""The states of a run as the window sees it, the ways between them, and the one table of what is enabled when."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class RunState(Enum):
    """Where the window is. `LOADING` lasts until the engine is imported; the others belong to a run."""

    LOADING = "loading"
    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHING = "finishing"
    DONE = "done"
    FAILED = "failed"

    @property
    def busy(self) -> bool:
        """Whether a training thread is alive in this state."""
        return self in BUSY


BUSY = frozenset({RunState.PREPARING, RunState.RUNNING, RunState.PAUSED, RunState.FINISHING})
AT_REST = frozenset({RunState.IDLE, RunState.DONE, RunState.FAILED})
GOING = frozenset({RunState.PREPARING, RunState.RUNNING, RunState.PAUSED})

NEXT: Mapping[RunState, frozenset[RunState]] = MappingProxyType(
    {
        RunState.LOADING: frozenset({RunState.IDLE, RunState.FAILED}),
        RunState.IDLE: frozenset({RunState.PREPARING}),
        # A run that cannot start (bad input) goes back to IDLE; every other end passes through DONE or FAILED.
        RunState.PREPARING: frozenset(
            {RunState.RUNNING, RunState.PAUSED, RunState.FINISHING, RunState.IDLE, RunState.DONE, RunState.FAILED}
        ),
        RunState.RUNNING: frozenset(
            {RunState.PAUSED, RunState.FINISHING, RunState.IDLE, RunState.DONE, RunState.FAILED}
        ),
        RunState.PAUSED: frozenset(
            {
                RunState.PREPARING,
                RunState.RUNNING,
                RunState.FINISHING,
                RunState.IDLE,
                RunState.DONE,
                RunState.FAILED,
            }
        ),
        # To IDLE when the run is discarded.
        RunState.FINISHING: frozenset({RunState.DONE, RunState.FAILED, RunState.IDLE}),
        RunState.DONE: frozenset({RunState.PREPARING, RunState.IDLE}),
        # To LOADING when the engine could not be imported and is tried again.
        RunState.FAILED: frozenset({RunState.PREPARING, RunState.IDLE, RunState.LOADING}),
    }
)

ENABLED: Mapping[str, frozenset[RunState]] = MappingProxyType(
    {
        # Start is remembered while the engine loads.
        "start": AT_REST | {RunState.LOADING},
        "pause": GOING,
        "step": AT_REST | {RunState.LOADING, RunState.PAUSED},
        "sample_now": frozenset({RunState.RUNNING, RunState.PAUSED}),
        "save_now": frozenset({RunState.RUNNING, RunState.PAUSED}),
        "finish": GOING,
        "discard": GOING | {RunState.DONE, RunState.FAILED},
        "export": AT_REST | {RunState.RUNNING, RunState.PAUSED},
        "claims": frozenset(RunState) - {RunState.LOADING},
        "new_experiment": AT_REST,
        "open_experiment": AT_REST | {RunState.LOADING},
        "open_recent": AT_REST | {RunState.LOADING},
        "presets": AT_REST,
        "device": AT_REST,
        "save_experiment": frozenset(RunState) - {RunState.LOADING},
        "save_experiment_as": frozenset(RunState) - {RunState.LOADING},
        **dict.fromkeys(("open_lesson", "paste_lesson"), AT_REST),
        **dict.fromkeys(
            ("save_lesson", "copy_lesson", "hide_controls", "show_controls"), frozenset(RunState) - {RunState.LOADING}
        ),
        "add_to_queue": frozenset(RunState) - {RunState.LOADING},
        "copy_command": frozenset(RunState) - {RunState.LOADING},
        "explain": frozenset(RunState) - {RunState.LOADING},
        "pages": frozenset(RunState) - {RunState.LOADING},
    }
)
"""The states in which a command can be given, by its name; a command that is not listed can always be given."""


def enabled(command: str, state: RunState) -> bool:
    """Return whether `command` can be given in `state`."""
    return state in ENABLED.get(command, frozenset(RunState))


def may_follow(state: RunState, following: RunState) -> bool:
    """Return whether the window may go from `state` to `following`."""
    return following in NEXT[state]
