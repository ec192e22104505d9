"""Settings of a run against a client."""

from typing import get_type_hints

from mockserver.kit.client.settings import Options, Settings
from tests.mutants.clients.reference import Reference


def test_settings_say_how_a_finding_is_repeated() -> None:
    plain = Settings(testee=("node", "my testee.js"))
    common = "mockserver check client --only wire --operation kling/omni-image"
    assert plain.repetition("wire", "kling/omni-image") == f"{common} -- node 'my testee.js'"
    chosen = Settings(testee=("a:B",), examples=5, seed=3, every_reading=True)
    assert chosen.repetition("wire", "kling/omni-image") == f"{common} --examples 5 --seed 3 --every-reading -- a:B"


def test_a_finding_in_a_python_object_is_repeated_by_a_call() -> None:
    call = Settings(testee=Reference(), seed=3).repetition("wire", "kling/omni-image")
    assert call == "check_client(Reference(), only=['wire'], operations=['kling/omni-image'], seed=3)"


def test_the_options_of_the_library_are_the_settings() -> None:
    fields = get_type_hints(Settings)
    del fields["testee"]
    assert get_type_hints(Options) == fields
