"""The command line: what each word means, and that a mistake is one line and never a traceback."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from mockserver.adapters.http import server
from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.settings import Key, Settings
from mockserver.types import JSON
from tests.support.sampling import sampled

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
GOOD = '{"prompt": "A red bicycle in the rain"}'

CREATE_OPERATIONS = [
    operation
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.does == "create"
]


def run(*words: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, words, input=stdin)


def validated(payload: str | bytes, *words: str, operation: str = "kling/omni-image") -> Result:
    return run("validate", operation, "-", *words, stdin=payload)


def told_in_one_line(result: Result) -> str:
    """Return the one line that a command ended with."""
    assert (result.exit_code, result.stdout) == (2, ""), result
    (line,) = result.stderr.splitlines()
    assert line.startswith("mockserver: ")
    return line


@dataclass
class Served:
    """What a server would have been started with."""

    settings: Settings
    host: str
    port: int
    beside: tuple[object, ...]


Serve = Callable[..., Served]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Return what runs the command line as far as the server, which does not start."""
    started: list[Served] = []

    class Server:
        def __init__(self, fake: Any, listener: tuple[str, int], ready: Callable[[str], None], *beside: object) -> None:
            started.append(Served(fake.settings, *listener, beside))
            self._ready = ready

        def run_to_the_end(self) -> None:
            self._ready("http://127.0.0.1:1")

    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(server, "Server", Server)
    monkeypatch.setattr(server, "listen", lambda host, port: (host, port))
    monkeypatch.setattr("os._exit", leave)

    def serve(*words: str) -> Served:
        result = run(*words)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.splitlines()[0] == "mockserver ready on http://127.0.0.1:1"
        return started.pop()

    return serve


@pytest.mark.parametrize("words", [(), ("serve",), ("--verbose",), ("--verbose", "serve")])
def test_without_a_command_it_serves(words: tuple[str, ...], serve: Serve) -> None:
    served = serve(*words)
    assert (served.settings, served.host, served.port) == (Settings(), "127.0.0.1", 8080)


