"""Settings of a run against a client."""

import shlex
from typing import get_type_hints

from mockserver.kit.client.settings import Options, Settings
from tests.mutants.clients.reference import Reference


def test_settings_say_how_a_finding_is_repeated() -> None:
    plain = Settings(testee=("node", "my testee.js"))
    common = "mockserver check client --only wire --operation kling/omni-image --scenario plain"
    assert plain.repetition("wire", "kling/omni-image", "plain") == f"{common} -- node 'my testee.js'"
    exact = Settings(testee=("a:B",), seed=3).repetition(
        "wire", "kling/omni-image", "plain", reading="error-data=null", payload={"prompt": "猫's"}
    )
    assert shlex.split(exact) == [
        *(*common.split(), "--reading", "error-data=null", "--payload", '{"prompt": "\\u732b\'s"}', "--", "a:B")
    ]


def test_a_finding_in_a_python_object_is_repeated_by_a_call() -> None:
    call = Settings(testee=Reference(), seed=3).repetition("wire", "kling/omni-image", "plain", payload={"n": 1})
    named = "only=['wire'], operations=['kling/omni-image'], scenarios=['plain'], payload={'n': 1}"
    assert call == f"check_client(Reference(), {named})"


def test_the_options_of_the_library_are_the_settings() -> None:
    fields = get_type_hints(Settings)
    del fields["testee"]
    assert get_type_hints(Options) == fields
