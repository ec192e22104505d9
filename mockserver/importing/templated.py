"""Services whose answers are those of their document: everything of it is data (``contract/template``)."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.importing.answers.description import described
from mockserver.importing.answers.record import Record, common, created, find_id, record
from mockserver.importing.answers.shape import Shape, Steps
from mockserver.importing.answers.templates import Places, id_of, places, template
from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.importing.parts import Create, Parts, Shown, inner, is_uuid, pages, shared, wanted
from mockserver.importing.requests import roles
from mockserver.importing.requests.request import Requests
from mockserver.importing.routes import Route
from mockserver.types import JSON, Schema


class Templated:
    """Makes the parts of a service out of routes."""

    def __init__(self, requests: Requests, shapes: Mapping[int, Shape | None], notes: Notes) -> None:
        """``shapes`` are the answers by the ``id()`` of their routes."""
        self._requests, self._shapes, self._notes = requests, shapes, notes
        self._parts = Parts()

    def parts(self, creates: list[Create], others: list[Route]) -> tuple[Parts, list[Route]]:
        """Return the parts of a service, and the routes that are not served. Raises ``CannotImport``."""
        sent = {name: part for each in creates for name, part in each.request.schema["properties"].items()}
        shown = self._shown(creates, others, sent)
        words = " ".join(leaf.place for leaf in shown.record.results)
        for each in creates:
            title = each.route.spot.text("summary") or each.route.spot.text("operationId")
            each.media = roles.media(f"{each.route.path} {title}", words, each.request.schema)
        media = {each.product: each.media for each in creates}
        callbacks = [roles.callback_field(each.request.schema) for each in creates]
        names = [roles.own_id_field(each.request.schema) for each in creates]
        callback, own = (next(filter(None, found), None) for found in (callbacks, names))
        found = places(shown.record, sent, media, {})
        if own is not None:
            for leaf in shown.shape.leaves():
                if leaf.steps[-1] == own.rpartition(".")[2] and "*" not in leaf.steps:
                    found.values.setdefault(leaf.steps, "{external_id}")
        self._layout(shown, found, callback, own)
        self._get(shown, found, creates)
        for each in creates:
            self._create(each, shown, found, callback, own)
        left = [route for route in others if route is not shown.route]
        left = [route for route in left if not self._list(route, shown, found, creates)]
        left = [route for route in left if not self._delete(route, shown, found, creates)]
        return self._parts, left

    def _shown(self, creates: list[Create], others: list[Route], sent: Mapping[str, Schema]) -> Shown:
        """Find the operation that shows a task. Raises ``CannotImport``."""
        asked = [route for route in others if route.method == "GET" and route.id is not None]
        if not asked:
            spot = creates[0].route.spot
            raise CannotImport(
                spot.place, f"no operation shows what {creates[0].route.title} makes. Describe a GET of one task."
            )
        reasons: list[CannotImport] = []
        for route in sorted(asked, key=lambda route: -shared(route.path, creates[0].route.path)):
            shape = self._shapes[id(route)]
            if shape is None:
                reasons.append(
                    CannotImport(
                        route.spot.place,
                        f"what {route.title} answers is not described. Give it a schema or an example.",
                    )
                )
                continue
            try:
                known = find_id(shape, wanted(route, creates))
                if known is None:
                    raise CannotImport(
                        shape.spot.place, f"no field of the answer of {route.title} is the id of a task. Describe it."
                    )
                of = record(shape, known, [*sent], self._notes, route.title)
            except CannotImport as error:
                reasons.append(error)
                continue
            return Shown(route, shape, of, self._prefix(of))
        raise reasons[0]

    def _prefix(self, of: Record) -> Steps:
        """Return the way to the object that is the task."""
        ways = [of.id.steps, of.status.steps, *(leaf.steps for leaf in of.results)]
        ways += [of.reason.steps] if of.reason else []
        return common(ways)

    def _layout(self, shown: Shown, found: Places, callback: str | None, own: str | None) -> None:
        of, prefix = shown.record, len(shown.prefix)

        def place(steps: Steps) -> str:
            return ".".join(steps[prefix:]).replace(".*", "[]")

        times = {
            role: place(leaf.steps)
            for role, (leaf, unit) in of.times.items()
            if unit == "at" and leaf.steps[:prefix] == shown.prefix and leaf.can_be_named
        }
        ids = [
            place(steps)
            for steps, value in found.values.items()
            if value == "{external_id}" and steps[:prefix] == shown.prefix
        ]
        found_at: dict[str, JSON] = {
            "task": ".".join(shown.prefix),
            "tasks": ".".join(shown.prefix),
            "id": place(of.id.steps),
            "status": place(of.status.steps),
            "created_at": times.get("created"),
            "updated_at": times.get("updated"),
            "reason": place(of.reason.steps) if of.reason else None,
            "external_id": ids or None,
            "results": [place(leaf.steps) for leaf in of.results],
            "external_id_field": own,
            "callback_field": callback,
        }
        self._parts.layout = {name: value for name, value in found_at.items() if value is not None}
        spelled = {state: word for state, word in of.states.items() if word != state}
        if spelled:
            self._parts.layout["states"] = spelled
        self._parts.statuses = spelled
        self._parts.ids = "integer" if of.id.kinds == ["integer"] else "uuid" if is_uuid(of) else "decimal"

    def _get(self, shown: Shown, found: Places, creates: list[Create]) -> None:
        made = template(shown.shape, found)
        name = creates[0].product if len(creates) == 1 else "tasks"
        self._parts.templates["get"] = made
        self._parts.templates["callback"] = inner(made, shown.prefix)
        self._file(f"{name}.get.json", described(shown.shape, made, "One task", found))
        operation = {"does": "get", "method": "GET", "path": shown.route.path, "answer": f"{name}.get.json"}
        self._parts.operations[f"{name}.get"] = self._asking(operation, shown.route, f"{name}.get", shown.shape)

    def _asking(self, operation: dict[str, JSON], route: Route, name: str, shape: Shape) -> dict[str, JSON]:
        """Return an operation with its query, and with the parameter that names a task."""
        query = self._requests.query(route.spot, route.around, f"What {route.title} is asked for")
        if query is not None:
            self._file(f"{name}.query.json", query.schema)
            operation["query"] = f"{name}.query.json"
        if route.id is not None and route.id != "id":
            operation["finds"] = route.id
        if shape.status != 200:
            operation["status"] = shape.status
        return operation

    def _create(self, each: Create, shown: Shown, found: Places, callback: str | None, own: str | None) -> None:
        route, schema = each.route, each.request.schema
        if each.shape is None:
            raise CannotImport(
                route.spot.place, f"what {route.title} answers is not described. Give it a schema or an example."
            )
        here = find_id(each.shape, [shown.record.id.name, *wanted(shown.route, [])])
        if here is None:
            raise CannotImport(
                each.shape.spot.place, f"no field of the answer of {route.title} is the id of a task. Describe it."
            )
        if here.steps != shown.record.id.steps:
            what = f"{here.place} here, and {shown.record.id.place} in {shown.route.title}"
            self._notes.add(
                Kind.UNDECIDED,
                each.shape.spot.place,
                what,
                "the id has two places; checks look for it only in the second",
            )
        values = {here.steps: id_of(here), **created(each.shape, here, shown.record.states["submitted"], self._notes)}
        own_places = Places(values, {}, found.sent, found.media, found.states)
        made = template(each.shape, own_places)
        file = f"{each.product}.created.json"
        self._file(file, described(each.shape, made, "A task was created", own_places))
        self._file(f"{each.product}.request.json", schema)
        task = roles.task(schema, each.media, self._notes, route.spot.place)
        operation: dict[str, JSON] = {
            "does": "create",
            "method": "POST",
            "path": route.path,
            "body": f"{each.product}.request.json",
            "media_types": list(each.request.media_types),
            "answer": file,
            "task": task,
        }
        if each.shape.status != 200:
            operation["status"] = each.shape.status
        if callback is not None:
            self._file(
                "callback.json",
                described(shown.shape, self._parts.templates["callback"], "A callback", found, shown.prefix),
            )
            operation["callback"] = "callback.json"
        if special := roles.payloads(schema, task, own if self._parts.layout.get("finds_external_id") else None):
            operation["payloads"] = special
        if self._parts.templates.setdefault("create", made) != made:
            operation["shows"] = made
        self._parts.operations[f"{each.product}.create"] = operation

    def _list(self, route: Route, shown: Shown, found: Places, creates: list[Create]) -> bool:
        shape = self._shapes[id(route)]
        inside = shown.record.id.steps[len(shown.prefix) :]
        if route.method != "GET" or route.id is not None or shape is None:
            return False
        ways = [
            leaf.steps for leaf in shape.leaves() if leaf.steps[-len(inside) :] == inside and leaf.steps.count("*") == 1
        ]
        way = next((steps[: -len(inside)] for steps in ways if steps[: -len(inside)][-1:] == ("*",)), None)
        if way is None:
            return False
        if len(creates) > 1:
            self._notes.add(
                Kind.LEFT_OUT,
                route.spot.place,
                route.title,
                "it lists what several operations make, which is not served",
            )
            return False
        moved = Places({}, {}, found.sent, found.media, found.states)
        for steps, value in found.values.items():
            if steps[: len(shown.prefix)] == shown.prefix:
                moved.values[(*way, *steps[len(shown.prefix) :])] = value
        for steps, kind in found.results.items():
            moved.results[(*way, *steps[len(shown.prefix) :])] = kind
        item = template(shape, moved, way)
        counts = [
            leaf.steps
            for leaf in shape.leaves()
            if leaf.name in ("total", "count", "total_count") and leaf.kinds == ["integer"]
        ]
        around = Places(
            {way[:-1]: {"$each": "tasks", "item": item}, **dict.fromkeys(counts, "{count}")}, {}, {}, {}, found.states
        )
        made = template(shape, around)
        name = f"{creates[0].product}.list"
        self._parts.templates["list"] = made
        self._parts.layout["tasks"] = ".".join(way[:-1])
        self._file(f"{name}.json", described(shape, made, "Several tasks", found))
        operation = self._asking(
            {"does": "list", "method": "GET", "path": route.path, "answer": f"{name}.json"}, route, name, shape
        )
        self._parts.operations[name] = operation
        if chosen := pages(self._parts.files.get(f"{name}.query.json"), route, self._notes):
            self._parts.layout["pages"] = chosen
        return True

    def _delete(self, route: Route, shown: Shown, found: Places, creates: list[Create]) -> bool:
        shape = self._shapes[id(route)]
        if route.method != "DELETE" or route.id is None or shape is None or shape.status == 204:
            return False
        name = f"{creates[0].product if len(creates) == 1 else 'tasks'}.delete"
        if name in self._parts.operations:
            return False
        here = find_id(shape, [shown.record.id.name])
        values = {} if here is None else {here.steps: id_of(here), **created(shape, here, "{status}", self._notes)}
        own = Places(values, {}, {}, found.media, found.states)
        made = template(shape, own)
        self._file(f"{name}.json", described(shape, made, "A task was deleted", own))
        operation = {"does": "delete", "method": "DELETE", "path": route.path, "answer": f"{name}.json", "shows": made}
        self._parts.operations[name] = self._asking(operation, route, name, shape)
        return True

    def _file(self, name: str, schema: Schema) -> None:
        self._parts.files[name] = schema