OPTIONS: dict[str, tuple[tuple[str, ...], dict[str, JSON]]] = {
    "services": (("--service", "yutoai", "--service", "kling"), {"services": ("yutoai", "kling")}),
    "prefixes": (("--prefix", "/proxy/kling", "--prefix", "a"), {"prefixes": ("/proxy/kling", "a")}),
    "pace": (("--pace", "polls:3"), {"pace": "polls:3"}),
    "strict": (("--strict",), {"strict": True}),
    "readings": (
        ("--reading", "missing-task=404-1203", "--reading", "kling/list-order=oldest-first"),
        {"readings": {"missing-task": "404-1203", "kling/list-order": "oldest-first"}},
    ),
    "keys": (
        ("--key", "token", "--key", "AK:SK", "--key", "user:123-abc"),
        {"keys": (Key("token"), Key("AK", "SK"), Key("user:123-abc"))},
    ),
    "slots": (("--slots", "0"), {"slots": 0}),
    "rate": (("--rate", "10/s"), {"rate": "10/s"}),
    "faults": (("--fault", "1303 x2", "--fault", "5000"), {"faults": ("1303 x2", "5000")}),
    "profile": (("--profile", "flaky", "--profile", "slow"), {"profile": ("flaky", "slow")}),
    "profiles": (
        ("--own-profile", "bad-day=1303 x2", "--own-profile", "bad-day=hang", "--own-profile", "slow=hang"),
        {"profiles": {"bad-day": ("1303 x2", "hang"), "slow": ("hang",)}},
    ),
    "seed": (("--seed", "-7"), {"seed": -7}),
    "max_body": (("--max-body", "1024"), {"max_body": 1024}),
    "max_tasks": (("--max-tasks", "7"), {"max_tasks": 7}),
    "public_url": (("--public-url", "https://mock.example/under/"), {"public_url": "https://mock.example/under"}),
    "trust_proxy": (("--trust-proxy",), {"trust_proxy": True}),
    "allow_callbacks_to": (
        ("--allow-callbacks-to", "*.example.com", "--allow-callbacks-to", "10.0.0.0/8"),
        {"allow_callbacks_to": ("*.example.com", "10.0.0.0/8")},
    ),
    "deny_callbacks_to": (("--deny-callbacks-to", "localhost:22"), {"deny_callbacks_to": ("localhost:22",)}),
    "webhook_secret": (("--webhook-secret", SECRET), {"webhook_secret": SECRET}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_becomes_a_setting(name: str, serve: Serve) -> None:
    words, changed = OPTIONS[name]
    assert serve("serve", *words).settings == Settings(**changed)
    assert serve(*words).settings == Settings(**changed)


def test_every_setting_has_an_option() -> None:
    assert {field.name for field in fields(Settings)} == OPTIONS.keys()


def test_all_options_go_together(serve: Serve) -> None:
    words = [word for words, _ in OPTIONS.values() for word in words]
    changed = {name: value for _, change in OPTIONS.values() for name, value in change.items()}
    assert serve("--host", "::1", "--port", "0", *words) == Served(Settings(**changed), "::1", 0, (None,))


def test_a_control_token_goes_to_the_server(serve: Serve) -> None:
    assert serve("--control-token", "secret").beside == ("secret",)


def test_a_reading_may_have_an_equals_sign_in_its_value_and_the_last_of_two_counts(serve: Serve) -> None:
    served = serve("--reading", "missing-task=404-1203", "--reading", "missing-task=400-1201")
    assert served.settings.readings == {"missing-task": "400-1201"}


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown-service": (("serve", "--service", "klign"), "no service 'klign'; did you mean 'kling'?"),
    "unknown-question": (("--reading", "mising-task=404-1203"), "did you mean 'missing-task'?"),
    "unknown-reading": (("--reading", "missing-task=404"), "did you mean 'missing-task=404-1203'"),
    "question-of-nobody": (("--service", "yutoai", "--reading", "kling/missing-task=404-1203"), "kling/missing-task"),
    "profile-without-fault": (("--own-profile", "bad-day"), "Write NAME=FAULT, such as 'bad-day=1303 x2'."),
    "reading-without-value": (("--reading", "missing-task"), "Write QUESTION=READING"),
    "unknown-pace": (("--pace", "slow"), "Write real, fast, instant or polls:N"),
    "pace-of-no-looks": (("--pace", "polls:0"), "polls:N"),
    "empty-key": (("--key", ""), "TOKEN or AK:SK"),
    "key-without-secret": (("--key", "AK:"), "TOKEN or AK:SK"),
    "key-without-name": (("--key", ":SK"), "TOKEN or AK:SK"),
    "negative-slots": (("--slots", "-1"), "--slots: "),
    "slots-in-words": (("--slots", "many"), "--slots: "),
    "rate-in-words": (("--rate", "often"), "often"),
    "unknown-fault": (("--fault", "hangs"), "hangs"),
    "seed-in-words": (("--seed", "x"), "--seed: "),
    "no-body-at-all": (("--max-body", "0"), "--max-body: "),
    "url-without-scheme": (("--public-url", "mock.example"), "an http or https URL"),
    "url-without-host": (("--public-url", "http://"), "an http or https URL"),
    "secret-that-is-none": (("--webhook-secret", "whsec_"), "--webhook-secret"),
    "secret-that-is-not-base64": (("--webhook-secret", "whsec_not Base64"), "--webhook-secret"),
    "port-too-high": (("--port", "65536"), "'--port'"),
    "port-in-words": (("--port", "http"), "'--port'"),
    "no-workers": (("--workers", "0"), "'--workers'"),
    "workers-in-words": (("--workers", "all"), "'--workers'"),
    "workers-with-a-bad-setting": (("--workers", "2", "--pace", "slow"), "Write real, fast, instant or polls:N"),
    "host-of-no-letters": (("--host", "", "--port", "0"), "the host is empty"),
    "host-with-an-empty-part": (("--host", "a..b"), "cannot listen on 'a..b:8080'"),
    "host-with-a-part-too-long": (("--host", "ü" * 70), "cannot listen on"),
    "host-of-another-machine": (("--host", "192.0.2.1", "--port", "0"), "192.0.2.1:0"),
    "option-without-value": (("serve", "--pace"), "--pace"),
    "unknown-option": (("serve", "--prot", "1"), "--port"),
    "unknown-option-without-command": (("--prot", "1"), "--port"),
    "unknown-command": (("servr",), "'servr'"),
    "superfluous-word": (("serve", "8080"), "8080"),
    "validate-nothing": (("validate",), "OPERATION"),
    "validate-unknown-service": (("validate", "klign/omni-image", "-"), "did you mean 'kling/omni-image"),
    "validate-unknown-operation": (("validate", "kling/omni-imag", "-"), "did you mean 'kling/omni-image"),
    "validate-file-not-there": (("validate", "kling/omni-image", "/no/such/file"), "/no/such/file"),
    "validate-folder": (("validate", "kling/omni-image", "/"), "'/'"),
    "validate-what-takes-no-payload": (("validate", "kling/omni-image.get", "-"), "kling/omni-image.get"),
    "rules-of-unknown-service": (("rules", "klign"), "did you mean 'kling'?"),
    "rules-of-unknown-operation": (("rules", "kling/omni-imag"), "did you mean 'kling/omni-image"),
    "readings-with-a-word": (("readings", "kling"), "kling"),
    "check-of-nobody": (("check",), "Missing command. ("),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(server.Server, "run_to_the_end")
    if not case.startswith("host-"):
        monkeypatch.setattr(server, "listen", lambda *_: pytest.fail("this passed for meant"))
    words, said = MISTAKES[case]
    assert said in told_in_one_line(run(*words))


def test_verbose_shows_where_a_mistake_came_from() -> None:
    result = run("--verbose", "serve", "--pace", "slow")
    assert result.exit_code == 2
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert 'settings.py", line ' in result.stderr
    assert result.stderr.splitlines()[-1] == told_in_one_line(run("--pace", "slow"))


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_every_command(word: str) -> None:
    result = run(word)
    assert (result.exit_code, result.stderr) == (0, "")
    for name in main.commands:
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize("name", main.commands)
def test_the_help_of_a_command_explains_every_option(name: str) -> None:
    result = run(name, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    for option in main.commands[name].params:
        if isinstance(option, click.Option):
            assert option.opts[0] in result.stdout
            assert option.help, f"{name} {option.opts[0]}"


@pytest.mark.parametrize("path", [(), ("check",)])
def test_no_sentence_in_a_list_of_commands_is_cut_off(path: tuple[str, ...]) -> None:
    group = main.commands[path[0]] if path else main
    assert isinstance(group, click.Group)
    lines = run(*path, "--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == sorted(group.commands)
    for line in lines:
        assert re.search(r"\w\.$", line), line


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Return every command and group by its words."""
    found: dict[tuple[str, ...], click.Command] = {before: group}
    for name in group.commands:
        command = group.commands[name]
        inner = commands(command, (*before, name)) if isinstance(command, click.Group) else {(*before, name): command}
        found |= inner
    return found


ALL = commands()


def examples(path: tuple[str, ...]) -> list[list[str]]:
    """Return the words of each line of ours among the examples of a --help."""
    lines = run(*path, "--help").stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if re.match(r"\s*Examples?\b.*:$", line))
    shown = takewhile(str.strip, lines[begin + 1 :])
    ours = [re.findall(r"mockserver (.*?)(?: [|>] .*|\)\"|$)", line.partition("  #")[0])[0] for line in shown]
    return [shlex.split(line.removesuffix(')"')) for line in ours]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_help_has_an_example_that_can_be_run(path: tuple[str, ...]) -> None:
    called = examples(path)
    assert any(words[: len(path)] == [*path] for words in called)
    for words in called:
        place = next((count for count in (2, 1) if (*words[:count],) in ALL), 0)
        assert not isinstance(ALL[(*words[:place],)], click.Group) or place == 0
        # A command keeps for good the words for help that its first context had, and those are of the command above.
        above = click.Context(main, info_name="mockserver", **main.context_settings)
        ALL[(*words[:place],)].make_context(" ".join(words[:place]), words[place:], parent=above)


def test_the_version_can_be_asked_for() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout.split()[:2]) == (0, ["mockserver,", "version"])


@pytest.mark.parametrize("operation", CREATE_OPERATIONS, ids=lambda operation: operation.id)
def test_the_examples_of_every_operation_are_valid(operation: Any) -> None:
    for example in operation.schema["examples"]:
        result = validated(json.dumps(example), operation=operation.id)
        assert (result.exit_code, "error:" in result.stdout) == (0, False), result.output


def test_a_payload_without_violation_is_said_to_be_so() -> None:
    for name in ("kling/omni-image", "kling/omni-image.create"):
        result = validated(GOOD, operation=name)
        assert (result.exit_code, result.stdout) == (0, "kling/omni-image.create: no violation\n")


def test_a_payload_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "猫.json"
    file.write_text(GOOD, encoding="utf-8")
    assert run("validate", "kling/omni-image", str(file)).exit_code == 0
    file.write_text("{}", encoding="utf-8")
    assert run("validate", "kling/omni-image", str(file)).exit_code == 1


def test_each_violation_is_a_line_with_its_rule_pointer_level_and_source() -> None:
    result = validated('{"prompt": "x", "n": 20, "resolution": "9k", "image_list": [{}]}')
    assert (result.exit_code, result.stderr) == (1, "")
    rules = {rule.id: rule for rule in load().operation("kling/omni-image").rules}
    *lines, unjudged = result.stdout.splitlines()
    assert unjudged == "not judged: o1-up-to-2k, because /resolution is none of 1k, 2k, 4k"
    broken = {"n.maximum": "/n", "resolution.enum": "/resolution", "image_list[].image.required": "/image_list/0/image"}
    assert len(lines) == len(broken)
    for id, pointer in broken.items():
        (line,) = (line for line in lines if f"error: {id} at {pointer}: " in line)
        assert rules[id].source in line


SHOTS = [{"index": 1, "prompt": "The cat wakes", "duration": "2"}]
WRONG_PROMPT: JSON = {"prompt": 5, "multi_shot": True, "duration": "16", "mode": "4k", "aspect_ratio": "1:1"}


def test_a_wrong_type_hides_no_rule_that_the_other_fields_decide() -> None:
    lines = validated(json.dumps(WRONG_PROMPT), operation="kling/omni-video").stdout.splitlines()
    told = {line.split()[1] for line in lines if line.startswith("error: ")}
    assert told == {"prompt.type", "duration.enum", "multi-shot-needs-type", "o1-single-shot", "o1-without-4k"}
    because = {line.partition(", because ")[2].split()[0]: line for line in lines if line.startswith("not judged: ")}
    assert because.keys() == {"/prompt", "/duration"}
    assert "prompt-unless-customized" in because["/prompt"]
    assert because["/prompt"].endswith(", because /prompt is not of type string")
    assert "o1-up-to-ten-seconds" in because["/duration"]


@pytest.mark.parametrize(
    ("changed", "judged"),
    [
        ({"duration": "a while"}, False),
        ({"multi_prompt": [{**SHOTS[0], "duration": "a while"}]}, False),
        ({"multi_prompt": "one"}, False),
        ({"sound": "loud"}, True),
        ({"multi_prompt": [{**SHOTS[0], "prompt": 5}]}, True),
    ],
)
def test_a_sum_is_not_judged_while_one_of_its_numbers_is_none(changed: dict[str, JSON], judged: bool) -> None:
    shots = {"model_name": "kling-v3-omni", "multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS}
    payload = {**shots, "aspect_ratio": "1:1", "duration": "5", **changed}
    lines = validated(json.dumps(payload), operation="kling/omni-video").stdout.splitlines()
    assert any(line.startswith("error: shots-add-up ") for line in lines) is judged
    assert any(line.startswith("not judged: ") and "shots-add-up" in line for line in lines) is not judged


FILM = {"video_url": "https://example.com/a.mp4", "refer_type": "feature"}
OFF = {"prompt": "x", "model_name": "kling-v3-omni", "mode": "4k", "aspect_ratio": "16:9", "video_list": [FILM]}
WHY_OFF = "is off under reading spring-2026=lifted; choose --reading spring-2026=held"


def test_a_rule_that_a_reading_has_turned_off_says_so_and_how_to_turn_it_on() -> None:
    result = validated(json.dumps(OFF), operation="kling/omni-video")
    assert (result.exit_code, result.stderr) == (0, "")
    first, off = result.stdout.splitlines()
    assert first.endswith(": no violation")
    assert off.startswith("off: video-excludes-4k at /video_list: ")
    assert off.endswith(WHY_OFF)
    held = validated(json.dumps(OFF), "--reading", "spring-2026=held", operation="kling/omni-video")
    assert (held.exit_code, held.stdout.split()[:2]) == (1, ["error:", "video-excludes-4k"])


OPERATIONS = {id: each for service in load().services.values() for id, each in service.operations.items()}
RESTING = [id for id, each in OPERATIONS.items() if any(rule.level == "off" for rule in each.rules)]


@pytest.mark.parametrize("operation", sampled(RESTING, 1))
def test_the_rules_that_are_off_say_which_reading_turns_them_on(operation: str) -> None:
    lines = run("rules", operation).stdout.splitlines()
    off = [(line.split()[1], after) for line, after in zip(lines[::2], lines[1::2], strict=True) if "  off  " in line]
    assert {id for id, _ in off} == {rule.id for rule in OPERATIONS[operation].rules if rule.level == "off"}
    for id, text in off:
        under, chosen = re.findall(r"reading ([a-z0-9-]+=[a-z0-9-]+)", text)[:2]
        assert under != chosen
        words = ("--reading", chosen)
        assert {rule["id"]: rule["level"] for rule in listed(operation, *words)}[id] in ("error", "warning")
        told = told_in_one_line(run("example", operation, "--break", id))
        assert told.endswith(text.partition("[")[2].removesuffix("]"))
        assert run("example", operation, "--break", id, *words).exit_code == 0


def test_a_warning_is_told_and_is_no_failure_unless_it_is_to_be_one() -> None:
    payload = '{"prompt": "x", "no_such_field": 1}'
    assert validated(payload).stdout.startswith("warning: additionalProperties at /no_such_field: ")
    assert (validated(payload).exit_code, validated(payload, "--strict").exit_code) == (0, 1)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"n": NaN}', '{"a": 1, "a": 2}', '"\\ud83d"', "[" * 10_000])
def test_what_is_not_json_would_be_refused_and_is_told_in_one_line(text: str) -> None:
    result = validated(text)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "not JSON" in line


@pytest.mark.parametrize("content", [b"\xff", b"\x00", b'"\xed\xa0\xbd"', b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text_are_told_in_one_line(content: bytes) -> None:
    result = validated(content)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize("payload", ["null", "1", "[]", '"text"', '{"prompt": "x", "n": ' + "9" * 400 + "}"])
def test_json_that_is_no_payload_is_told_in_one_line(payload: str) -> None:
    result = validated(payload)
    assert (result.exit_code, result.stderr, len(result.stdout.splitlines())) == (1, "", 1)
    assert result.stdout.startswith("error: ")


def test_what_a_payload_says_cannot_steer_the_terminal() -> None:
    result = validated(json.dumps({"prompt": "x", "a\n\x1b[31mb": 1, "\x9b2J": 1, "\u202e": 1, "猫": 1}))
    assert len(result.stdout.splitlines()) == 4
    assert "猫" in result.stdout
    assert all(letter.isprintable() for line in result.stdout.splitlines() for letter in line)


def listed(*words: str) -> list[dict[str, JSON]]:
    result = run("rules", *words, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found: list[dict[str, JSON]] = json.loads(result.stdout)
    return found


def test_the_rules_as_json_say_seven_things_each() -> None:
    for rule in listed():
        assert list(rule) == ["id", "operation", "pointer", "level", "confidence", "source", "description"]
        assert all(isinstance(value, str) for value in rule.values())
        assert all(rule[name] for name in rule)


def test_the_rules_of_everything_are_those_of_every_operation() -> None:
    operations = [operation for service in load().services.values() for operation in service.operations.values()]
    expected = [(rule.operation, rule.id) for operation in operations for rule in operation.every_rule]
    assert [(rule["operation"], rule["id"]) for rule in listed()] == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("kling/omni-image", {"kling/omni-image.create"}),
        ("kling/omni-video.create", {"kling/omni-video.create"}),
        ("kling/omni-image.list", {"kling/omni-image.list"}),
        ("kling", {rule.operation for found in load().service("kling").operations.values() for rule in found.rules}),
    ],
)
def test_the_rules_can_be_asked_for_by_service_and_operation(scope: str, expected: set[str]) -> None:
    assert {rule["operation"] for rule in listed(scope)} == expected


def test_the_rules_in_words_are_two_lines_each() -> None:
    lines = run("rules", "kling/omni-image").stdout.splitlines()
    found = listed("kling/omni-image")
    assert len(lines) == 2 * len(found)
    for rule, line, description in zip(found, lines[::2], lines[1::2], strict=True):
        assert line == f"{rule['operation']}  {rule['id']}  {rule['level']}  {rule['source']}"
        assert description == f"    {rule['description']}"


def test_the_readings_as_json_are_every_question_of_every_service_with_its_default() -> None:
    result = run("readings", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = {entry["id"]: entry for entry in json.loads(result.stdout)}
    for service in load().services.values():
        for question in service.questions.values():
            entry = found[question.id]
            assert entry.keys() == {"id", "question", "readings", "default", "confidence", "source"}
            assert entry["default"][service.id] == question.default
            assert entry["readings"].keys() >= question.readings.keys() >= {question.default}


def test_the_readings_in_words_name_the_defaults() -> None:
    lines = run("readings").stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("missing-task: "))
    assert lines[at + 1].startswith("    400-1201: ")
    assert "[default: " in lines[at + 1]
    assert "kling" in lines[at + 1].partition("[default: ")[2]
    assert "[default: kling" not in lines[at + 2]
