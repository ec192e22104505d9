"""Settings of a judge of clients."""

from mockserver.kit.client.settings import Settings


def test_settings_say_what_a_command_line_has_to_say() -> None:
    assert Settings(testee=("node", "my testee.js")).words == "-- node 'my testee.js'"
    words = Settings(testee=("a:B",), examples=5, seed=3, every_reading=True).words
    assert words == "--examples 5 --seed 3 --every-reading -- a:B"
