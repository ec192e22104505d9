"""Folders: an imported service on the disk, whole or not at all, after it was loaded as a server would."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mockserver.contract.catalog import read
from mockserver.errors import BadContract, BadSetting
from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.resources import SERVICE_NAME, folder
from mockserver.types import JSON

NOTES = "IMPORT.md"
"""The file with what was mended, mined, guessed and not decided."""

_HEADINGS = {
    Kind.UNDECIDED: "Not decided: write it down, or leave it",
    Kind.GUESSED: "Guessed: correct what is wrong",
    Kind.MINED: "Mined from prose: check it",
    Kind.MENDED: "Mended: quote it in the document",
    Kind.LEFT_OUT: "Left out",
}


def target(name: str, out: Path, *, is_forced: bool) -> Path:
    """Return where the folder of a service goes. Raises ``BadSetting`` where it cannot."""
    if not SERVICE_NAME.fullmatch(name):
        raise BadSetting("--service", f"{name!r} is no name of a service. Write small letters, digits and '-'.")
    if (folder("schemas") / name / "service.json").is_file():
        raise BadSetting("--service", f"a service of ours is called {name!r} already. Choose another name.")
    found = out / name
    if found.exists() and not is_forced:
        raise BadSetting("--out", f"{str(found)!r} is there already. Choose another --out, or --force to replace it.")
    if found.exists() and not (found / "service.json").is_file():
        raise BadSetting(
            "--out", f"{str(found)!r} is no folder of a service, and is not replaced. Choose another --out."
        )
    return found


def write(place: Path, files: Mapping[str, JSON], notes: Notes, made_of: str) -> None:
    """Write a folder, after it was loaded. Raises ``CannotImport``, ``OSError``, and then nothing has changed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mockserver-", dir=place.parent) as temporary:
        draft = Path(temporary) / place.name
        draft.mkdir()
        for name, found in files.items():
            text = json.dumps(found, ensure_ascii=False, indent=2)
            (draft / name).write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
        if [*notes]:
            report = _report(place.name, notes, made_of)
            (draft / NOTES).write_text(report, encoding="utf-8", errors="backslashreplace")
        try:
            read(folder("schemas"), [draft])
        except BadContract as error:
            text = f"it cannot be said in our schemas: {error.fact} ({error.file}#{error.pointer})."
            raise CannotImport(made_of, text) from error
        if place.exists():
            os.replace(place, Path(temporary) / ".old")  # noqa: PTH105 - a folder, and only if it can be moved
        shutil.move(draft, place)


def _report(name: str, notes: Notes, made_of: str) -> str:
    lines = [f"# What became of {made_of}", "", f"`mockserver import` made the service `{name}` of it.", ""]
    for kind, heading in _HEADINGS.items():
        if found := notes.of(kind):
            lines += [f"## {heading}", ""]
            lines += [f"- `{note.place}`{f': “{note.words}”' if note.words else ''}: {note.do}" for note in found]
            lines.append("")
    return "\n".join(lines)
