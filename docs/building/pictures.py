"""The pictures of the documentation: what the browser's tests have kept, in few colours.

``make screenshots`` takes them anew: ``python -m docs.building.pictures`` copies those that a page shows.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "images"
COLOURS = 128
"""A page of the dashboard has fewer; of a result's colours some are lost, and half of the bytes."""


def shown() -> list[str]:
    """Return the names of the pictures that pages show."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md")))
    return sorted(set(re.findall(r"!\[[^\]]+\]\(images/([\w-]+\.png)\)", text)))


def copy(artifacts: Path) -> None:
    """Write each picture that a page shows."""
    from PIL import Image

    PICTURES.mkdir(exist_ok=True)
    for name in shown():
        with Image.open(artifacts / name) as picture:
            picture.convert("RGB").quantize(COLOURS).save(PICTURES / name, optimize=True)


if __name__ == "__main__":
    copy(Path(os.environ.get("ARTIFACTS", "artifacts")))
