"""A request schema such as the newer standard has: items of a list that are chosen by their type, and nested settings.

It says F1 to F17 and N1 to N18 of the facts in the words of our schemas, so that each kind of rule among them is known
to be sayable, and to be generated on both sides. It is no contract: the service has its own.
"""

from __future__ import annotations

from typing import Any

from mockserver.types import JSON, Schema

FRAME = "https://example.com/frame.png"
FILM = "https://example.com/film.mp4"
TYPES = ("prompt", "first_frame", "last_frame", "refer_image", "feature_video", "base_video", "element")
IMAGES = ("first_frame", "last_frame", "refer_image")
VIDEOS = ("feature_video", "base_video")


def is_of(*types: str) -> Schema:
    """Return the schema of an item of one of some types; of one whose type nobody knows it says nothing."""
    return {"properties": {"type": {"enum": [*types]}}}


def has(*types: str, at_least: int = 1) -> Schema:
    """Return the schema of bodies with items of some types."""
    item = {"type": "object", "required": ["type"], **is_of(*types)}
    contents = {"type": "array", "contains": item, "minContains": at_least}
    return {"type": "object", "required": ["contents"], "properties": {"contents": contents}}


def at_most(count: int, *types: str) -> Schema:
    """Return the schema of bodies with no more items of some types; one without a type counts for none."""
    item = {"type": "object", "required": ["type"], **is_of(*types)}
    return {"properties": {"contents": {"contains": item, "minContains": 0, "maxContains": count}}}


def setting(name: str, **says: JSON) -> Schema:
    """Return the schema of bodies whose setting, if it is sent, is so."""
    return {"properties": {"settings": {"properties": {name: says}}}}


def sent(name: str, **says: JSON) -> Schema:
    """Return the schema of bodies that send a setting, and that is so."""
    inner = {"type": "object", "required": [name], "properties": {name: says}}
    return {"type": "object", "required": ["settings"], "properties": {"settings": inner}}


def each(*types: str, **says: JSON) -> Schema:
    """Return the schema of bodies in which each item of some types is so."""
    chosen = {"type": "object", "required": ["type"], **is_of(*types)}
    return {"properties": {"contents": {"items": {"if": chosen, "then": says}}}}


def both(*schemas: Schema) -> Schema:
    """Return the schema of bodies that keep all of some."""
    return {"allOf": [*schemas]}


def none_of(*schemas: Schema) -> Schema:
    """Return the schema of bodies that keep none of some."""
    return {"allOf": [{"not": schema} for schema in schemas]}


def rule(anchor: str, source: str, accept: list[JSON], reject: list[JSON], **says: Any) -> Schema:
    """Return one rule across fields."""
    return {
        "$anchor": anchor,
        "description": anchor.replace("-", " "),
        "x-source": source,
        **says,
        "x-accept": accept,
        "x-reject": reject,
    }


PROMPT: JSON = {"type": "prompt", "text": "A red bicycle"}
FIRST: JSON = {"type": "first_frame", "url": FRAME}
LAST: JSON = {"type": "last_frame", "url": FRAME}
REFER: JSON = {"type": "refer_image", "url": FRAME, "id": "bike"}
FEATURE: JSON = {"type": "feature_video", "url": FILM}
BASE: JSON = {"type": "base_video", "url": FILM}
ELEMENT: JSON = {"type": "element", "element_id": "162", "id": "ann"}


def holding(*items: JSON, **more: JSON) -> JSON:
    """Return a patch with a prompt and some more items."""
    return {"contents": [PROMPT, *items], **more}


def saying(text: str, *items: JSON, **more: JSON) -> JSON:
    """Return a patch with another prompt."""
    return {"contents": [{"type": "prompt", "text": text}, *items], **more}


def images(count: int) -> list[JSON]:
    """Return so many images that are referred to."""
    return [{"type": "refer_image", "url": FRAME, "id": f"image{number}"} for number in range(count)]


def elements(count: int) -> list[JSON]:
    """Return so many elements."""
    return [{"type": "element", "element_id": "162", "id": f"element{number}"} for number in range(count)]


_TEXT = {"type": "string", "not": {"pattern": r"^\s*$"}}
_SHOTS = {
    "in": "contents[type=prompt].text", "equals": "settings.duration", "default": 5, "most": 6, "words": 512,
}  # fmt: skip

