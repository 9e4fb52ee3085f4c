"""Small snapshots and reports for the tests of the plots and of the adaptation view."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from metagen_gui.engine.events import RatesReport, Snapshot, StepReport, ValidationReport
from metagen_gui.engine.learning.rates_report import report_rates


def image_snapshot(meta_step: int, tasks: int = 2, steps: int = 3, count: int = 4, shape=(1, 8, 8)) -> Snapshot:
    generator = np.random.default_rng([1, meta_step])
    given = np.random.default_rng(0)

    def draw(source: np.random.Generator, *lead: int) -> np.ndarray:
        return source.integers(0, 256, (*lead, *shape), dtype=np.uint8)

    return Snapshot(
        meta_step,
        tuple(f"alphabet/character{task:02}" for task in range(tasks)),
        tuple(range(steps)),
        support=draw(given, tasks, 5),
        query=draw(given, tasks, 4),
        samples=draw(generator, tasks, steps, count),
    )


def point_snapshot(meta_step: int, tasks: int = 2, steps: int = 3, field: bool = True) -> Snapshot:
    generator = np.random.default_rng([1, meta_step])
    given = np.random.default_rng(0)
    return Snapshot(
        meta_step,
        tuple(f"ring {task}" for task in range(tasks)),
        tuple(range(steps)),
        support=given.normal(size=(tasks, 20, 2)).astype(np.float32),
        query=given.normal(size=(tasks, 20, 2)).astype(np.float32),
        samples=generator.normal(size=(tasks, steps, 64, 2)).astype(np.float32),
        density=given.random((tasks, 12, 12)).astype(np.float32),
        field=generator.normal(size=(tasks, steps, 12, 12)).astype(np.float32) if field else None,
        extent=(-3.0, -3.0, 3.0, 3.0),
    )


def step_reports(losses, first: int = 1, player: str = "vae") -> list[StepReport]:
    return [StepReport(first + place, 0.0, {player: float(loss)}) for place, loss in enumerate(losses)]


def validation(meta_step: int, losses, player: str = "vae", support=None) -> ValidationReport:
    given = np.asarray(losses, dtype=np.float64)
    support = given - 1 if support is None else np.asarray(support, dtype=np.float64)
    return ValidationReport(meta_step, 0.0, {player: given}, {player: support}, tasks=4)


def curve_snapshot(meta_step: int, tasks: int = 2, steps: int = 3, truth: bool = True) -> Snapshot:
    """Waves of growing height; the curve of step 0 is flat, that of the last step is the true one."""
    given, x = np.random.default_rng(0), np.linspace(-5, 5, 41, dtype=np.float32)
    heights = np.arange(1, tasks + 1, dtype=np.float32)
    at = given.uniform(-5, 5, (2, tasks, 6))
    points = np.stack([at, heights[:, None] * np.sin(at)], axis=-1).astype(np.float32)
    true = heights[:, None] * np.sin(x)
    shares = np.linspace(0, 1, steps, dtype=np.float32)
    return Snapshot(
        meta_step,
        tuple(f"{height:.0f} sin(x)" for height in heights),
        tuple(range(steps)),
        support=points[0],
        query=points[1],
        samples=np.zeros((tasks, steps, 8, 2), dtype=np.float32),
        extent=(-5.0, -5.0, 5.0, 5.0),
        curve_x=x,
        curves=shares[None, :, None] * true[:, None] + np.float32(0.001 * meta_step),
        truth=true if truth else None,
    )


def rates_report(meta_step: int = 400, **layers: np.ndarray) -> RatesReport:
    """The report of learned rates `(steps, …)` by parameter, as the engine makes it; `__` stands for a dot."""
    learned = {name.replace("__", "."): torch.as_tensor(rates) for name, rates in layers.items()}
    report = report_rates(SimpleNamespace(learned_rates=lambda meta: {"model": learned}), {}, meta_step)
    assert report is not None
    return report
