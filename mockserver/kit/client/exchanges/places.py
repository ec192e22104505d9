"""Places: which tasks the path of a request is for, and whether the client's own are among them.

Only what is certain is called wrong: a path of no operation, and the id of a known task on a path for others. An id
that nobody knows may be a test of how "not found" is handled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mockserver.contract.catalog import load
from mockserver.contract.layout import Layout
from mockserver.contract.places import first
from mockserver.contract.routes import unserved
from mockserver.contract.service import Operation
from mockserver.kit import lookups
from mockserver.kit.doubles import LARGEST_EXACT, rounded
from mockserver.kit.task_view import TaskView, task_views
from mockserver.kit.transcript import Exchange
from mockserver.types import is_url

Products = frozenset[str]
"""Whose tasks: ``kling/omni-image``, the name of the operation that creates them without its verb."""

_ASKS_ABOUT_US = frozenset({"HEAD", "OPTIONS"})
"""The methods by which browsers and scripts look whether a server is there, and what it allows."""

_FAR = 9
"""Who makes up an id that nobody has adds 1 or changes a digit; what a double makes of an id lies farther away."""


def is_for_another(exchange: Exchange) -> bool:
    """Whether a request was for another host, which a fake that is a proxy refuses: a tunnel, or a whole URL."""
    return exchange.request.method == "CONNECT" or is_url(exchange.request.path)


def other_host(exchange: Exchange) -> str:
    """Return the host of such a request, perhaps with a port."""
    path = exchange.request.path
    return (urlsplit(path).netloc if is_url(path) else path).removesuffix(":443")


def does(exchange: Exchange) -> str:
    """Return the verb of the operation: ``create``, ``get``; empty for a path of none."""
    return (exchange.operation or "").rpartition(".")[2]


def service(exchange: Exchange) -> str:
    """Return the service that a request is for; empty for a path of none."""
    return (exchange.operation or "").partition("/")[0]


def product(exchange: Exchange) -> str:
    """Return what a create makes tasks of: ``kling/omni-image``."""
    return (exchange.operation or "").rpartition(".")[0]


def layout(service: str) -> Layout:
    """Return the layout of a service; for a path of none, any: nothing in its answers is a task."""
    known = load().services
    return known.get(service, next(iter(known.values()))).layout


def asked_for(exchange: Exchange) -> str:
    """Return the id that a request names, where it is for a task: in its query, or the last part of its path."""
    return lookups.asked_for(operation(exchange), exchange.request)


def operation(exchange: Exchange) -> Operation | None:
    """Return the operation that a request is for."""
    found = load().services.get(service(exchange))
    return None if found is None else found.operations.get(str(exchange.operation))


def shown_at(operation: str) -> Products:
    """Return whose tasks a query or a list shows: those of its own product, or if none are made of that, all."""
    services = load().services
    family, own = services[operation.partition("/")[0]].family, operation.rpartition(".")[0]
    kin = [each for each in services.values() if each.family == family]
    made = frozenset(id.rpartition(".")[0] for each in kin for id, found in each.operations.items() if found.task)
    return frozenset({own}) if own in made else made


def task_id(exchange: Exchange) -> str | None:
    """Return the id of the one task that an answer shows, or was to show."""
    view = TaskView.of(exchange.answered, layout(service(exchange)))
    return view.id if view is not None else None


def own_name(exchange: Exchange) -> str | None:
    """Return the client's own name for the task of a create, if the service also finds the task by it."""
    of, sent = layout(service(exchange)), exchange.sent
    name = first(of.external_id_field, sent) if of.finds_external_id else None
    return str(name) if name else None