RULES: list[Schema] = [
    rule(
        "one-prompt",
        "family N6",
        [holding(FIRST)],
        [{"contents": [FIRST]}, holding(PROMPT)],
        **{
            "if": {"properties": {"contents": {"minItems": 1}}},
            "then": {"properties": {"contents": {"contains": is_of("prompt"), "maxContains": 1}}},
        },
    ),
    rule(
        "prompt-has-text",
        "family N3",
        [holding()],
        [{"contents": [{"type": "prompt"}]}, saying(" ")],
        **each("prompt", required=["text"], properties={"text": _TEXT}),
    ),
    rule(
        "media-have-a-url",
        "family N3",
        [holding(FIRST, LAST)],
        [holding({"type": "first_frame", "url": ""})],
        **each(*IMAGES, *VIDEOS, required=["url"], properties={"url": _TEXT}),
    ),
    rule(
        "video-is-a-url",
        "family N4",
        [holding(FEATURE)],
        [holding({"type": "base_video", "url": "AAAA"})],
        **each(*VIDEOS, properties={"url": {"type": "string", "pattern": "^https?://"}}),
    ),
    rule(
        "element-has-its-id",
        "family F6",
        [holding(ELEMENT)],
        [holding({"type": "element", "id": "ann"})],
        **each("element", required=["element_id", "id"], properties={"element_id": {"type": "string"}}),
    ),
    rule(
        "last-frame-needs-first",
        "family N7",
        [holding(FIRST, LAST)],
        [holding(LAST)],
        **{"if": has("last_frame"), "then": has("first_frame")},
    ),
    rule("one-frame-of-each-kind", "family F2", [holding(FIRST)], [holding(FIRST, FIRST)], **at_most(1, "first_frame")),
    rule("one-video", "family N8", [holding(BASE)], [holding(BASE, FEATURE)], **at_most(1, *VIDEOS)),
    rule(
        "base-video-excludes-frames",
        "family N9",
        [holding(BASE, REFER)],
        [holding(BASE, FIRST)],
        **{"if": has("base_video"), "then": at_most(0, "first_frame", "last_frame")},
    ),
    rule(
        "base-video-is-one-shot",
        "family N9",
        [holding(BASE), holding(BASE, settings={"multi_shot": False})],
        [holding(BASE, settings={"multi_shot": True})],
        **{"if": has("base_video"), "then": setting("multi_shot", **{"not": {"const": True}})},
    ),
    rule(
        "base-video-is-not-native",
        "family N9",
        [holding(BASE, settings={"audio": "original"})],
        [holding(BASE, settings={"audio": "native"})],
        **{"if": has("base_video"), "then": setting("audio", **{"not": {"const": "native"}})},
    ),
    rule(
        "feature-video-is-silent",
        "family N10",
        [holding(FEATURE, settings={"audio": "off"})],
        [holding(FEATURE, settings={"audio": "original"})],
        **{"if": has("feature_video"), "then": setting("audio", const="off")},
    ),
    rule(
        "feature-video-without-last-frame",
        "family N11",
        [holding(FEATURE, FIRST)],
        [holding(FEATURE, FIRST, LAST)],
        **{"if": has("feature_video"), "then": at_most(0, "last_frame")},
    ),
    rule(
        "two-frames-exclude-others",
        "family N11",
        [holding(FIRST, LAST)],
        [holding(FIRST, LAST, REFER)],
        **{"if": both(has("first_frame"), has("last_frame")), "then": at_most(0, "refer_image", "element")},
    ),
    rule(
        "original-needs-a-video",
        "family N12",
        [holding(BASE, settings={"audio": "original"})],
        [{"settings": {"audio": "original"}}],
        **{"if": sent("audio", const="original"), "then": has(*VIDEOS)},
    ),
    rule(
        "ratio-without-frame",
        "family N13",
        [holding(FIRST), {"settings": {"aspect_ratio": "1:1"}}],
        [{"settings": None}],
        **{
            "x-level": "warning",
            "if": {"type": "object", **none_of(has("first_frame"), has(*VIDEOS))},
            "then": {"required": ["settings"], "properties": {"settings": {"required": ["aspect_ratio"]}}},
        },
    ),
    rule(
        "five-or-ten-seconds",
        "family N14",
        [holding(FIRST, settings={"duration": 10}), holding(FIRST, REFER, settings={"duration": 7})],
        [holding(FIRST, settings={"duration": 7})],
        **{
            "if": both(has("first_frame"), none_of(has("refer_image"), has(*VIDEOS))),
            "then": setting("duration", enum=[5, 10]),
        },
    ),
    rule(
        "three-elements-with-a-frame",
        "family N15",
        [holding(FIRST, *elements(3))],
        [holding(FIRST, *elements(4))],
        **{"if": has("first_frame"), "then": at_most(3, "element")},
    ),
    rule(
        "seven-references",
        "family N16; family N17",
        [holding(*images(4), *elements(3))],
        [holding(*images(8))],
        **{"if": {"type": "object", **none_of(has(*VIDEOS))}, "then": at_most(7, "refer_image", "element")},
    ),
    rule(
        "four-references-with-a-video",
        "family N16; family N17",
        [holding(BASE, *images(4))],
        [holding(BASE, *images(3), *elements(2))],
        **{"if": has(*VIDEOS), "then": at_most(4, "refer_image", "element")},
    ),
    rule(
        "ids-are-unique",
        "family F7",
        [holding(REFER, ELEMENT)],
        [holding(REFER, REFER)],
        **{"x-unique": "contents[].id"},
    ),
    rule(
        "names-are-sent",
        "family N19",
        [saying("@bike, from a.b@c.com", REFER), saying("a @ b")],
        [saying("@bike", ELEMENT)],
        **{"x-references": {"in": ["contents[type=prompt].text"], "to": {"@*": "contents[].id"}}},
    ),
    rule(
        "shots-last-as-long-as-the-film",
        "family N18",
        [
            saying("shot 1, 2, A cat; shot 2, 3, A dog;"),
            saying("shot 1, 7, A cat;", settings={"duration": 7, "aspect_ratio": "1:1"}),
            saying("shot 1, 7, A cat; and more"),
        ],
        [
            saying("shot 1, 2, A cat; shot 2, 2, A dog;"),
            saying("shot 7, 5, A cat;"),
            saying("shot 1, 0, A cat; shot 2, 5, A dog;"),
            saying(f"shot 1, 5, {'x' * 513};"),
        ],
        **{
            "if": {"type": "object", "not": sent("multi_shot", const=False)},
            "then": {"x-shots": _SHOTS},
        },
    ),
]

