"""The line for a shell that sends a request again, with a variable in the place of its credentials."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mockserver.secrecy.mask import SCHEMES, Mask
from mockserver.types import Request

_REPEATED = frozenset({"content-type", "accept"})
"""The headers of a request that its line for a shell repeats."""

SERVE_URL = "http://127.0.0.1:8080"
"""Where ``mockserver serve`` listens unless told otherwise: for a line that repeats what a fake got that has ended."""

TOKEN = "$MOCKSERVER_TOKEN"  # noqa: S105 - the name of a variable
"""What a shell puts in the place of credentials."""

_SPECIAL = frozenset('"$`\\!')
"""What a shell obeys between double quotes."""

_LONGEST_WORD = 100_000
"""Linux takes no longer argument than 131 071 bytes."""


_NONE: Mapping[str, str] = MappingProxyType({})


def curl(
    request: Request, *, base_url: str | None = None, variables: Mapping[str, str] = _NONE, token: str = TOKEN
) -> str:
    """Return a line for a shell that sends a request again; what is secret in it is masked.

    * ``base_url``: where it is sent; unless told otherwise, where it was: ``SERVE_URL`` for a fake that has ended
    * ``variables``: what the shell puts in the place of a text: ``{"848021": "$task_1"}``
    * ``token``: what stands for its credentials, unless ``variables`` has them
    """
    producer, command = curl_parts(request, base_url=base_url, variables=variables, token=token)
    return f"{producer} | {command}" if producer else command


def curl_parts(
    request: Request, *, base_url: str | None = None, variables: Mapping[str, str] = _NONE, token: str = TOKEN
) -> tuple[str, str]:
    """Return the line of ``curl`` in two parts: what writes the body, if that is no word for a shell, and the rest.

    The first is empty for most requests. What it writes is the standard input of the second.
    """
    mask = Mask.of(request)
    origin = request.base_url if base_url is None else base_url
    url = f"{origin}{request.path}{'?' if request.query else ''}{request.query}"
    if url not in variables:
        url = shown_url(request, mask, origin)
    globs = ["-g"] if any(letter in "[]{}" for letter in url) else []  # curl would read more into such a URL
    words = ["curl", *globs, "-X", request.method, _word(url, variables)]
    for name, value in shown_headers(request, token, variables):
        words += ["-H", _word(f"{name}: {value}" if value else f"{name};", {**variables, token: token})]
    if not request.body:
        return "", " ".join(words)
    if "content-type" not in request.headers:
        words += ["-H", "content-type:"]  # curl would send one of its own
    text = request.body.decode(errors="replace")
    if "\0" in text or text.encode() != request.body:  # no word of a shell can hold it
        return f"printf '{_octal(request.body)}'", " ".join([*words, "--data-binary", "@-"])
    body = _word(mask.text(text), variables)
    if len(body) > _LONGEST_WORD:
        return f"printf %s {body}", " ".join([*words, "--data-binary", "@-"])
    return "", " ".join([*words, "--data-raw", body])


def shown_url(request: Request, mask: Mask, origin: str) -> str:
    """Return the URL of a request at an origin, without its secrets."""
    query = f"?{mask.query(request.query)}" if request.query else ""
    return f"{origin}{mask.text(request.path)}{query}"


def shown_headers(request: Request, token: str, variables: Mapping[str, str] = _NONE) -> Iterator[tuple[str, str]]:
    """Yield the headers that a repetition needs. For credentials that are no variable ``token`` stands."""
    for name, value in request.headers.items():
        if name in _REPEATED:
            yield name, value
        elif name == "authorization":
            scheme, _, key = value.partition(" ")
            is_known = scheme.lower() in SCHEMES
            if not value or (is_known and not key) or any(text in value for text in variables):
                yield name, value
            else:
                yield name, f"{scheme if is_known else 'Bearer'} {token}" if key else token
        elif name == "x-api-key":
            yield name, value if not value or any(text in value for text in variables) else token


def _word(text: str, variables: Mapping[str, str]) -> str:
    """Quote a text for a shell, with variables in the place of what they stand for."""
    known = sorted(filter(None, variables), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, known))})", text) if known else [text]
    if len(parts) == 1:
        return shlex.quote(text)
    if not any(letter in _SPECIAL for part in parts[::2] for letter in part):
        return '"' + "".join(variables.get(part, part) for part in parts) + '"'
    return "".join(f'"{variables[part]}"' if part in variables else shlex.quote(part) for part in parts if part)


def _octal(body: bytes) -> str:
    """Write bytes as ``printf`` reads them."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03o}" for byte in body)
