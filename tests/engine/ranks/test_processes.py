"""One and several processes at the same tasks: the same losses but for rounding, and to the bit for equally many.

The cell is curves of sinusoids by MAML, in float32. By the order of sums alone its losses differ by 2e-7 over a hundred
steps; where an inner Adam divides by small moments, as Reptile's does, the same takes them 3e-6 apart.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from metagen_gui.engine.events import Notice, StepReport
from metagen_gui.engine.experiment import Experiment
from metagen_gui.engine.run.commands import Commands
from metagen_gui.engine.run.outer_loop import meta_train, resume_run
from metagen_gui.engine.store.checkpoint import load_checkpoint
from tests.engine.cells import EVERY
from tests.engine.small_runs import rows

pytestmark = pytest.mark.usefixtures("time_limit")
STEPS, HALF = (100, 50) if EVERY else (20, 10)
COUNTS = (2, 4) if EVERY else (2,)
"""That more than two share tasks alike is proven in threads as well, which meet and add up as processes do."""


def numbers(folder: Path) -> list[float]:
    return [float(value) for row in rows(folder)[1:] for value in row if value]


def test_one_and_several_agree_and_go_on_from_each_other(tiny: Callable[..., Experiment], tmp_path: Path) -> None:
    values = {"training.meta_batch_size": 8, "training.meta_steps": STEPS, "training.validate_every": HALF}
    one, two, moved = (tmp_path / name for name in ("1", "2", "moved"))
    for count in (1, *COUNTS):
        experiment, folder = tiny(values={**values, "training.processes": count}), tmp_path / str(count)
        assert [*meta_train(experiment, out=folder, previews=False)]
        assert load_checkpoint(folder / "checkpoints").progress.processes == count
        assert numbers(folder) == pytest.approx(numbers(one), rel=1e-6, abs=1e-9)

    commands = Commands()
    experiment = tiny(values={**values, "training.processes": 2})
    for event in meta_train(experiment, out=moved, commands=commands, previews=False):
        if isinstance(event, StepReport) and event.meta_step == HALF:
            commands.finish()
    until = len(rows(moved))
    assert rows(moved) == rows(two)[:until]
    assert until > HALF
    said = [event.text for event in resume_run(moved, processes=1, previews=False) if isinstance(event, Notice)]
    assert "Processes from here on: 1, and not 2 as before: the last digits may differ." in said
    assert rows(moved)[:until] == rows(two)[:until]
    assert numbers(moved) == pytest.approx(numbers(one), rel=1e-6, abs=1e-9)
    assert load_checkpoint(moved / "checkpoints").progress.processes == 1
