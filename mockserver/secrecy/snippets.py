"""Snippets: programs that send a request again, for whoever writes a client. Each sends the same bytes.

Credentials are what the variable ``MOCKSERVER_TOKEN`` holds, or else ``me``, which a fake without keys lets in.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from mockserver.decoding import document
from mockserver.secrecy.curl import curl, shown_headers, shown_url
from mockserver.secrecy.mask import Mask
from mockserver.types import Request, value

_TOKEN = "me"  # noqa: S105 - no secret

_TIMEOUT_SECONDS = 30
"""How long a testee may take: at the usual pace a film takes four seconds, and ``--pace real`` is not for testees."""


def snippets(request: Request, operation: str | None = None, path: str = "") -> dict[str, str | None]:
    """Return programs by their language; ``None`` where a language cannot send such a request.

    The ``testee`` is the line that asks one for a task (docs/testees.md), if the request is a create: ``operation`` is
    its id, and ``path`` what a client appends to a base URL. Secrets are masked.
    """
    return {
        "curl": curl(request, token=f"${{MOCKSERVER_TOKEN:-{_TOKEN}}}"),
        "python": _python(request),
        "javascript": _javascript(request),
        "testee": None if operation is None else _testee(request, operation, path),
    }


@value
class _Language:
    """How a language spells a text and bytes, and what stands for the token in it."""

    text: Callable[[str], str]
    data: Callable[[bytes], str]
    token: str

    def headers(self, request: Request) -> list[str]:
        """Spell the headers, each as a pair of a name and an expression."""
        mark = "\0"  # no header on the wire has it
        found = []
        for name, said in shown_headers(request, mark):
            before, has_token, _ = said.partition(mark)
            parts = [self.text(before)] if before or not has_token else []
            found.append(f"{self.text(name)}: {' + '.join([*parts, self.token] if has_token else parts)},")
        return found

    def url(self, request: Request) -> str:
        """Spell the URL."""
        return self.text(shown_url(request, Mask.of(request), request.base_url))

    def body(self, request: Request) -> str:
        """Spell the body: as a text, if it is one."""
        text = request.body.decode(errors="replace")
        return self.text(Mask.of(request).text(text)) if text.encode() == request.body else self.data(request.body)


def _javascript_text(text: str) -> str:
    """Spell a text between single quotes, between which JSON is legible."""
    return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


_PYTHON = _Language(repr, repr, f'os.environ.get("MOCKSERVER_TOKEN", "{_TOKEN}")')
_JAVASCRIPT = _Language(
    _javascript_text,
    lambda data: f"Uint8Array.of({', '.join(map(str, data))})",
    f"(globalThis.process?.env.MOCKSERVER_TOKEN ?? '{_TOKEN}')",
)


def _python(request: Request) -> str:
    lines = ["import os", "", "import httpx", "", "answer = httpx.request("]
    lines += [f"    {request.method!r},", f"    {_PYTHON.url(request)},"]
    lines += ["    headers={", *[f"        {header}" for header in _PYTHON.headers(request)], "    },"]
    if request.body:
        lines.append(f"    content={_PYTHON.body(request)},")
    return "\n".join([*lines, ")", "print(answer.status_code, answer.text)"])


def _javascript(request: Request) -> str | None:
    if request.body and request.method in ("GET", "HEAD"):
        return None  # fetch sends no body with these
    lines = [f"const answer = await fetch({_JAVASCRIPT.url(request)}, {{"]
    lines.append(f"  method: {_javascript_text(request.method)},")
    lines += ["  headers: {", *[f"    {header}" for header in _JAVASCRIPT.headers(request)], "  },"]
    if request.body:
        body = _JAVASCRIPT.body(request)
        # Of a text fetch would say that it is plain text.
        is_typed = "content-type" in request.headers or body.startswith("Uint8Array")
        lines.append(f"  body: {body if is_typed else f'new TextEncoder().encode({body})'},")
    return "\n".join([*lines, "});", "console.log(answer.status, await answer.text());"])


def _testee(request: Request, operation: str, path: str) -> str | None:
    try:
        payload = Mask.of(request).json(document(request.body))
    except ValueError:
        return None
    if not isinstance(payload, dict):
        return None
    asked = {
        "id": 1,
        "do": "generate",
        "operation": operation.removesuffix(".create"),
        "base_url": request.base_url + request.path.removesuffix(path),
        "credentials": {"token": _TOKEN},
        "payload": payload,
        "timeout": _TIMEOUT_SECONDS,
    }
    return json.dumps(asked)  # in ASCII a line is one line to every reader
