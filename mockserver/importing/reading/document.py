"""Documents: OpenAPI 3.0 and 3.1 in YAML, in JSON, or in Markdown around either, as files have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from mockserver.decoding import document as json_document
from mockserver.importing.notes import CannotImport, Kind, Notes, excerpt
from mockserver.importing.reading import mending
from mockserver.importing.reading.nodes import BadYaml, Lines
from mockserver.importing.reading.page import facts
from mockserver.types import JSON, Path, pointer

_MOST_JSON_BYTES = 32 << 20
_MOST_YAML_BYTES = 4 << 20
"""YAML of this size takes two seconds to read; the largest descriptions of task APIs have a tenth of it."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([\w+-]*)")
_VERSION = re.compile(r"""\s*["']?(openapi|swagger)["']?\s*:""")


@dataclass(frozen=True, slots=True)
class Document:
    """One OpenAPI document: its ``root``, and how to say where something in it stands.

    ``name`` is the file's, ``folder`` where it is, and ``offset`` how many lines stand before it in the file.
    """

    name: str
    folder: File
    root: dict[str, JSON]
    lines: Lines | None = field(default=None, repr=False)
    offset: int = 0

    def place(self, path: Path) -> str:
        """Say where something stands: ``openapi.yaml:12#/paths``."""
        line = None if self.lines is None else self.lines.of(self.root, path)
        return f"{self.name}{'' if line is None else f':{line + self.offset}'}#{pointer(path)}"


def read(file: File, notes: Notes) -> list[Document]:
    """Read the OpenAPI documents in a file. Raises ``CannotImport``, and ``OSError`` for a file that cannot be read."""
    text = _text(file)
    found = [_parsed(file, part, offset, notes) for part, offset in _parts(text)]
    if not found:
        raise CannotImport(file.name, f"it has no OpenAPI document: no line begins with 'openapi:'. {facts(text)}")
    return found


def part(file: File, notes: Notes) -> Document:
    """Read a file that a ``$ref`` names: any object. Raises ``CannotImport``."""
    try:
        return _loaded(file, _text(file), 0, notes)
    except OSError as error:
        raise CannotImport(file.name, f"it cannot be read: {error.strerror}. Put it beside the document") from error


def _text(file: File) -> str:
    size = file.stat().st_size
    if size > _MOST_JSON_BYTES:
        raise CannotImport(file.name, _too_large(size, _MOST_JSON_BYTES))
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise CannotImport(file.name, f"byte {error.start} is no UTF-8. Save the file as UTF-8.") from error


def _too_large(size: int, most: int) -> str:
    return f"it has {size} bytes, and at most {most} are read. Leave only the paths of the task API in it."


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield the texts in a file that are OpenAPI documents, each with the number of lines before it."""
    if text.lstrip()[:1] == "{":
        yield text, 0
        return
    lines = text.split("\n")
    fence, begin, has_version = None, 0, False
    for number, line in enumerate([*lines, ""]):
        found = _FENCE.match(line)
        if fence is None and found:
            fence, begin, has_version = found[1], number + 1, False
        elif fence is not None and (number == len(lines) or line.strip().startswith(fence)):
            if has_version:
                yield "\n".join(lines[begin:number]), begin
            fence = None
        elif _VERSION.match(line):
            if fence is None and not line[:1].isspace():
                yield text, 0
                return
            has_version = fence is not None
    return


def _parsed(file: File, text: str, offset: int, notes: Notes) -> Document:
    found = _loaded(file, text, offset, notes)
    if "swagger" in found.root:
        sentence = f"it is Swagger {excerpt(str(found.root['swagger']))}. Convert it to OpenAPI 3 first."
        raise CannotImport(found.place(("swagger",)), sentence)
    version = str(found.root.get("openapi", ""))
    if not re.match(r"3\.[01](\.|\Z)", version):
        said = f"OpenAPI {excerpt(version)!r}" if version else "no OpenAPI document, for it has no field 'openapi'"
        raise CannotImport(found.place(("openapi",)), f"it is {said}. Write a document of OpenAPI 3.0 or 3.1.")
    return found


def _loaded(file: File, text: str, offset: int, notes: Notes) -> Document:
    if text.lstrip()[:1] == "{":
        try:
            root, lines = json_document(text.encode()), None
        except ValueError as error:
            if "\n" not in text.strip() or '"' in text.lstrip()[1:].lstrip()[:1]:
                raise CannotImport(file.name, f"it is not JSON: {error}.") from error
            root, lines = _yaml(file, text, offset, notes)
    else:
        root, lines = _yaml(file, text, offset, notes)
    if not isinstance(root, dict):
        raise CannotImport(file.name, "it is no object. Write a document of OpenAPI 3.0 or 3.1.")
    return Document(file.name, file.parent, root, lines, offset)


def _yaml(file: File, text: str, offset: int, notes: Notes) -> tuple[Any, Lines]:
    size = len(text.encode())
    if size > _MOST_YAML_BYTES:
        raise CannotImport(file.name, f"{_too_large(size, _MOST_YAML_BYTES)} JSON may be larger.")
    try:
        root, lines, mended = mending.read(text)
    except BadYaml as error:
        raise CannotImport(f"{file.name}:{error.line + offset}", f"it is not YAML: {error.fact}.") from error
    for each in mended:
        where = f"{file.name}:{each.line + offset}"
        notes.add(Kind.MENDED, where, each.words, "a text with an unquoted colon was put into quotes; quote it there")
    return root, lines
