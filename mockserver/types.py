"""The vocabulary: what goes into a fake, what comes out, and the types of both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar, dataclass_transform
from urllib.parse import parse_qsl

JSON = Any
"""A parsed JSON value."""

Payload = dict[str, JSON]
"""A parsed JSON object, as a client sent it."""

Schema = dict[str, JSON]
"""A JSON Schema 2020-12 in the closed set of keywords of ``schemas/schema.meta.json``."""

Path = tuple[str | int, ...]
"""Steps into a JSON document; the pointer is its spelling."""

Level = Literal["error", "warning", "off"]
"""What a violation leads to: the request is refused, the violation is recorded, or nothing happens."""

Millis = int
"""Milliseconds since the Unix epoch, or a span of them."""


T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a frozen dataclass: mypy refuses to change its values, and nothing does at run time.

    To refuse that at run time, too, ``frozen=True`` sets each field through a call: a class of ten fields then takes
    four times as long to make (2 µs instead of 0.5), and a create makes eight of them. And ``dataclass`` compiles six
    methods of each class, half a millisecond that every start would pay sixty times; here only ``__init__`` is.
    """
    cls.__doc__ = cls.__doc__ or cls.__name__  # instead, ``dataclass`` would look for a signature, for a millisecond
    made: Any = dataclass(slots=True, eq=False, repr=False, init=False)(cls)
    known = fields(made)
    made.__init__ = _init(cls.__qualname__, known)
    compared = [each.name for each in known if each.compare]
    hashed = [each.name for each in known if (each.compare if each.hash is None else each.hash)]
    shown = [each.name for each in known if each.repr]
    of_compared, of_hashed = attrgetter(*compared), attrgetter(*hashed)

    def equals(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return of_compared(self) == of_compared(other)

    def hash_of(self: object) -> int:
        return hash(of_hashed(self))

    def text_of(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in shown])})"

    for name, method in (("__eq__", equals), ("__hash__", hash_of), ("__repr__", text_of)):
        if name not in vars(cls):
            setattr(made, name, method)
    found: type[T] = made
    return found


def _init(of: str, known: Sequence[Field[Any]]) -> Callable[..., None]:
    """Compile the ``__init__`` that takes these fields; ``dataclass`` compiles their types, too, which takes longer."""
    scope: dict[str, Any] = {"_new": object()}
    placed, named, steps = ["self"], list[str](), list[str]()
    for each in known:
        name = taken = given = each.name
        if each.default_factory is not MISSING:
            scope[f"_new_{name}"] = each.default_factory
            taken, given = f"{name}=_new", f"_new_{name}() if {name} is _new else {name}"
        elif each.default is not MISSING:
            scope[f"_{name}"] = each.default
            taken = f"{name}=_{name}"
        (named if each.kw_only else placed).append(taken)
        steps.append(f"self.{name} = {given}")
    parameters = ", ".join([*placed, *(["*", *named] if named else [])])
    exec(f"def __init__({parameters}):\n " + "\n ".join(steps), scope)  # noqa: S102 # as ``dataclass`` does
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{of}.__init__"
    return made


@value
class Request:
    """One HTTP request, whatever carried it.

    ``path`` is percent-encoded as it was on the wire, ``query`` comes without its question mark,
    and the names of ``headers`` are in lower case.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"

    @property
    def host(self) -> str:
        """The name and port that the client sent in ``Host``."""
        return self.headers.get("host", "localhost")

    @property
    def base_url(self) -> str:
        """Where the client reached us, without a trailing slash."""
        return f"{self.scheme}://{self.host}"

    @property
    def parameters(self) -> dict[str, str]:
        """The query string's parameters; the last of a repeated name counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True)) if self.query else {}


@value
class Wire:
    """What happens to an answer on its way, in real time whatever the fake's clock says.

    * ``headers_after``: how much later it begins; ``body_over``: how long its body takes
    * ``hangs``: it never comes
    * ``resets``: the connection is reset, before the first byte or in the middle of the body
    * ``held``: first it waits until what has this number is released; 0 as long as it has no number
    """

    headers_after: Millis = 0
    body_over: Millis = 0
    hangs: bool = False
    resets: Literal["no", "before", "during"] = "no"
    held: int | None = None


@value
class Reason:
    """Why an answer is not the usual one, or why a task fails: what decided it.

    * ``kind``: ``rule``, ``reading``, ``fault``, ``limit``, ``credential``, ``duplicate``, ``missing``, ``route``,
      ``form`` (of the request), ``state`` (of what it names), ``force`` or ``internal``
    * ``sentence``: for a person
    * ``id``: of what decided: the rule, the line of the fault, the row of the error table, the question
    * ``reading``: the reading because of which it is so, ``question=reading``
    * ``source``: where the documents say so
    * ``number``: of a fault that is in force
    """

    kind: str
    sentence: str
    id: str | None = None
    reading: str | None = None
    source: str | None = None
    number: int | None = None


@value
class Response:
    """One HTTP answer.

    * ``wire``: for the adapter that sends it; ``None`` if nothing happens to it on the way
    * ``task``: the id of the one task that it is about
    * ``reason``: why it is a refusal or not what the service would say
    * ``took``: how many real milliseconds it took to find it, if somebody looked at a clock
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wire: Wire | None = None
    task: str | None = None
    reason: Reason | None = None
    took: float | None = field(default=None, compare=False)

    @property
    def latency(self) -> float | None:
        """How many real milliseconds a client waits for all of it, those that faults add included.

        ``None`` if there is no end to that, or nobody looked at a clock.
        """
        wire = self.wire or Wire()
        return None if self.took is None or wire.hangs else round(self.took + wire.headers_after + wire.body_over, 3)


class Lazy(Mapping[str, T], Generic[T]):
    """A mapping whose values are made when they are asked for: each once, however many threads ask for it."""

    def __init__(self, names: Callable[[], Collection[str]], make: Callable[[str], T]) -> None:
        """``names`` is called when it first matters which keys there are."""
        self._list, self._make = names, make
        self._made: dict[str, T] = {}

    @cached_property
    def _names(self) -> dict[str, None]:
        return dict.fromkeys(self._list())

    def __getitem__(self, name: str) -> T:
        try:
            return self._made[name]
        except KeyError:
            if name not in self._names:
                raise
        return self._made.setdefault(name, self._make(name))

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"Lazy({list(self._names)})"


def is_url(value: JSON) -> bool:
    """Whether a value is a text that begins as an http or https URL does; a scheme has no case (RFC 3986, 3.1)."""
    return isinstance(value, str) and value[:8].lower().startswith(("http://", "https://"))


def kind_of(value: JSON) -> str:
    """Return which of JSON's types a value has: ``integer`` for 5 and 5.0, and ``fraction`` for any other number."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "fraction"
    return {int: "integer", str: "string", list: "array"}.get(type(value), "object")


def pointer(path: Path) -> str:
    """Spell a path as a JSON pointer (RFC 6901)."""
    return "".join([f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path])
