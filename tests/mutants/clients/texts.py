"""Mutants that tidy up texts, so that something arrives that looks the same and is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference
from tests.mutants.clients.useapi import Useapi


def _prompt(change: Callable[[str], str]) -> Any:
    """Return a ``body`` with another prompt."""
    return lambda self, sent: {**sent, "prompt": change(sent["prompt"])}


def _tidied(id: str, change: Callable[[str], str], told: str, base: type[Reference] = Reference) -> Any:
    return mutant(id, "payload-arrives-unchanged", body=_prompt(change), told=told, base=base)


def _without_blanks(sent: Answer) -> Answer:
    return {name: value.strip() if isinstance(value, str) else value for name, value in sent.items()}


TEXTS = (
    _tidied("strips-the-prompt", str.strip, "prompt lost 6 characters of white space at its ends"),
    _tidied("strips-the-prompt-for-useapi", str.strip, "prompt lost 6 characters of white space at its ends", Useapi),
    _tidied("strips-the-start", str.lstrip, r"prompt lost 3 characters of white space at its start \(U\+0020 U\+00A0"),
    _tidied("strips-the-end", str.rstrip, r"prompt lost 3 characters of white space at its end \(U\+3000"),
    _tidied(
        "strips-spaces-only",
        lambda text: text.strip(" "),
        r"prompt lost 1 character of white space at its start \(U\+0020\)",
    ),
    _tidied(
        "loses-the-last-line-end",
        lambda text: text.removesuffix("\n"),
        r"prompt lost 1 character of white space at its end \(U\+000A\)",
    ),
    mutant(
        "strips-every-text",
        "payload-arrives-unchanged",
        body=lambda self, sent: _without_blanks(sent),
        told="prompt lost 6 characters of white space at its ends",
    ),
    _tidied("composes-letters", lambda text: normalize("NFC", text), r"prompt was composed \(NFC\)"),
    _tidied("decomposes-letters", lambda text: normalize("NFD", text), r"prompt was decomposed \(NFD\)"),
    _tidied(
        "replaces-compatibility-letters",
        lambda text: normalize("NFKC", text),
        r"prompt lost its compatibility letters \(NFKC\)",
    ),
    _tidied(
        "strips-and-composes",
        lambda text: normalize("NFC", text.strip()),
        r"prompt lost 6 characters of white space at its ends .+ and was composed \(NFC\)",
    ),
    _tidied(
        "joins-spaces",
        lambda text: re.sub(" +", " ", text),
        "prompt has one space where there were several",
    ),
    _tidied(
        "joins-white-space",
        lambda text: " ".join(text.split()),
        "prompt .*has one space for each stretch of white space",
    ),
    _tidied("knows-one-line-end", lambda text: text.replace("\r\n", "\n"), "CR LF became LF"),
    _tidied("drops-what-joins-letters", lambda text: text.replace("\u200d", ""), "prompt lost its invisible"),
)
