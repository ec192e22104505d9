"""Pictures: an abstract composition that belongs to its task and index, with the prompt on it."""

from __future__ import annotations

from colorsys import hsv_to_rgb
from io import BytesIO
from math import atan2, cos, degrees, hypot, pi, sin
from random import Random
from typing import TYPE_CHECKING

from mockserver.fake.media import faces, text

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from mockserver.fake.media.artifacts import Drawn, Picture

Tile = tuple["Image", tuple[int, int]]
"""A translucent piece (RGBA) and where its upper left corner goes."""

Colour = tuple[int, int, int]

_CANVAS = 1024
"""Pixels of the longer side on which every composition is drawn; resizing it makes 4K as cheap as 1K."""

_MARK_CANVAS = 640
"""The same for the mark, which is a single word and may be coarser."""


def encode(picture: Picture) -> bytes:
    """Return the file: a PNG (lightly packed: speed matters more than size here) or a JPEG."""
    image = backdrop(picture)
    dress(image, furniture(picture, f"#{picture.index}  {picture.width} x {picture.height}"))
    file = BytesIO()
    if picture.format == "png":
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, "JPEG", quality=88)
    return file.getvalue()


def palette(artifact: Drawn) -> tuple[Random, list[Colour]]:
    """Return the artifact's own source of chance, and six colours of neighbouring hues drawn from it."""
    chance = Random(f"{artifact.task_id}/{artifact.index}")
    hue, step = chance.random(), chance.uniform(0.05, 0.13)
    return chance, [_colour(hue + step * place, chance) for place in range(6)]


def backdrop(artifact: Drawn) -> Image:
    """Return the composition in the artifact's size: a gradient under rings, discs and bands."""
    from PIL import Image, ImageDraw

    chance, colours = palette(artifact)
    scale = _CANVAS / max(artifact.width, artifact.height)
    size = (max(1, round(artifact.width * scale)), max(1, round(artifact.height * scale)))
    corners = Image.new("RGB", (2, 2))
    corners.putdata(colours[:4])
    canvas = corners.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(canvas, "RGBA")
    for _ in range(chance.randint(6, 9)):
        _shape(draw, size, chance, chance.choice(colours))
    return canvas.resize((artifact.width, artifact.height), Image.Resampling.BICUBIC)


def furniture(artifact: Drawn, label: str) -> list[Tile]:
    """Return what lies over a composition: the mark where it is asked for, the prompt, the label in a corner.

    The mark comes first, so that the prompt stays legible on the marked twin too.
    """
    width, height = artifact.width, artifact.height
    short = min(width, height)
    margin = short // 24
    room = max(1, width - 2 * margin)
    corner = text.plate(label, room, margin, short // 2)
    tiles = [(corner, (width - margin - corner.width, margin))]
    if artifact.prompt.strip():
        prompt = text.plate(artifact.prompt, room, round(height * 0.6), short)
        tiles.append((prompt, (margin, height - margin - prompt.height)))
    return [_mark(width, height), *tiles] if artifact.watermark else tiles


def dress(image: Image, tiles: list[Tile]) -> None:
    """Lay the tiles over the image, in place."""
    for tile, place in tiles:
        image.paste(tile, place, tile)


def _colour(hue: float, chance: Random) -> Colour:
    red, green, blue = hsv_to_rgb(hue % 1, chance.uniform(0.45, 0.8), chance.uniform(0.55, 0.95))
    return round(255 * red), round(255 * green), round(255 * blue)


def _shape(draw: ImageDraw, size: tuple[int, int], chance: Random, colour: Colour) -> None:
    """Draw one translucent disc, ring or band somewhere, also half outside."""
    reach = hypot(*size)
    x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
    radius = reach * chance.uniform(0.06, 0.24)
    box = (x - radius, y - radius, x + radius, y + radius)
    paint = (*colour, chance.randint(60, 130))
    kind = chance.randrange(3)
    if kind == 0:
        draw.ellipse(box, fill=paint)
    elif kind == 1:
        draw.ellipse(box, outline=paint, width=max(1, round(radius * chance.uniform(0.08, 0.3))))
    else:
        turn = chance.uniform(0, pi)
        east, south = cos(turn) * reach, sin(turn) * reach
        draw.line((x - east, y - south, x + east, y + south), fill=paint, width=max(1, round(radius * 0.4)))


def _mark(width: int, height: int) -> Tile:
    """Return a large MOCK along the diagonal, white with a dark rim so that it shows on any ground."""
    from PIL import Image, ImageDraw

    scale = _MARK_CANVAS / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    reach = round(hypot(*size))
    tile = Image.new("RGBA", (reach, reach), (255, 255, 255, 0))
    ImageDraw.Draw(tile).text(
        (reach / 2, reach / 2),
        "MOCK",
        (255, 255, 255, 150),
        faces.font(reach // 5),
        anchor="mm",
        stroke_width=max(1, reach // 250),
        stroke_fill=(0, 0, 0, 110),
    )
    tile = tile.rotate(degrees(atan2(size[1], size[0])), Image.Resampling.BICUBIC)
    left, top = (tile.width - size[0]) // 2, (tile.height - size[1]) // 2
    tile = tile.crop((left, top, left + size[0], top + size[1]))
    return tile.resize((width, height), Image.Resampling.BICUBIC), (0, 0)
