"""Pictures of lines, dots, pixels and words: the same shapes as SVG, which stays sharp, and as pixels."""

from __future__ import annotations

import base64
import io
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Place = tuple[float, float]
Frame = npt.NDArray[np.uint8]
"""Pixels `(height, width, 3)`, red, green and blue."""
Anchor = Literal["start", "middle", "end"]
PAPER, INK, DIM, GRID = "#ffffff", "#1c2026", "#586170", "#dfe2e8"
SERIES = ("#0b66b0", "#c4500a", "#00805c", "#a83f86", "#6f5b00", "#5b4bb0")
"""After Okabe and Ito, deepened so that a thin line is seen on white."""
FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
    *("msyh.ttc", "PingFang.ttc", "Arial Unicode.ttf", "DejaVuSans.ttf", "arial.ttf"),
)
"""Of Linux, Windows and macOS, those with the most scripts first."""
FINER = 4
"""Lines and dots are drawn so many times larger and then made smaller: their edges are smooth."""


@dataclass(frozen=True)
class Line:
    """A line through places, with dashes or without."""

    through: Sequence[Place]
    colour: str = INK
    width: float = 1.5
    dashed: bool = False


@dataclass(frozen=True)
class Dots:
    """Round dots."""

    at: Sequence[Place]
    colour: str = INK
    radius: float = 1.6


@dataclass(frozen=True)
class Box:
    """An empty frame."""

    corner: Place
    size: Place
    colour: str = GRID


@dataclass(frozen=True)
class Pixels:
    """A picture, every pixel a square."""

    corner: Place
    size: Place
    values: Frame


@dataclass(frozen=True)
class Words:
    """One line of text; `at` is its middle in height."""

    at: Place
    text: str
    anchor: Anchor = "start"
    colour: str = DIM
    size: float = 12


Shape = Line | Dots | Box | Pixels | Words


@dataclass
class Drawing:
    """A picture of `shapes`; `title` says to those who do not see it what it shows."""

    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Put shapes over those that there are."""
        self.shapes.extend(shapes)

    def svg(self) -> str:
        """Return it as SVG."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" role="img"'
        size = f'width="{self.width:g}" height="{self.height:g}" font-family="system-ui, sans-serif"'
        parts = [f"{head} {size}>", f"<title>{escape(self.title)}</title>"]
        parts += [f'<rect width="100%" height="100%" fill="{PAPER}"/>', *map(_as_svg, self.shapes), "</svg>"]
        return "\n".join(parts) + "\n"

    def frame(self, scale: int = 2) -> Frame:
        """Return it as pixels, `scale` of them for one of SVG's."""
        fine = scale * FINER
        large = Image.new("RGB", (round(self.width * fine), round(self.height * fine)), PAPER)
        pen = ImageDraw.Draw(large)
        for shape in self.shapes:
            _draw(pen, shape, fine)
        picture = large.reduce(FINER)
        pen = ImageDraw.Draw(picture)
        for shape in self.shapes:
            if isinstance(shape, Pixels):
                size = round(shape.size[0] * scale), round(shape.size[1] * scale)
                given = Image.fromarray(shape.values).resize(size, Image.Resampling.NEAREST)
                picture.paste(given, (round(shape.corner[0] * scale), round(shape.corner[1] * scale)))
            elif isinstance(shape, Words):
                where = {"start": "lm", "middle": "mm", "end": "rm"}[shape.anchor]
                font, drawn = _font(shape.size * scale, shape.text)
                pen.text((shape.at[0] * scale, shape.at[1] * scale), drawn, shape.colour, font, where)
        return np.asarray(picture)

    def png(self, scale: int = 2) -> bytes:
        """Return it as PNG."""
        return as_png(self.frame(scale))


def _font(size: float, text: str) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, str]:
    """Return a font and what to write with it: names may be in any script, and Pillow's own font has Latin letters."""
    for name in () if text.isascii() else FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size), text
    return ImageFont.load_default(size), text.translate({ord("×"): "x", ord("−"): "-"})


def letters(text: str) -> int:
    """Return how many letters wide a text is: Chinese signs are as wide as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def as_png(pixels: Frame) -> bytes:
    """Return pixels as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _as_svg(shape: Shape) -> str:
    if isinstance(shape, Line):
        dashes = ' stroke-dasharray="6 4"' if shape.dashed else ""
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape.through)
        return (
            f'<polyline points="{points}" fill="none" stroke="{shape.colour}" stroke-width="{shape.width:g}"{dashes}/>'
        )
    if isinstance(shape, Dots):
        dots = "".join(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{shape.radius:g}"/>' for x, y in shape.at)
        return f'<g fill="{shape.colour}">{dots}</g>'
    if isinstance(shape, Words):
        where = f'x="{shape.at[0]:g}" y="{shape.at[1]:g}" dominant-baseline="central" text-anchor="{shape.anchor}"'
        return f'<text {where} font-size="{shape.size:g}" fill="{shape.colour}">{escape(shape.text)}</text>'
    (x, y), (width, height) = shape.corner, shape.size
    where = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    if isinstance(shape, Box):
        return f'<rect {where} fill="none" stroke="{shape.colour}"/>'
    data = base64.b64encode(as_png(shape.values)).decode()
    return f'<image {where} style="image-rendering: pixelated" href="data:image/png;base64,{data}"/>'


def _draw(pen: ImageDraw.ImageDraw, shape: Shape, fine: float) -> None:
    if isinstance(shape, Line):
        for part in _dashes(shape.through) if shape.dashed else [shape.through]:
            if len(part) > 1:
                places = [(x * fine, y * fine) for x, y in part]
                pen.line(places, shape.colour, round(shape.width * fine), joint="curve")
    elif isinstance(shape, Dots):
        for x, y in shape.at:
            pen.circle((x * fine, y * fine), shape.radius * fine, shape.colour)
    elif isinstance(shape, Box):
        (x, y), (width, height) = shape.corner, shape.size
        box = (x * fine, y * fine, (x + width) * fine, (y + height) * fine)
        pen.rectangle(box, outline=shape.colour, width=round(fine))


def _dashes(through: Sequence[Place], drawn: float = 6.0, left_out: float = 4.0) -> Iterable[Sequence[Place]]:
    """Yield the dashes of a line."""
    places = np.asarray(through, np.float64)
    ways = np.concatenate([[0.0], np.hypot(*np.diff(places, axis=0).T).cumsum()])
    for begin in np.arange(0.0, ways[-1], drawn + left_out):
        end = min(begin + drawn, ways[-1])
        inner = ways[(ways > begin) & (ways < end)]
        along = np.concatenate([[begin], inner, [end]])
        yield [(float(np.interp(at, ways, places[:, 0])), float(np.interp(at, ways, places[:, 1]))) for at in along]
