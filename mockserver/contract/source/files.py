"""Files: the ``service.json`` of each service and the schemas beside it, each read when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import jiter

from mockserver.contract.source.inheritance import inheriting
from mockserver.contract.source.parts import SERVICE, Whole, is_part, whole
from mockserver.errors import BadContract
from mockserver.resources import folder as shipped
from mockserver.types import JSON, Lazy, Schema, pointer

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import jsonschema_rs


_NONE: Mapping[str, Traversable] = MappingProxyType({})


class Files:
    """The files of a folder of contracts.

    * ``sources``: what each service is by its ``service.json`` and the parts of it, by the name of its folder
    * ``documents``: the schemas by file, ``kling/created.json``

    To read one raises ``BadContract`` if it is not JSON, or if it is checked and breaks the schema of its kind.
    """

    def __init__(self, folder: Traversable, own: Mapping[str, Traversable] = _NONE, *, are_checked: bool) -> None:
        """``own``: more services, each in a folder anywhere.

        ``are_checked``: each file of the folder is checked as it is read. Those of ``own`` are in any case.
        """
        self._folder, self._own, self._are_checked = folder, own, are_checked
        self.sources: Mapping[str, Whole] = Lazy(self._services, self._whole)
        self.documents: Mapping[str, Schema] = Lazy(self._schemas, self._read)
        self._meta = cache(self._compiled)

    def base(self, id: str) -> Mapping[str, JSON]:
        """Return what the service is that a service extends; one that extends none has all by itself."""
        own = self.sources[id].data
        return self._extended(id, own["extends"]).data if "extends" in own else own

    def _extended(self, id: str, extended: str) -> Whole:
        if extended not in self.sources:
            raise BadContract(f"{id}/{SERVICE}", "/extends", f"there is no service {extended!r}")
        if extended == id or "extends" in self.sources[extended].data:
            fact = f"{extended!r} extends another service itself; name that one"
            raise BadContract(f"{id}/{SERVICE}", "/extends", fact)
        return self.sources[extended]

    def resolved(self, service: str, at: str, name: str) -> str:
        """Find a schema that a service names at a place: in its folder, or as ``../kling/error.json`` in another."""
        found = name.removeprefix("../") if name.startswith("../") else f"{service}/{name}"
        if found not in self.documents:
            raise BadContract(self.sources[service].file(at), at, f"there is no file schemas/{found}")
        return found

    def _services(self) -> tuple[str, ...]:
        places = sorted(self._folder.iterdir(), key=lambda item: item.name)
        ours = [place.name for place in places if place.is_dir() and (place / SERVICE).is_file()]
        return (*ours, *self._own)

    def _place(self, id: str) -> Traversable:
        return self._own.get(id) or self._folder / id

    def _schemas(self) -> tuple[str, ...]:
        names = [(id, item.name) for id in self.sources for item in self._place(id).iterdir()]
        return tuple(f"{id}/{name}" for id, name in sorted(names) if name.endswith(".json") and not is_part(name))

    def _whole(self, id: str) -> Whole:
        names = sorted(item.name for item in self._place(id).iterdir() if is_part(item.name))
        own = whole(id, {name: self._read(f"{id}/{name}") for name in names})
        return inheriting(own, self._extended(id, own.data["extends"])) if "serves" in own.data else own

    def _read(self, name: str) -> JSON:
        found = self._json(name)
        id, _, file = name.partition("/")
        if self._are_checked or id in self._own:
            kind = "service" if file == SERVICE else "part" if is_part(file) else "schema"
            meta = self._meta(f"{kind}.meta.json")
            for error in meta.iter_errors(found):
                raise BadContract(name, pointer(tuple(error.instance_path)), error.message)
        return found

    def _json(self, name: str) -> JSON:
        id, _, file = name.partition("/")
        try:
            return jiter.from_json((self._place(id) / file).read_bytes())
        except ValueError as error:
            raise BadContract(name, "", f"not JSON: {error}") from error

    def _compiled(self, name: str) -> jsonschema_rs.Validator:
        import jsonschema_rs

        names = (name, "service.meta.json")  # what a part may say is said there
        found = {each: jiter.from_json((shipped("schemas") / each).read_bytes()) for each in names}
        registry = jsonschema_rs.Registry([(f"mockserver:///{each}", schema) for each, schema in found.items()])
        return jsonschema_rs.validator_for(found[name], registry=registry, base_uri=f"mockserver:///{name}")