NEWER: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Create a film",
    "x-source": "family F1",
    "x-confidence": "documented",
    "examples": [
        {"contents": [PROMPT], "settings": {"aspect_ratio": "16:9"}},
        {
            "contents": [{"type": "prompt", "text": "@bike and @ann"}, FIRST, REFER, ELEMENT],
            "settings": {"multi_shot": True, "audio": "native", "resolution": "720p", "duration": 5},
            "options": {
                "callback_url": "https://example.com/hook",
                "external_task_id": "mine-1",
                "watermark_info": {"enabled": True},
            },
        },
    ],
    "type": "object",
    "required": ["contents"],
    "additionalProperties": False,
    "properties": {
        "contents": {
            "type": "array",
            "minItems": 1,
            "items": {
                "examples": [PROMPT],
                "type": "object",
                "required": ["type"],
                "additionalProperties": False,
                "properties": {
                    "type": {"enum": [*TYPES]},
                    "text": {"type": "string", "maxLength": 3072},
                    "url": {"type": "string", "x-base64": True, "examples": [FRAME, FILM]},
                    "element_id": {"type": "string", "minLength": 1, "examples": ["162"]},
                    "id": {"type": "string", "minLength": 1, "examples": ["bike", "ann"]},
                },
            },
        },
        "settings": {
            "examples": [{"aspect_ratio": "16:9"}],
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "multi_shot": {"type": "boolean", "default": True},
                "audio": {"enum": ["native", "original", "off"], "default": "off"},
                "resolution": {"enum": ["720p", "1080p", "4k"], "default": "720p"},
                "aspect_ratio": {"enum": ["16:9", "9:16", "1:1"], "default": "16:9"},
                "duration": {"type": "integer", "minimum": 3, "maximum": 15, "default": 5, "examples": [5]},
            },
        },
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "callback_url": {"type": "string", "examples": ["https://example.com/hook"]},
                "external_task_id": {"type": "string", "examples": ["mine-1", ""]},
                "watermark_info": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"enabled": {"type": "boolean", "default": False}},
                },
            },
        },
    },
    "allOf": RULES,
}
