"""Templates of pages, for Jinja2: what a page shows is text on it, whoever wrote that.

They stand alone because the kit's report and the contract's pages need the same, and neither may import the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def templates(package: str) -> Environment:
    """Return the templates in the folder of a package, to be got by the names of their files."""
    from importlib.resources import files

    import jinja2

    folder = files(package)
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
