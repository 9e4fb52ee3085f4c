from __future__ import annotations

import itertools

import pytest

from metagen_gui.gui.run.states import BUSY, ENABLED, NEXT, RunState, enabled, may_follow

ALL = list(RunState)
CAN = {
    RunState.LOADING: {"start", "step", "open_experiment", "open_recent"},
    RunState.IDLE: {"start", "step", "export", "new", "open", "save", "claims"},
    RunState.PREPARING: {"pause", "finish", "discard", "save", "claims"},
    RunState.RUNNING: {"pause", "finish", "discard", "sample_now", "save_now", "export", "save", "claims"},
    RunState.PAUSED: {"pause", "step", "finish", "discard", "sample_now", "save_now", "export", "save", "claims"},
    RunState.FINISHING: {"save", "claims"},
    RunState.DONE: {"start", "step", "discard", "export", "new", "open", "save", "claims"},
    RunState.FAILED: {"start", "step", "discard", "export", "new", "open", "save", "claims"},
}
GROUPS = {
    "new": {"new_experiment", "presets", "device", "open_lesson", "paste_lesson"},
    "open": {"open_experiment", "open_recent"},
    "save": {
        "save_experiment",
        "save_experiment_as",
        "add_to_queue",
        "copy_command",
        "save_lesson",
        "copy_lesson",
        "hide_controls",
        "show_controls",
        "explain",
        "pages",
    },
}


@pytest.mark.parametrize("state", ALL)
def test_the_table_says_what_can_be_done(state: RunState) -> None:
    expected = set().union(*(GROUPS.get(name, {name}) for name in CAN[state]))
    assert {command for command in ENABLED if enabled(command, state)} == expected


@pytest.mark.parametrize("state", ALL)
def test_a_command_that_is_not_listed_is_always_enabled(state: RunState) -> None:
    assert enabled("about", state)


def test_every_state_is_reached_and_left() -> None:
    assert set(NEXT) == set(ALL)
    assert all(NEXT[state] for state in ALL)
    assert set().union(*NEXT.values()) == set(ALL)


@pytest.mark.parametrize(("state", "following"), list(itertools.product(ALL, ALL)))
def test_a_run_cannot_begin_while_one_goes_on(state: RunState, following: RunState) -> None:
    if may_follow(state, following) and following is RunState.PREPARING and state is not RunState.PAUSED:
        assert state not in BUSY
    if state is RunState.FINISHING and may_follow(state, following):
        assert following not in BUSY
    assert not may_follow(state, state)


def test_start_and_finish_are_never_possible_together() -> None:
    assert not ENABLED["start"] & ENABLED["finish"]
    assert ENABLED["finish"] | {RunState.FINISHING} == BUSY
