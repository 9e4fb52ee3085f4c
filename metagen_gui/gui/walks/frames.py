"""A walk as contents to be drawn, and where on it a frame is, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from metagen_gui.gui.samples.cell_picture import Content
from metagen_gui.gui.samples.columns import SUPPORT, Column

if TYPE_CHECKING:
    from metagen_gui.engine.play.walks import Walk


def contents_of(walk: Walk) -> list[Content]:
    """Return what every frame shows: samples, over what is true of the task if it is one."""
    pictures = walk.pictures
    if len(walk.ends) > 1:  # between two tasks no example was given; how far points reach is that of both
        query = np.concatenate([end.query for end in walk.ends], axis=1)
        pictures = replace(pictures, support=pictures.support[:, :0], query=query)
    alone = [
        replace(
            pictures,
            steps=pictures.steps[place : place + 1],
            samples=pictures.samples[:, place : place + 1],
            curves=None if pictures.curves is None else pictures.curves[:, place : place + 1],
        )
        for place in range(len(pictures.steps))
    ]
    return [Content(each, 0, Column("samples", 0)) for each in alone]


def ends_of(walk: Walk) -> list[Content]:
    """Return the examples that the walk's tasks, one or two, were adapted to."""
    return [Content(end, 0, SUPPORT) for end in walk.ends]


def where_on(walk: Walk, frame: int) -> str:
    """Return where a frame is on its walk."""
    count = len(walk.pictures.steps)
    if walk.way.kind == "sampling":
        return _tr("sampling step {0} of {1}").format(walk.pictures.steps[frame], walk.pictures.steps[-1])
    share = round(100 * frame / (count if walk.closed else max(1, count - 1)))
    if walk.way.kind == "tasks":
        names = (task_name(walk.way.task, walk.ends[0].names[0]), task_name(walk.way.to, walk.ends[-1].names[0]))
        return _tr("{0} % of the way from {1} to {2}").format(share, *names)
    return _tr("{0} % of the way around the latents").format(share)


def task_name(task: int, name: str) -> str:
    """Return what a validation task is called: as in the adaptation view, counted from 1."""
    return _tr("Task {0} ({1})").format(task + 1, name)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Walks", text)
