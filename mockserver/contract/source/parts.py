"""Parts: what the files of a service's folder say together, and which of them says what.

``service.json`` is the first; a file such as ``elements.service.json`` is a part, with all that belongs to one topic.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.errors import BadContract
from mockserver.types import JSON, pointer, value

SERVICE = "service.json"


def is_part(name: str) -> bool:
    """Whether a file says what a service is, and is no schema."""
    return name == SERVICE or name.endswith(f".{SERVICE}")


@value
class Whole:
    """What a service is: ``data`` as if it stood in one file, and the file of each name in a section of it."""

    id: str
    data: Mapping[str, JSON]
    files: Mapping[tuple[str, str], str]

    def file(self, at: str) -> str:
        """Return the file in which a pointer such as ``/operations/tts.create/path`` leads somewhere."""
        _, section, name, *_ = [*at.split("/"), "", ""]
        return self.files.get((section, name), f"{self.id}/{SERVICE}")


def whole(id: str, parts: Mapping[str, JSON]) -> Whole:
    """Put the parts of a service together. Raises ``BadContract`` for a name that two of them have."""
    data = dict(parts[SERVICE])
    files: dict[tuple[str, str], str] = {}
    for file, part in parts.items():
        if file == SERVICE:
            continue
        for section, named in part.items():
            for name in named:
                held = files.get((section, name), f"{id}/{SERVICE}" if name in data.get(section, {}) else None)
                if held is not None:
                    raise BadContract(f"{id}/{file}", pointer((section, name)), f"{name!r} stands in {held} already")
                files[section, name] = f"{id}/{file}"
            data[section] = {**data.get(section, {}), **named}
    return Whole(id, data, files)
