"""Regular expressions that meet a client's text take time in proportion to it, whatever the text is made of."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mockserver
from mockserver.adapters.proxy import redaction
from mockserver.adapters.proxy.redaction import Redactor
from mockserver.contract.catalog import load
from mockserver.fake.faults import prompt as prompts
from mockserver.fake.faults.fault import BadFault, Target
from mockserver.fake.stores.memory.documents import Documents
from mockserver.secrecy import mask as secrecy
from mockserver.secrecy.mask import Mask, is_secret

COUNT = 200
"""So many repetitions make a short text; a long one has ten times as many."""

MOST = 40
"""A long text may cost so many times what a short one does: ten, and room for noise. In a square it is a hundred."""

CHEAP = 0.0003
"""Seconds; for less than that the ratio is noise, and 2000 letters in a square take ten times as long."""

HOPELESS = 0.02
"""Seconds; if a short text takes that long there is no need to try a long one, which might take minutes."""

TEXTS: Mapping[str, Callable[[int], str]] = {
    **{
        repr(part): lambda count, part=part: part * count  # type: ignore[misc] # the default binds the part
        for part in (
            *(
                " ",
                "\n",
                "a",
                "A",
                "aA",
                "0",
                ".",
                "_",
                "-",
                "/",
                "=",
                "@",
                "{",
                "[",
                "<",
                "a.b",
                "a_",
                "1.",
                "-1",
                " #",
            ),
            *("[[mock:", "[[ mock:", "[[ ", "[[mock: ", "http://", "eyJ", "eyJaaaa-", "eyJaaaa.", "eyJaaaa.a!"),
            *(
                "key=",
                "token_",
                "api_",
                "data:",
                "data:a/",
                "data:;base64,",
                "QUJD",
                "x@",
                "x@a.",
                "x@a.b+",
                "account-1",
            ),
            *("bearer ", "sk-", "sk-a ", "user:1", "user:1-", "@image_1", "<<<image_1", "/results/a/1/", "v1,A ", "{a"),
            *("/results/uploads/1.", "/results/uploads/"),
        )
    },
    "a mark that does not end": lambda count: "[[mock:" + " " * count + "]",
    "a mark of spaces": lambda count: "[[" + " " * count + "mock",
    "a mark of words": lambda count: "[[mock: " + "a " * count,
    "a JWT of one part": lambda count: "eyJ" + "a" * count + ".",
    "a JWT of two parts": lambda count: "eyJaaaa." + "eyJ" * count,
    "an email without a dot": lambda count: "x@" + "-a" * count,
    "an email of dots": lambda count: "x@" + "a." * count + "@",
    "a file and lines": lambda count: "A" * 200 + "\n" * count + "!",
    "a file and spaces": lambda count: "A" * 200 + "=" + " " * count + "!",
    "a user's number": lambda count: "user:" + "1" * count,
    "capitals before a letter": lambda count: "A" * count + "a",
}


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield every regular expression that a module of ours holds, with its name."""
    for module in pkgutil.walk_packages(mockserver.__path__, "mockserver."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                for found in value if isinstance(value, tuple) else (value,):
                    if isinstance(found, re.Pattern) and isinstance(found.pattern, str):
                        yield f"{module.name}.{name}", found


def cost(work: Callable[[str], object], text: str, tries: int) -> float:
    """Return the least time of ours that some work took; what a neighbour of the machine takes is not in it."""
    found = []
    for _ in range(tries):
        began = process_time()
        work(text)
        found.append(process_time() - began)
    return min(found)


def out_of_proportion(work: Callable[[str], object], texts: Iterable[str] = TEXTS) -> list[str]:
    """Return the texts on which some work takes more than in proportion to their length."""
    found = []
    for name in texts:
        short, long = TEXTS[name](COUNT), TEXTS[name](10 * COUNT)
        if cost(work, short, 1) > HOPELESS and cost(work, short, 3) > HOPELESS:
            found.append(f"{name}: a short text takes too long already")
        elif cost(work, long, 1) > CHEAP and cost(work, long, 5) > MOST * cost(work, short, 15):
            found.append(name)
    return found


def test_the_sweep_finds_the_patterns_and_a_square_among_them() -> None:
    names = [name for name, _ in patterns()]
    assert {"mockserver.fake.faults.prompt._MARK", "mockserver.adapters.proxy.redaction._EMAIL"} <= {*names}
    assert len(names) > 20
    assert out_of_proportion(re.compile(r"[\w.+-]+@").search, [repr("a.b")])


def ways(name: str) -> tuple[str, ...]:
    """Return how a pattern may meet a client's text; what imports a page meets only its cells and lines, one by one."""
    return ("fullmatch",) if name.startswith("mockserver.importing.") else ("findall", "fullmatch")  # a search, again


def test_every_pattern_takes_time_in_proportion_to_the_text() -> None:
    slow = {
        f"{name}.{how}": texts
        for name, pattern in dict(patterns()).items()
        for how in ways(name)
        if (texts := out_of_proportion(getattr(pattern, how)))
    }
    assert slow == {}


def faults_of(prompt: str) -> None:
    operation = load().operation("kling/omni-image.create")
    with suppress(BadFault):
        found = prompts.PromptFaults(Documents())
        found.take("answer", Target("kling", None, "me", "/", {}), operation, "me", {"prompt": prompt}, load().services)


@pytest.mark.parametrize(
    "work",
    [
        faults_of,
        is_secret,
        lambda text: Mask().text(text),
        lambda text: Mask().query(text),
        lambda text: Mask().text(f"https://{text}"),
        lambda text: Redactor().text(text),
        lambda text: Redactor().json({"prompt": text}),
        lambda text: Redactor().segment(text),
        lambda text: Redactor().query(f"prompt={text}", {"prompt": {}}),
    ],
    ids=["prompt", "is_secret", "mask", "masked query", "masked url", "text", "json", "segment", "query"],
)
def test_whole_functions_take_time_in_proportion_to_the_text(work: Callable[[str], object]) -> None:
    # Every pattern in them meets every text above; here it is enough that nothing else adds up.
    assert out_of_proportion(work, [*TEXTS][::3]) == []


def pieces(*parts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts)).map("".join)


