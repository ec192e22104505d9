"""The contents of the site: the links of its first page, so that a page is listed once for readers and for Sphinx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)\.md\)")


def setup(app: Sphinx) -> None:
    """Add the contents to the first page, and a way to it from the site's own folder."""
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _lead_there)


def contents(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of a page in docs/, each with the pages that it links to, as paths from the repository."""
    for heading, text in _SECTION.findall(page):
        if found := [normpath(f"docs/{link}") for link in _LINK.findall(text)]:
            yield heading, list(dict.fromkeys(found))


def _add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    if name == app.config.root_doc:
        source[0] += "".join(
            "\n```{toctree}\n:hidden:\n:caption: "
            + "\n".join([heading, "", *(f"/{page}" for page in pages)])
            + "\n```\n"
            for heading, pages in contents(source[0])
        )


def _lead_there(app: Sphinx, failure: Exception | None) -> None:
    if failure is None:
        first = f"{app.config.root_doc}.html"
        text = f'<!doctype html><meta http-equiv="refresh" content="0; url={first}"><a href="{first}">{first}</a>\n'
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")
