"""The worked example of ARCHITECTURE, "How a payload is made", is what the code does."""

from __future__ import annotations

from mockserver.contract.catalog import load
from mockserver.kit.generation.choices import Simplest
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.shapes import any_accepts
from mockserver.kit.generation.valid import ValidPayloads, without_spare_fields

IMAGE = load().operation("kling/omni-image")
RULE = next(rule for rule in IMAGE.rules if rule.id == "o1-up-to-2k")
PROMPT = "Put the cat on the moon"


def test_the_rule_is_a_choice_of_two_shapes_and_its_negation_is_one() -> None:
    small, other_model = normal_form(RULE.value)
    assert [shape.values for name in ("model_name", "resolution") for shape in small.field_shapes(name)] == [
        ("kling-image-o1",),
        ("1k", "2k"),
    ]
    assert other_model.required == {"model_name"}
    assert not any_accepts(other_model.field_shapes("model_name"), "kling-image-o1")
    (negation,) = normal_form(RULE.value, holds=False)
    assert negation.required == {"resolution"}


def test_one_of_34_branches_gives_the_payload() -> None:
    valid = ValidPayloads.of(IMAGE, is_strict=True)
    assert (len([rule for rule in IMAGE.rules if rule.is_anchored]), len(valid.branches)) == (11, 34)
    branch = next(each for each in valid.branches if valid.simplest(each).get("resolution") == "4k")
    payload = {"model_name": "kling-v3-omni", "prompt": PROMPT, "resolution": "4k"}
    assert valid.simplest(branch) == {**payload, "aspect_ratio": "16:9"}
    assert without_spare_fields(valid.simplest(branch), branch, valid.is_valid, Simplest()) == {"prompt": PROMPT}


def test_the_invalid_payload_breaks_the_rule_by_the_default_model() -> None:
    assert InvalidPayloads.of(IMAGE).simplest(RULE).payload == {"prompt": PROMPT, "resolution": "4k"}
    assert IMAGE.schema["properties"]["model_name"]["default"] == "kling-image-o1"
