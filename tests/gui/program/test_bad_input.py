from __future__ import annotations

import sys

import pytest

from metagen_gui.engine.settings.config import BadInput
from metagen_gui.gui.program.bad_input import bad_input


def test_wrong_input_is_caught() -> None:
    with pytest.raises(BadInput) as caught:
        try:
            raise BadInput("training.outer_lr", "must not be negative")
        except bad_input() as problem:
            raise problem from None
    assert caught.value.where == "training.outer_lr"
    assert bad_input() == (BadInput,)


def test_before_the_engine_is_there_nothing_else_is_mistaken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "metagen_gui.engine.settings.config")
    with pytest.raises(ImportError, match="no torch"):
        try:
            raise ImportError("no torch")
        except bad_input():
            pytest.fail("an import is no input")
