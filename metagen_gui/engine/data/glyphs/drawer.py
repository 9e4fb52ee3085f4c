"""The hands that draw a character: twenty people asked to copy it, none of whom does it quite alike.

A hand rounds the corners, sets each stroke a little off, wavers along it, bends the whole, leans, and makes it larger
or smaller, here or there in the frame. The amounts were fitted to Omniglot at 28×28: mean ink, distances within and
between characters, and nearest-neighbour accuracy (`tests/engine/tasks/test_strokes_figures.py` holds them to it).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metagen_gui.engine.data.glyphs.alphabet import Glyph, lengths, resample
from metagen_gui.engine.data.glyphs.rasterize import rasterize

HANDS = 20
"""Drawings made at a time, one by each hand; as many as Omniglot has of a character."""
SHARE = 0.62
"""The longer side of a character in parts of the frame's side, on average."""

Floats = npt.NDArray[np.float64]
Owners = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Style:
    """How drawings look: `size` of the frame in pixels, `pen` width in pixels at 28×28, `variation` between hands."""

    size: int = 28
    pen: float = 1.45
    variation: float = 1.0


def draw(glyph: Glyph, share: float, style: Style, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return `HANDS` drawings `(HANDS, size, size)` of a glyph that fills about `share` of the frame; ink 255 on 0."""
    strokes = [resample(stroke, 1 / (SHARE * style.size)) for stroke in glyph]
    owner = np.repeat(np.arange(len(strokes)), [len(stroke) for stroke in strokes])
    travelled = np.concatenate([lengths(stroke) for stroke in strokes])
    v = style.variation

    points = _round_corners(np.concatenate(strokes), owner, travelled, v, rng)
    points = _set_strokes_off(points, owner, v, rng)
    points = points + v * _waver(owner, travelled, rng)
    points = points + v * _bend(points, rng)
    points = points @ _lean(v, rng)
    points = _place(points, share, v, rng) * style.size

    pens = style.pen * style.size / 28 * np.exp(rng.normal(0, 0.083 * v, HANDS))
    joined = owner[1:] == owner[:-1]
    return rasterize(points.astype(np.float32), joined, pens.astype(np.float32), style.size)


def _round_corners(base: Floats, owner: Owners, travelled: Floats, v: float, rng: np.random.Generator) -> Floats:
    """Return `(HANDS, points, 2)`: each hand moves the points towards the mean of their neighbours on the stroke."""
    near = np.exp(-0.5 * ((travelled[:, None] - travelled) / 0.05) ** 2) * (owner[:, None] == owner)
    rounded = near @ base / near.sum(1, keepdims=True)
    haste = np.maximum(0.75 + rng.uniform(-0.57, 0.57, (HANDS, 1, 1)) * v, 0)
    moved: Floats = base + haste * (rounded - base)
    return moved


def _set_strokes_off(points: Floats, owner: Owners, v: float, rng: np.random.Generator) -> Floats:
    """Turn, stretch and shift each stroke of `points` `(HANDS, points, 2)` about its own centre."""
    strokes = int(owner[-1]) + 1
    centres = np.stack([points[:, owner == stroke].mean(1) for stroke in range(strokes)], axis=1)
    turn = rng.normal(0, 0.094 * v, (HANDS, strokes))
    stretch = np.exp(rng.normal(0, 0.094 * v, (HANDS, strokes, 2)))
    shift = rng.normal(0, 0.031 * v, (HANDS, strokes, 2))
    about = (points - centres[:, owner]) * stretch[:, owner]
    cos, sin = np.cos(turn)[:, owner], np.sin(turn)[:, owner]
    turned = np.stack([cos * about[..., 0] - sin * about[..., 1], sin * about[..., 0] + cos * about[..., 1]], axis=-1)
    return turned + (centres + shift)[:, owner]


def _waver(owner: Owners, travelled: Floats, rng: np.random.Generator) -> Floats:
    """Return slow displacements `(HANDS, points, 2)` along each stroke."""
    shape = (HANDS, int(owner[-1]) + 1, 3, 2)
    cycles = rng.uniform(0.3, 1.6, shape)
    height = rng.normal(0, 0.0125, shape) / np.sqrt(cycles)
    phase = rng.uniform(0, 2 * np.pi, shape)
    angle = 2 * np.pi * cycles[:, owner] * travelled[:, None, None] + phase[:, owner]
    wavering: Floats = (height[:, owner] * np.sin(angle)).sum(2)
    return wavering


def _bend(points: Floats, rng: np.random.Generator) -> Floats:
    """Return a smooth displacement field of the whole glyph at `points` `(HANDS, points, 2)`."""
    waves = 3
    direction = rng.normal(0, 2.2, (HANDS, 2, waves))
    height = rng.normal(0, 0.055, (HANDS, waves, 2))
    phase = rng.uniform(0, 2 * np.pi, (HANDS, 1, waves))
    field: Floats = np.sin(points @ direction + phase) @ height
    return field


def _lean(v: float, rng: np.random.Generator) -> Floats:
    """Return a matrix `(HANDS, 2, 2)` per hand that turns (about 6°), shears and stretches rows of x, y."""
    turn, shear, aspect = (rng.normal(0, amount * v, HANDS) for amount in (0.109, 0.135, 0.104))
    cos, sin, wide, none = np.cos(turn), np.sin(turn), np.exp(aspect), np.zeros(HANDS)
    shape = np.array([[wide, none], [shear, 1 / wide]]).transpose(2, 0, 1)
    rotation = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)
    leaning: Floats = shape @ rotation
    return leaning


def _place(points: Floats, share: float, v: float, rng: np.random.Generator) -> Floats:
    """Scale and move the glyphs `(HANDS, points, 2)` into the frame from 0 to 1; they stay clear of its edge."""
    low, high = points.min(1, keepdims=True), points.max(1, keepdims=True)
    longer = np.maximum((high - low).max(-1, keepdims=True), 1e-6)
    side = np.clip(share * np.exp(rng.normal(0, 0.125 * v, (HANDS, 1, 1))), 0.3, 0.84)
    room = np.maximum(0.47 - (high - low) / longer * side / 2, 0)
    shift = np.clip(rng.normal(0, 0.054 * v, (HANDS, 1, 2)), -room, room)
    placed: Floats = (points - (low + high) / 2) * (side / longer) + shift + 0.5
    return placed
