"""What every task family promises, as `metagen_gui.testing` says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine.tasks.base import TaskFamily, task_families
from metagen_gui.testing import TASK_FAMILY_CHECKS


@pytest.mark.parametrize("check", TASK_FAMILY_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", task_families.names())
def test_it_is_kept(name: str, check: Callable[[TaskFamily], None], pictures: Path, tables: Path) -> None:
    plugin = task_families.get(name)
    given = {"path": str(pictures if plugin.reads_images else tables), "size": 16}
    settings = {key: value for key, value in given.items() if key in plugin.Settings.model_fields}
    check(plugin(plugin.Settings(**settings), 3))
