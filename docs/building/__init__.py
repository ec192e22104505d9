"""What our site adds to Sphinx and MyST: contents that are the links of its first page, and a generated reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docs.building import contents, reference

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in a build."""
    for part in (contents, reference):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