@given(pieces("[[", "mock:", " ", "\n", "a", "]", "]]", "[", "\u3000"))
def test_a_mark_is_what_the_plain_pattern_finds(prompt: str) -> None:
    plain = re.findall(r"\[\[\s*mock:\s*([^\]]*?)\s*\]\]", prompt)
    assert [line.strip() for line, end in prompts._MARK.findall(prompt) if end] == plain


PLAIN: Mapping[str, Any] = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "jwt": re.compile(r"eyJ[\w-]{4,}\.[\w-]+\.[\w-]*"),
    "file": re.compile(r"[A-Za-z0-9+/_\r\n-]{128,}={0,2}\s*"),
    "secret": re.compile(
        r".*(token|secret|password|passwd|passphrase|credentials?|cookies?|authorization|signature"
        r"|(api|access|secret|private|subscription)_?key)|(.*_)?(pwd|auth|sign|sig|jwt|sid|session_id|key)"
    ),
}


@given(pieces("a", "b", ".", "@", "+", "-", " ", "é", "!"))
def test_an_email_is_what_the_plain_pattern_finds(text: str) -> None:
    found = [match[0] for match in redaction._EMAIL.finditer(text) if match[1]]
    assert found == [match[0] for match in PLAIN["email"].finditer(text)]


@given(pieces("eyJ", "eyJabcd", "a", ".", "-", " ", "=", "!"))
def test_a_jwt_is_what_the_plain_pattern_finds(text: str) -> None:
    found = [match[0] for match in secrecy.JWT.finditer(text) if match[1]]
    assert found == [match[0] for match in PLAIN["jwt"].finditer(text)]


@given(pieces("A" * 64, "A", "\n", "\r\n", "=", " ", "!"))
def test_a_file_is_what_the_plain_pattern_takes(text: str) -> None:
    assert bool(redaction._FILE.fullmatch(text)) == bool(PLAIN["file"].fullmatch(text))


@given(pieces("_", "api", "access", "key", "token", "secret", "s", "apikey"))
def test_a_secret_is_what_the_plain_pattern_takes(name: str) -> None:
    assert bool(secrecy._SECRET.search(name)) == bool(PLAIN["secret"].fullmatch(name))
