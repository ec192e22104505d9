"""Mutants that are wrong with some payloads only, so that only a generated payload shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference

_SAME = "payload-arrives-unchanged"
_VIDEO = "kling/omni-video"


class Filming(Reference):
    """The reference, which makes films only."""

    paths: Mapping[str, str] = {_VIDEO: Reference.paths[_VIDEO]}


def _where(
    is_so: Callable[[Answer], object], change: Callable[[Answer], Answer]
) -> Callable[[Reference, Answer], Answer]:
    """Return a ``body`` that changes some payloads."""
    return lambda _, sent: change(sent) if is_so(sent) else sent


def _without(name: str) -> Callable[[Answer], Answer]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


def _urls(self: Reference, result: Answer) -> list[str]:
    return Reference.urls(self, result)[:4]


SOME_PAYLOADS = (
    mutant(
        "drops-elements-beside-pictures",
        _SAME,
        told="element_list was .+ and is missing",
        fields=("prompt", "image_list", "element_list"),
        body=_where(lambda sent: sent.get("image_list") and sent.get("element_list"), _without("element_list")),
    ),
    mutant(
        "sends-two-pictures-at-most",
        _SAME,
        told=r"image_list had \d items and arrived with 2",
        fields=("prompt", "image_list"),
        body=_where(
            lambda sent: len(sent.get("image_list", ())) > 2,
            lambda sent: {**sent, "image_list": sent["image_list"][:2]},
        ),
    ),
    mutant(
        "cuts-long-prompts",
        _SAME,
        told=r"prompt had \d+ characters and arrived cut: with its first 1000 only",
        fields=("prompt",),
        body=_where(lambda sent: len(sent["prompt"]) > 1000, lambda sent: {**sent, "prompt": sent["prompt"][:1000]}),
    ),
    mutant(
        "spells-a-ratio-with-an-x",
        _SAME,
        told=r"aspect_ratio was '\d+:\d+' and arrived as '\d+x\d+'",
        fields=("prompt", "aspect_ratio"),
        body=_where(
            lambda sent: "aspect_ratio" in sent,
            lambda sent: {**sent, "aspect_ratio": sent["aspect_ratio"].replace(":", "x")},
        ),
    ),
    mutant(
        "knows-no-4k",
        _SAME,
        told="resolution was '4k' and arrived as '2k'",
        fields=("prompt", "model_name", "resolution"),
        body=_where(
            lambda sent: sent.get("model_name") == "kling-v3-omni" and sent.get("resolution") == "4k",
            lambda sent: {**sent, "resolution": "2k"},
        ),
    ),
    mutant(
        "names-what-is-unnamed",
        "nothing-is-invented",
        told="the body also has batch",
        fields=("prompt", "n"),
        body=_where(lambda sent: sent.get("n", 1) > 1, lambda sent: {**sent, "batch": "b-1"}),
    ),
    mutant(
        "hands-out-four-at-most",
        "all-results-in-order",
        told=r"left out 5.* of the \d URLs that the service sent",
        fields=("prompt", "n"),
        urls=_urls,
    ),
    mutant(
        "shortens-long-films",
        _SAME,
        told="duration was '1[1-5]' and arrived as '10'",
        base=Filming,
        fields=("prompt", "model_name", "aspect_ratio", "duration"),
        body=_where(lambda sent: int(sent.get("duration", 5)) > 10, lambda sent: {**sent, "duration": "10"}),
    ),
    mutant(
        "makes-silent-films",
        _SAME,
        told="sound was 'on' and arrived as 'off'",
        base=Filming,
        fields=("prompt", "model_name", "aspect_ratio", "sound"),
        body=_where(lambda sent: sent.get("sound") == "on", lambda sent: {**sent, "sound": "off"}),
    ),
    mutant(
        "mends-a-wrong-ratio",
        "mistakes-are-not-repaired",
        told="aspect_ratio was .+ and arrived as '1:1'",
        fields=("prompt", "aspect_ratio"),
        body=_where(
            lambda sent: (
                sent.get("aspect_ratio") not in (None, "16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
            ),
            lambda sent: {**sent, "aspect_ratio": "1:1"},
        ),
    ),
    mutant(
        "counts-no-further-than-nine",
        "mistakes-are-not-repaired",
        told=r"n was \d+ and arrived as 9",
        fields=("prompt", "n"),
        body=_where(lambda sent: isinstance(sent.get("n"), int) and sent["n"] > 9, lambda sent: {**sent, "n": 9}),
    ),
)
