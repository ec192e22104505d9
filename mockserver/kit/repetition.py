"""Repetition: a shell script that sends again what was sent, in order, with the ids that the answers have this time.

It needs a POSIX shell and curl. Whatever comes from a server is quoted or escaped in it: a script does what the kit
did, and nothing that an answer says.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from mockserver.secrecy.curl import curl_parts
from mockserver.types import Millis, Request

_LEAST_PAUSE: Millis = 50
"""A shorter pause is no longer than what curl takes to start."""

_PATIENCE_SECONDS = 60
"""How long a script waits for an answer: as long as the kit does."""

_LONGEST_LINE = 300
"""Characters of a line of its heading."""

MARK = "# A script of mockserver."
"""The second line of each script, by which one of an earlier run is known."""

_FUNCTIONS = f"""
# ask TITLE WORDS…: send a request with curl, and print the whole answer.
ask() {{
    printf '%s\\n' "--- $1"
    shift
    answer=$(curl -sS -i --max-time {_PATIENCE_SECONDS} "$@" 2>&1)
    printf '%s\\n\\n' "$answer"
}}
"""

_TAKEN = """
# taken FIELD PLACE: print the value of a field of the last answer; PLACE counts the fields of this name from 1.
taken() {
    printf '%s\\n' "$answer" | tr ',{}' '\\n\\n\\n' |
        sed -n 's/^[[:space:]]*"'"$1"'"[[:space:]]*:[[:space:]]*\\(.*[^[:space:]]\\)[[:space:]]*$/\\1/p' |
        sed 's/^"\\([^"]*\\)"$/\\1/' |
        sed -n "$2p" | sed 's,\\\\/,/,g'
}
"""

_FETCH = f"""
# fetch TITLE FILE WORDS…: download a file, and print the head of the answer and the size of the file.
files=$(mktemp -d)
fetch() {{
    printf '%s\\n' "--- $1"
    file=$files/$2
    shift 2
    curl -sS -D - --max-time {_PATIENCE_SECONDS} -o "$file" "$@" 2>&1
    printf '%s bytes in %s\\n\\n' "$(wc -c < "$file" | tr -d ' ')" "$file"
}}
"""

_BODY = """
body=$(mktemp)
trap 'rm -f "$body"' EXIT
"""

_NAME = re.compile(r"\w+")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Taken:
    """A variable that a script takes from an answer: the ``place``-th ``field`` in it, from 1."""

    variable: str
    field: str
    place: int

    @classmethod
    def of(cls, variable: str, value: str, answer: bytes) -> Taken | None:
        """Find a value in an answer as the script will; ``None`` if it would not."""
        seen: dict[str, int] = {}
        for line in re.split(r"[,{}\n]", answer.decode(errors="replace")):
            name, _, text = (part.strip() for part in line.partition(":"))
            field = name[1:-1]
            if not text or name != f'"{field}"' or _NAME.fullmatch(field) is None:
                continue
            said = _QUOTED.sub(r"\1", text).replace("\\/", "/")
            seen[field] = seen.get(field, 0) + 1
            if said == value:
                return cls(variable, field, seen[field])
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a script.

    * ``pause``: how long to wait before it
    * ``variables``: what the shell puts in the place of a text of the request
    * ``takes``: what is taken from the answer
    * ``is_parallel``: it is sent together with its neighbours that are, too
    * ``is_file``: the answer is a file
    """

    title: str
    request: Request
    pause: Millis = 0
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    takes: tuple[Taken, ...] = ()
    is_parallel: bool = False
    is_file: bool = False


def script(steps: Sequence[Step], origin: str, heading: Sequence[str], needs: Mapping[str, str]) -> str:
    """Return the script.

    * ``origin``: where the requests go, unless the first argument of the script names another server
    * ``heading``: what it shows, in lines; ``needs``: the variables that it cannot do without, and what each is
    """
    lines = [
        "#!/bin/sh",
        MARK,
        *(f"# {_comment(line)}" for line in heading),
        f"# It sends {len(steps)} request{'s' * (len(steps) != 1)}; another URL may be its first argument.",
        "set -u",
        f"url=${{1:-{shlex.quote(origin)}}}",
        *(f': "${{{name}:{meaning}}}"' for name, meaning in needs.items()),
        "run=$(date +%s)-$$  # names that no earlier run has used",
        _FUNCTIONS.rstrip(),
    ]
    requests = list(_requests(steps, origin))
    told = "\n".join(requests)
    lines += [_TAKEN.rstrip()] if "$(taken " in told else []
    lines += [_FETCH.rstrip()] if any(step.is_file for step in steps) else []
    lines += [_BODY.rstrip()] if '> "$body"' in told else []
    return "\n".join([*lines, "", *requests]) + "\n"


def _requests(steps: Sequence[Step], origin: str) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        if step.pause >= _LEAST_PAUSE:
            yield f"sleep {step.pause / 1000:.1f}"
        is_here = step.request.base_url == origin and url_of(step.request) not in step.variables
        variables = {**step.variables, **({"$url": "$url"} if is_here else {})}
        producer, command = curl_parts(step.request, base_url="$url" if is_here else None, variables=variables)
        words = command.removeprefix("curl ")
        title = shlex.quote(f"{number}. {_comment(step.title)}")
        if producer:
            yield f'{producer} > "$body"'
            words += ' < "$body"'
        yield (
            f"fetch {title} {number} {words}"
            if step.is_file
            else f"ask {title} {words}" + (" &" if step.is_parallel else "")
        )
        if step.is_parallel and (number == len(steps) or not steps[number].is_parallel):
            yield "wait"
        for taken in step.takes:
            yield f"{taken.variable}=$(taken {taken.field} {taken.place})"
            yield f': "${{{taken.variable}:?the answer has no {taken.field}}}"'


def url_of(request: Request) -> str:
    """Return where a request was sent."""
    return f"{request.base_url}{request.path}{'?' if request.query else ''}{request.query}"


def _comment(text: str) -> str:
    """Return a text as one line that ends nothing and begins nothing."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
