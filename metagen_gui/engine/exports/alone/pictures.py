"""Pictures, from files to numbers and back, by the rules that the run read its own by; needs Pillow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from metagen_gui.engine.settings.bad_input import BadInput

ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"}
MOST_PIXELS, MOST_PICTURES = 25_000_000, 10_000


@dataclass
class Pictures:
    """Pictures `(channels, height, width)` with values in [0, 1]."""

    channels: int
    height: int
    width: int
    inverted: bool | None
    """Whether black and white are exchanged, so that ink is 1; None: if the borders of the pictures are bright."""
    white: int | None = None
    """The value that stands for white in grey pictures that use fewer bits than their files have."""
    two_tone: bool = False
    """Whether every pixel is 0 or 1."""
    usual: str = "samples.png"

    def read(self, path: Path) -> Tensor:
        """Return all pictures below a folder, in order of name, or that of one file, `(n, channels, height, width)`."""
        files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.suffix.lower() in ENDINGS)
        if not files:
            raise BadInput(str(path), "there are no pictures")
        read = torch.stack([self.pixels(file) for file in files[:MOST_PICTURES]])
        if self.inverted is None:
            borders = torch.stack([middle(border(each)) for each in read]).flatten()
            self.inverted = self.channels == 1 and int(middle(borders)) > 127
        found = (255 - read if self.inverted else read).float() / 255
        return (found > 0.5).float() if self.two_tone else found

    def pixels(self, file: Path) -> Tensor:
        """Return one picture as values of 0 to 255, its aspect kept and the rest in the colour of its border."""
        try:
            with Image.open(file) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise BadInput(str(file), "too large")
                image.draft(None, (2 * self.width, 2 * self.height))
                image.load()
                turned = ImageOps.exif_transpose(image)
                flat = flattened(turned, self.white).convert("L" if self.channels == 1 else "RGB")
        except BadInput:
            raise
        except Exception:  # a damaged file may raise anything at all
            raise BadInput(str(file), "not a picture that can be read") from None
        scale = min(self.height / flat.height, self.width / flat.width)
        size = max(1, round(flat.width * scale)), max(1, round(flat.height * scale))
        smooth = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
        small = as_tensor(flat if size == flat.size else flat.resize(size, smooth))
        canvas = middle(border(small))[:, None, None].expand(-1, self.height, self.width).clone()
        top, left = (self.height - size[1]) // 2, (self.width - size[0]) // 2
        canvas[:, top : top + size[1], left : left + size[0]] = small
        return canvas

    def write(self, path: Path, samples: Tensor) -> None:
        """Write samples as one sheet, or, where `path` is no name of a picture, into a folder of that name."""
        seen = (samples.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
        seen = 255 - seen if self.inverted or (self.inverted is None and self.channels == 1) else seen
        if path.suffix.lower() in ENDINGS:
            across = math.ceil(math.sqrt(len(seen)))
            down = math.ceil(len(seen) / across)
            blank = torch.full((across * down - len(seen), *seen.shape[1:]), 255, dtype=torch.uint8)
            rows = torch.cat([seen, blank]).view(down, across, *seen.shape[1:])
            as_picture(rows.permute(2, 0, 3, 1, 4).reshape(self.channels, down * self.height, -1)).save(path)
        else:
            path.mkdir(parents=True, exist_ok=True)
            for place, each in enumerate(seen):
                as_picture(each).save(path / f"{place:04d}.png")


def flattened(image: Image.Image, white: int | None) -> Image.Image:
    """Return a picture in 8 bits; what is transparent lies on white."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        kind = torch.uint16 if image.mode.startswith("I;16") else torch.int32 if image.mode == "I" else torch.float32
        values = torch.frombuffer(bytearray(image.tobytes()), dtype=kind).double()
        least, most = float(values.min()), float(values.max())
        full = white or (1.0 if image.mode == "F" else 65535)
        low, high = (0, full) if least >= 0 and most <= full else (least, most)
        eight = ((values - low) * 255 / max(high - low, 1e-12)).round().clamp(0, 255).to(torch.uint8)
        return as_picture(eight.view(1, image.height, image.width))
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    if image.mode == "L" and white == 1:
        return image.point([0, *[255] * 255])
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def border(pixels: Tensor) -> Tensor:
    """Return the outermost pixels of `(channels, height, width)` as `(channels, n)`."""
    return torch.cat([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], 1)


def middle(values: Tensor) -> Tensor:
    """Return the median along the last axis; of two in the middle, what lies between them."""
    return values.float().quantile(0.5, dim=-1).to(torch.uint8)


def as_tensor(image: Image.Image) -> Tensor:
    """Return a grey or RGB picture as `(channels, height, width)`."""
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return flat.view(image.height, image.width, -1).permute(2, 0, 1)


def as_picture(pixels: Tensor) -> Image.Image:
    """Return `(channels, height, width)` as a picture."""
    channels, height, width = pixels.shape
    data = bytes(pixels.permute(1, 2, 0).flatten().tolist())
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), data)
