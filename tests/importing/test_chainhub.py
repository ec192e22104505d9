"""What is derived from the pages of chainhub, compared with what we have written by hand: each difference is explained.

The pages themselves are not ours to copy. Those here have the same facts in the same form, in other words. The real
ones are compared as well where the environment variable TESTS_SEEDS names the folder that has them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mockserver.contract.catalog import Catalog, read
from mockserver.contract.service import Service
from mockserver.importing.folder import write
from mockserver.importing.notes import CannotImport, Kind
from mockserver.importing.service import Imported, imported
from mockserver.resources import folder
from mockserver.types import JSON

SEEDS = os.environ.get("TESTS_SEEDS")

_PAGE = """\
# {title}

## OpenAPI Specification

```yaml
openapi: 3.0.1
info:
  title: ''
  version: 1.0.0
paths:
  {path}:
    post:
      summary: {title}
      parameters:
        - name: Content-Type
          in: header
          required: false
          schema:
            type: string
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                model_name:
                  type: string
                  description: The model Enumeration value: {model}
                prompt:
                  type: string
                  description: |-
                    What to make, and what not.
                    Cannot exceed 2500 characters.
{fields}
                callback_url:
                  type: string
                external_task_id:
                  type: string
              required:
{required}
            example:
{example}
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema:
                type: object
                properties: {{}}
          x-apifox-name: success
      security:
        - bearer: []
components:
  schemas: {{}}
  securitySchemes:
    bearer:
      type: http
      scheme: bearer
servers:
  - url: https://api.chainhub.tech
```
"""
_IMAGE_FIELDS = """\
                image_list:
                  type: array
                  items:
                    type: object
                    properties:
                      image:
                        type: string
                  description: The pictures to go by
                resolution:
                  type: string
                  description: |-
                    How clear it is

                    Enumerated values: 1k, 2k
                    1k: one thousand pixels
                'n':
                  type: integer
                  description: |-
                    How many
                    Value range: [1, 9]
                aspect_ratio:
                  type: string
                  description: |-
                    Width to height.
                    Enum values: 16:9, 9:16, 1:1, 4:3, 3:4, 3:2, 2:3, 21:9, auto
                    It is not effective where the ratio is that of a picture that was sent."""
_VIDEO_FIELDS = """\
                image_list:
                  type: array
                  items:
                    type: object
                    properties:
                      image_url:
                        type: string
                      type:
                        type: string
                  description: |-
                    The pictures to go by
                    The `type` parameter says which frame it is: `first_frame` is the first, `end_frame` the last.
                    A last frame alone is not supported.
                video_list:
                  type: array
                  items:
                    type: object
                    properties:
                      video_url:
                        type: string
                      refer_type:
                        type: string
                      keep_original_sound:
                        type: string
                  description: >-
                    The film to go by

                    The `refer_type` parameter says what for: `feature` is to take after it, `base` to change it.

                    Of a film to be changed, first and last frame cannot be set.

                    The `keep_original_sound` parameter is about its sound: `yes` keeps it, `no` does not.
                mode:
                  type: string
                  description: |-
                    How good it is
                    Enum values: std, pro
                    std: plain
                aspect_ratio:
                  type: string
                  description: |-
                    Width to height
                    Enumerated values: 16:9, 9:16, 1:1
                    Required when neither a first frame nor a film to be changed is sent.
                duration:
                  type: string
                  description: >-
                    Seconds

                    Enumerated values: 3, 4, 5, 6, 7, 8, 9, 10, where:

                    From a text, or from a first frame, only 5 and 10 are supported."""


def _lines(indent: int, *lines: str) -> str:
    return "\n".join(" " * indent + line for line in lines)


PAGES = {
    "image.md": _PAGE.format(
        title="Omni-Image",
        path="/kling/v1/images/omni-image",
        model="kling-image-o1",
        fields=_IMAGE_FIELDS,
        required=_lines(16, "- model_name", "- prompt"),
        example=_lines(
            14,
            "model_name: kling-image-o1",
            "prompt: A cat laughs.",
            "image_list:",
            "  - image: https://example.com/cat.jpg",
        ),
    ),
    "video.md": _PAGE.format(
        title="Omni-Video",
        path="/kling/v1/videos/omni-video",
        model="kling-video-o1",
        fields=_VIDEO_FIELDS,
        required=_lines(16, "- model_name", "- prompt", "- mode", "- duration"),
        example=_lines(
            14,
            "model_name: kling-video-o1",
            "prompt: A hat for <<<image_1>>>",
            "image_list:",
            "  - image_url: https://example.com/cat.jpg",
            "mode: pro",
            "aspect_ratio: '16:9'",
        ),
    ),
}

OFFICIAL = "the page does not say it; by hand it was taken from the official page"
WORDS = "the page says it in words that no pattern reads; it stands among what was not decided"
OPEN = "the page says only that it is an object; by hand fields that it does not name warn, here they are not looked at"
UNASKED = "a question about rules that were not derived"
NAMES = {"model-name-is-listed": "model-is-listed"}
"""Rules that say the same under other names."""

EXPLAINED: dict[str, str] = {
    # By a rule of an operation, or what else differs: why.
    "omni-image image_list.maxItems": OFFICIAL,
    "omni-image image_list[].image.required": OFFICIAL,
    "omni-image image_list[].additionalProperties": OPEN,
    "omni-image prompt.minLength": OFFICIAL,
    "omni-image image_list[].image.minLength": OFFICIAL,
    "omni-image image_list[].image.x-base64": OFFICIAL,
    "omni-image image_list[].image.x-image-format": OFFICIAL,
    "omni-image image_list[].image.x-image-bytes": OFFICIAL,
    "omni-image image_list[].image.x-image-side": OFFICIAL,
    "omni-image image_list[].image.x-image-ratio": OFFICIAL,
    "omni-image auto-ratio-needs-image": OFFICIAL,
    "omni-image references-exist": OFFICIAL,
    "omni-image reference-form": OFFICIAL,
    "omni-image prompt-is-not-blank": OFFICIAL,
    "omni-video image_list.maxItems": OFFICIAL,
    "omni-video image_list[].image_url.required": OFFICIAL,
    "omni-video image_list[].additionalProperties": OPEN,
    "omni-video video_list[].additionalProperties": OPEN,
    "omni-video prompt.minLength": OFFICIAL,
    "omni-video image_list[].image_url.minLength": OFFICIAL,
    "omni-video image_list[].image_url.x-base64": OFFICIAL,
    "omni-video image_list[].image_url.x-image-format": OFFICIAL,
    "omni-video image_list[].image_url.x-image-bytes": OFFICIAL,
    "omni-video image_list[].image_url.x-image-side": OFFICIAL,
    "omni-video image_list[].image_url.x-image-ratio": OFFICIAL,
    "omni-video video_list.maxItems": OFFICIAL,
    "omni-video video_list[].video_url.required": OFFICIAL,
    "omni-video video_list[].video_url.pattern": "the page says URL of it only in words, which no pattern reads",
    "omni-video duration.enum": "by hand numbers are taken, too: clients send them, and duration-as-text warns",
    "omni-video duration-as-text": "by hand numbers are taken, too: clients send them, and duration-as-text warns",
    "omni-video o1-five-or-ten-seconds": WORDS,
    "omni-video end-frame-needs-first-frame": WORDS,
    "omni-video frames-exclude-base-video": WORDS,
    "omni-video aspect-ratio-required": WORDS,
    "omni-video references-exist": OFFICIAL,
    "omni-video reference-form": OFFICIAL,
    "omni-video prompt-is-not-blank": OFFICIAL,
    "default video_list[].refer_type": "the page calls the default by what it does, and not by its name",
    "reading content-type": "that a header is marked as optional is not read",
    "reading unlisted-model": "by hand a question of two pages that contradict each other",
    "omni-video task": "the videos that are read are named here, as at Kling, and not by hand",
    "reading auto-ratio": UNASKED,
    "reading o1-duration": UNASKED,
    "reading dangling-reference": UNASKED,
    "payloads unusual": "by hand it has a field of the official page, which is none here",
}
"""Each difference between what was derived and what was written, and why there is one."""


def compared(derived: Service, written: Service) -> set[str]:
    """Return the names of all in which two services differ."""
    found: set[str] = set()
    for product in ("omni-image", "omni-video"):
        rules = [_rules(service, product) for service in (derived, written)]
        for id in rules[0].keys() | rules[1].keys():
            if rules[0].get(id) != rules[1].get(id):
                found.add(f"{product} {id}")
        one, other = (service.operations[f"{service.id}/{product}.create"] for service in (derived, written))
        for name in (
            "does",
            "method",
            "path",
            "media_types",
            "answer",
            "answer_status",
            "callback",
            "task",
            "when",
            "defaults",
        ):
            if getattr(one, name) != getattr(other, name):
                found.add(f"{product} {name}")
        found |= {f"payloads {name}" for name in one.payloads.keys() ^ other.payloads.keys()}
        items = [_items(service, product) for service in (derived, written)]
        found |= {
            f"default {place}"
            for place in items[0].keys() | items[1].keys()
            if items[0].get(place) != items[1].get(place)
        }
    for name in (
        "dialect",
        "hosts",
        "credentials",
        "errors",
        "messages",
        "refusal",
        "reasons",
        "layout",
        "faults",
        "templates",
    ):
        if getattr(derived, name) != getattr(written, name):
            found.add(name)
    found |= {f"reading {id}" for id in derived.questions.keys() ^ written.questions.keys()}
    found |= {
        f"reading {id}"
        for id, each in derived.questions.items()
        if id in written.questions and each.default != written.questions[id].default
    }
    return found | {f"operation {name}" for name in _names(derived) ^ _names(written)}


def _names(service: Service) -> set[str]:
    return {
        f"{each.name} {each.method} {each.path} {each.answer} {dict(each.when)}" for each in service.operations.values()
    }


def _rules(service: Service, product: str) -> dict[str, JSON]:
    rules = service.operations[f"{service.id}/{product}.create"].rules
    found: dict[str, JSON] = {}
    for rule in rules:
        value: JSON = rule.value if not rule.is_anchored else None
        value = sorted(map(str, value)) if rule.keyword == "enum" else value
        value = None if rule.keyword in ("enum", "required", "pattern") and rule.level == "warning" else value
        value = None if rule.keyword == "required" else value
        found[NAMES.get(rule.id, rule.id)] = (value, rule.level)
    return found


def _items(service: Service, product: str) -> dict[str, JSON]:
    properties = service.operations[f"{service.id}/{product}.create"].schema["properties"]
    inner = {
        f"{name}[].{field}": part
        for name, each in properties.items()
        for field, part in each.get("items", {}).get("properties", {}).items()
    }
    return {place: part["default"] for place, part in {**properties, **inner}.items() if "default" in part}


def both(tmp_path: Path, files: list[Path]) -> tuple[Imported, Catalog]:
    found = imported(files, "derived")
    write(tmp_path / "out" / "derived", found.files, found.notes, "the pages")
    return found, read(folder("schemas"), [tmp_path / "out"])


def pages(tmp_path: Path) -> list[Path]:
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / name for name in PAGES]


def seeds() -> list[Path]:
    return [next(Path(SEEDS or "").glob(f"{number}*")) for number in ("000", "003")]


@pytest.mark.parametrize("source", ["ours", *(["the seeds"] if SEEDS else [])])
def test_each_difference_from_what_was_written_by_hand_is_explained(source: str, tmp_path: Path) -> None:
    files = pages(tmp_path) if source == "ours" else seeds()
    found, catalog = both(tmp_path, files)
    differences = compared(catalog.services["derived"], catalog.services["chainhub"])
    assert differences - EXPLAINED.keys() == set()
    assert EXPLAINED.keys() - differences == set()
    undecided = " ".join(note.words for note in found.notes.of(Kind.UNDECIDED))
    assert all(word in undecided for word in ("last frame", "only 5 and 10", "cannot be", "Required when"))
    assert len(found.notes.of(Kind.MENDED)) == 2


if SEEDS:

    @pytest.mark.parametrize(
        ("number", "told"),
        [
            ("001", r"POST /kling/v1/images/omni-image, 1\d fields .*model_name.*2 examples in JSON"),
            ("002", r"the text of a page.*limits in words.*but no names of fields"),
            ("004", r"11 fields .*prompt.*5 examples in JSON"),
        ],
    )
    def test_a_page_without_a_document_is_refused_with_what_can_be_had_of_it(number: str, told: str) -> None:
        with pytest.raises(CannotImport, match=told):
            imported([next(Path(SEEDS or "").glob(f"{number}*"))], "acme")