@dataclass(slots=True)
class Tasks:
    """The tasks that some exchanges have shown, whoever asked: two credentials may be those of one account.

    * ``made``: whose task it is, by the service's id
    * ``named``: the same by service, account and the client's own name, which means something in its account only
    * ``rounded``: the id that was meant, by what a double makes of it
    """

    made: dict[str, set[str]] = field(default_factory=dict)
    named: dict[tuple[str, str | None, str], set[str]] = field(default_factory=dict)
    rounded: dict[str, str] = field(default_factory=dict)

    @classmethod
    def seen_in(cls, exchanges: Iterable[Exchange]) -> Tasks:
        """Collect the tasks in all answers."""
        found = cls()
        for each in exchanges:
            if does(each) == "create" and (id := task_id(each)) is not None:
                found.made.setdefault(id, set()).add(product(each))
                if name := own_name(each):
                    found.named.setdefault((service(each), each.whose, name), set()).add(product(each))
            elif does(each) in ("get", "list"):
                for id in _ids(each):
                    found.made.setdefault(id, set()).update(shown_at(str(each.operation)))
        found.rounded = {wrong: id for id in found.made for wrong in _as_doubles(id) if wrong not in found.made}
        return found

    def owners(self, exchange: Exchange) -> Products:
        """Return whose task a request asks for; nothing if no answer has shown it."""
        id = asked_for(exchange)
        named = self.named.get((service(exchange), exchange.whose, id), ())
        return frozenset(self.made.get(id, ())) | frozenset(named)


def misplaced(exchange: Exchange, tasks: Tasks, prefixes: Sequence[str] = ()) -> str | None:
    """Say what is certainly wrong with the path of a request; ``None`` if nothing is."""
    if exchange.operation is None:
        return _lost(exchange, tasks, prefixes)
    if does(exchange) != "get":
        return None
    owners, shown = tasks.owners(exchange), shown_at(exchange.operation)
    if owners and not owners & shown:
        return elsewhere(exchange, owners, shown)
    if (meant := tasks.rounded.get(asked_for(exchange))) is not None:
        return f"the client asked for {exchange.request.path}, but the task is {meant}: its id was rounded as a number"
    return None


def elsewhere(exchange: Exchange, owners: Iterable[str], shown: Iterable[str] = ()) -> str:
    """Say that a request asks for tasks where those of others are, if it is known of whom."""
    there = f"of {', '.join(sorted(shown))}" if shown else "for other tasks"
    return f"the client asked for a task of {', '.join(sorted(owners))} at {exchange.request.path}, a path {there}"


def unserved_path(exchange: Exchange, prefixes: Sequence[str] = ()) -> str | None:
    """Return the path of a request that the real service is known to have and we do not, with ``{id}`` for the id."""
    if exchange.operation is not None:
        return None
    return unserved(load().services.values(), exchange.request.method, exchange.request.path, prefixes)


def is_stranger(exchange: Exchange) -> bool:
    """Whether a request is none of a client of the service: a look whether a server is there, or no request at all."""
    if exchange.operation is not None:
        return False
    method, is_anonymous = exchange.request.method, exchange.scheme is None
    is_routed = exchange.status in (None, 404, 405)  # anything else was refused before its path was looked at
    return method in _ASKS_ABOUT_US or (method == "GET" and is_anonymous) or not is_routed


def _no_path(exchange: Exchange) -> str:
    """Say that a path is none of the service, or not with this method."""
    told = f"{exchange.request.method} {exchange.request.path}"
    allowed = exchange.response.headers.get("allow") if exchange.response is not None else None
    return f"{told}: the service has this path for {allowed}" if allowed else f"{told} is not a path of the service"


def _lost(exchange: Exchange, tasks: Tasks, prefixes: Sequence[str]) -> str | None:
    """Judge a path that is none of ours."""
    known = unserved_path(exchange, prefixes)
    if known is None:
        return None if is_stranger(exchange) else _no_path(exchange)
    owners = tasks.made.get(asked_for(exchange))
    if owners and exchange.request.method == "GET" and known.endswith("}"):
        return elsewhere(exchange, owners)
    return None


def _ids(exchange: Exchange) -> list[str]:
    body, of = exchange.answered, layout(service(exchange))
    one = TaskView.of(body, of)
    views = [one] if one is not None else task_views(body, of)
    return [view.id for view in views if view.id is not None]


def _as_doubles(id: str) -> frozenset[str]:
    """Return how a number is written that was read as a double: exactly, or by JavaScript with its fewest digits."""
    if not id.isascii() or not id.isdigit() or int(id) <= LARGEST_EXACT:
        return frozenset()
    forms = int(float(id)), rounded(int(id))
    return frozenset(str(form) for form in forms if abs(form - int(id)) > _FAR)
