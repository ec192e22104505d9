"""The tools: each answers over both transports, briefly, and does what it says; what is wrong is told in a line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, types

from mockserver import live
from mockserver.adapters.mcp.checking import Checking
from mockserver.adapters.mcp.door import door
from mockserver.adapters.mcp.short import MOST_ITEMS, ROOM_LETTERS, short
from mockserver.adapters.mcp.steered import Steered
from mockserver.adapters.mcp.tool import Session
from mockserver.adapters.mcp.tools.registry import EVERYWHERE, PROGRAMS
from mockserver.fake.core import Fake
from mockserver.kit.reports.verdict_json import as_json
from mockserver.types import JSON
from tests.adapters.mcp.assistant import (
    CREATE,
    EXAMPLES,
    over_http,
    over_stdio,
    refused,
    send,
    text,
    told,
    without_http,
)
from tests.support.verdicts import HOSTILE as HOSTILE_TEXT
from tests.support.verdicts import VERDICTS

LONGEST = 3 * ROOM_LETTERS
"""Characters of an answer: JSON in lines has more of them than JSON."""


@pytest.fixture
async def client(fake: Fake) -> AsyncIterator[Client]:
    async with over_http(fake) as found:
        yield found


async def every_answer(client: Client, **known: JSON) -> dict[str, types.CallToolResult]:
    """Ask each tool that is listed, and no other."""
    listed = [tool.name for tool in (await client.list_tools()).tools]
    assert [name for name in listed if name not in EXAMPLES] == []
    found = {}
    for name, arguments in EXAMPLES.items():
        if name in listed:
            given = {each: known.get(each, item) if each in arguments else item for each, item in arguments.items()}
            found[name] = await client.call_tool(name, given)
    return found


def assert_good(answers: dict[str, types.CallToolResult]) -> None:
    for name, answer in answers.items():
        assert not answer.is_error, (name, text(answer))
        assert "\n\nNext: " in text(answer), name
        assert len(text(answer)) <= LONGEST
        assert answer.structured_content["next"]
        assert len(json.dumps(answer.structured_content, ensure_ascii=False)) <= LONGEST


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_every_tool_answers_over_http(fake: Fake, mode: str) -> None:
    task = send(fake, prompt="A cat")["data"]["task_id"]
    async with over_http(fake, mode) as client:
        answers = await every_answer(client, id=task)
    assert_good(answers)
    assert answers.keys() == EVERYWHERE.keys()


async def test_every_tool_answers_over_stdio(tmp_path: Path) -> None:
    with live() as running:
        task = send(running.fake, prompt="A cat")["data"]["task_id"]
        async with over_stdio("--url", running.url, folder=tmp_path) as client:
            answers = await every_answer(client, id=task, url=running.url)
    assert answers.keys() == {**EVERYWHERE, **PROGRAMS}.keys()
    assert "cannot be started" in text(answers.pop("check_client"))
    assert_good(answers)
    assert "keeps the contract: 1 check, 0 findings" in text(answers["findings"])
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - nothing else runs


def test_a_tool_says_what_it_does_and_what_it_takes() -> None:
    for name, tool in {**EVERYWHERE, **PROGRAMS}.items():
        assert tool.about.endswith("."), name
        assert len(tool.about) <= 160, name
        for argument, schema in tool.arguments["properties"].items():
            assert "description" in schema, (name, argument)
        assert "$ref" not in json.dumps(tool.arguments), name


async def test_hints_tell_what_only_reads(client: Client) -> None:
    hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    assert all(each is not None for each in hints.values())
    assert {name for name, each in hints.items() if each and each.destructive_hint} == {"remove_fault", "reset"}
    assert not any(each.read_only_hint and each.destructive_hint for each in hints.values() if each)


async def test_what_only_reads_changes_nothing(fake: Fake) -> None:
    task = send(fake, prompt="A cat")["data"]["task_id"]
    fake.clock.freeze()
    before = [*fake.sections()]
    async with over_http(fake) as client:
        for tool in (await client.list_tools()).tools:
            if tool.annotations and tool.annotations.read_only_hint:
                await client.call_tool(
                    tool.name, {**EXAMPLES[tool.name], **({"id": task} if tool.name == "task" else {})}
                )
    assert [*fake.sections()] == before
    assert len(fake.requests) == 1


async def test_a_refusal_is_explained_from_the_request_to_the_source(fake: Fake, client: Client) -> None:
    send(fake, prompt="A cat", n=10)
    assert "-> 400  /n is more than 9." in await told(client, "requests")
    assert "about n.maximum" in await told(client, "request", number=1)
    page = await told(client, "page", page=f"rules/{CREATE}", about="n.maximum")
    assert "## n.maximum (error)" in page
    assert "Source: kling" in page
    assert "error: n.maximum at /n: is more than 9" in await told(
        client, "validate", operation=CREATE, payload={"prompt": "A cat", "n": 10}
    )
    assert await told(client, "payloads", operation=CREATE, **{"break": "n.maximum"}) != await told(
        client, "payloads", operation=CREATE
    )


CHANGES: list[tuple[str, dict[str, JSON], Callable[[Fake], object], object]] = [
    ("clock", {"action": "freeze"}, lambda fake: fake.clock.is_frozen, True),
    ("clock", {"action": "set", "now": 1_800_000_000_000}, lambda fake: fake.clock.now() >= 1_800_000_000_000, True),
    (
        "add_fault",
        {"fault": "1303 x2", "account": "me"},
        lambda fake: [str(each[1]) for each in fake.faults],
        ["1303 x2"],
    ),
    ("profile", {"name": "offline", "on": True}, lambda fake: len([*fake.faults]) > 0, True),
    (
        "change_settings",
        {"pace": "instant", "strict": True},
        lambda fake: (fake.settings.pace, fake.settings.strict),
        ("instant", True),
    ),
    (
        "change_settings",
        {"readings": {"missing-task": "404-1203"}},
        lambda fake: fake.world.readings["kling"]["missing-task"],
        "404-1203",
    ),
    ("reset", {}, lambda fake: len(fake.tasks), 0),
    (
        "force_task",
        {"service": "kling", "id": "ID", "status": "failed"},
        lambda fake: [task.state(fake.clock.now()).status for task in fake.tasks],
        ["failed"],
    ),
]


@pytest.mark.parametrize(
    ("tool", "arguments", "seen", "expected"), CHANGES, ids=lambda each: each if isinstance(each, str) else ""
)
async def test_a_tool_that_steers_does_what_the_control_api_does(
    tool: str, arguments: dict[str, JSON], seen: Callable[[Fake], object], expected: object, fake: Fake, client: Client
) -> None:
    task = send(fake, prompt="A cat")["data"]["task_id"]
    await told(client, tool, **{name: task if item == "ID" else item for name, item in arguments.items()})
    assert seen(fake) == expected


async def test_a_fault_goes_by_its_number_and_a_profile_by_its_name(fake: Fake, client: Client) -> None:
    await told(client, "add_fault", fault="1303")
    await told(client, "profile", name="offline", on=True)
    await told(client, "remove_fault", number=1)
    await told(client, "profile", name="offline", on=False)
    assert [*fake.faults] == []
    assert "there is no fault" in await refused(client, "remove_fault", number=1)


async def test_a_list_is_cut_and_says_how_to_go_on(fake: Fake, client: Client) -> None:
    for _ in range(30):
        send(fake, prompt="A cat")
    first = await told(client, "tasks")
    assert "ask again with offset 20" in first
    rest = await told(client, "tasks", offset=20)
    assert "offset" not in rest
    lines = [line for line in [*first.splitlines(), *rest.splitlines()] if line.startswith("kling ")]
    assert len({*lines}) == 30


async def test_a_page_is_read_part_by_part_and_nothing_is_left_out(fake: Fake, client: Client) -> None:
    found, offset = "", 0
    while True:
        answer = await client.call_tool("page", {"page": f"rules/{CREATE}", "offset": offset})
        found += answer.structured_content["text"]
        following = answer.structured_content["more"]
        if following is None:
            break
        assert following > offset
        offset = following
    assert [rule.id for rule in fake.world.catalog.operation(CREATE).every_rule if f"## {rule.id} (" not in found] == []


async def test_what_a_client_sends_makes_no_answer_long(fake: Fake, client: Client) -> None:
    deep: JSON = "x" * 20_000
    for _ in range(80):
        deep = [deep, 1]
    send(
        fake, prompt="猫" * 2_000, image_list=[{"image": "A" * 100_000}] * 9, **{f"f{n}" * 30: deep for n in range(300)}
    )
    send(fake, prompt=f"{HOSTILE_TEXT}\n## x\n" * 20)
    made = send(fake, prompt=f"{HOSTILE_TEXT}\n## x\n".replace("\ud800", "") * 20)["data"]["task_id"]
    for name, arguments in EXAMPLES.items():
        if name in EVERYWHERE:
            given = {**arguments, "id": made} if "id" in arguments else arguments
            assert_good({name: await client.call_tool(name, given)})


@pytest.mark.parametrize(
    "value", ["x" * 10**6, ["x" * 1_000] * 10**4, {str(n): [n] for n in range(10**5)}, [[["x"] * 500] * 500]]
)
def test_anything_can_be_shown_shortly(value: JSON) -> None:
    for room in (ROOM_LETTERS, 500):
        assert len(json.dumps(short({"a": value}, room), ensure_ascii=False)) <= room


HOSTILE: list[JSON] = [None, True, -1, 10**30, "", "..", "x" * 10**4, [[["x"] * 900]], {"": None}, "%2F\0\n"]


def nested(levels: int) -> JSON:
    found: JSON = 0
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize("name", EVERYWHERE)
async def test_no_argument_breaks_a_tool(name: str, fake: Fake) -> None:
    """Each is refused in a line, or taken; and all is well afterwards."""
    async with without_http(fake) as client:
        await with_hostile_arguments(name, client)
        assert "failures" not in await told(client, "status")


async def with_hostile_arguments(name: str, client: Client) -> None:
    for argument in EVERYWHERE[name].arguments["properties"]:
        for item in [*HOSTILE, nested(90)]:
            answer = await client.call_tool(name, {**EXAMPLES[name], argument: item})
            assert "mistake of mockserver" not in text(answer), (argument, item)
            assert len(text(answer)) <= LONGEST
            assert not answer.is_error or "\n" not in text(answer), text(answer)


async def test_what_breaks_a_thousand_rules_is_told_shortly(client: Client) -> None:
    payload: JSON = {f"field-{n}" * 20: n for n in range(1_000)}
    assert_good({"validate": await client.call_tool("validate", {"operation": CREATE, "payload": payload})})
    items: JSON = [{"image": ""}] * 1_000
    assert_good(
        {"validate": await client.call_tool("validate", {"operation": CREATE, "payload": {"image_list": items}})}
    )


async def test_a_wrong_name_is_told_with_the_right_one(client: Client) -> None:
    assert await refused(client, "task_s") == "no tool 'task_s'; did you mean 'tasks'?"
    assert await refused(client, "tasks", lmit=3) == "tasks: there is no argument 'lmit'; did you mean 'limit'?"
    assert await refused(client, "status", x=1) == "status: there is no argument 'x'; it takes none."
    assert await refused(client, "rules") == 'rules: arguments: "operation" is a required property'
    assert "did you mean 'kling/omni-image.create'" in await refused(
        client, "rules", operation="kling/omni-imag.create"
    )
    assert "service 'klin' is not served" in await refused(client, "operations", service="klin")
    assert "n.maximum" in await refused(client, "page", page=f"rules/{CREATE}", about="n.maximun")
    assert str(MOST_ITEMS) in await refused(client, "tasks", limit=MOST_ITEMS + 1)


async def test_over_http_no_program_is_started(client: Client) -> None:
    for name in PROGRAMS:
        assert "mockserver mcp" in await refused(client, name, **EXAMPLES[name])


class Noted(Checking):
    """Notes what would be run."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.token: str | None = None
        self.found: dict[str, Any] | None = None

    async def begin(self, words: Sequence[str], folder: str | None = None, token: str | None = None) -> None:
        self.words, self.token = [*words], token

    async def verdict(self) -> dict[str, Any] | None:
        return self.found

    @property
    def report(self) -> Path:
        return Path("/somewhere")


def checked(fake: Fake) -> tuple[Noted, Client]:
    """Return what notes checks, and a client of the door that runs them."""

    async def nowhere() -> Any:
        raise AssertionError("no fake is asked")

    noted = Noted()
    return noted, Client(door(Session(Steered(nowhere), dict, noted)))


async def test_a_check_of_a_client_is_the_command_with_its_options(fake: Fake) -> None:
    noted, client = checked(fake)
    async with client:
        said = await told(client, "check_client", command=["node", "--x"], only=["retry", "--report=/etc"], seconds=5)
    assert noted.words == ["client", "--seconds=5", "--only=retry", "--only=--report=/etc", "--", "node", "--x"]
    assert said == "the check is still running\n\nNext: findings waits for it."


async def test_a_check_of_a_server_is_of_one_on_this_machine(fake: Fake) -> None:
    noted, client = checked(fake)
    async with client:
        await told(client, "check_server", url="http://localhost:1/x", token="-t", max_creates=3, service="yutoai")
        words = ["--seconds=60", "--service=yutoai", "--max-creates=3"]
        assert noted.token == "-t"
        assert noted.words == ["server", *words, "--", "http://localhost:1/x"]
        noted.words = []
        for url in (
            "https://api.example",
            "http://localhost@evil.example",
            "http://127.0.0.1.evil.example",
            "x",
            "http://[",
        ):
            assert "not on this machine" in await refused(client, "check_server", url=url)
    assert noted.words == []


async def test_findings_are_shown_by_group_and_each_group_whole(fake: Fake) -> None:
    noted, client = checked(fake)
    noted.found = as_json(VERDICTS["broken"])
    async with client:
        listed = await told(client, "findings")
        assert "1  task-id-is-text at kling/omni-image.create: 848021964837912615, a number" in listed
        assert "/somewhere/report.html" in listed
        one = await client.call_tool("findings", {"group": 1})
        assert one.structured_content["payload"] == {"prompt": "A red bicycle"}
        assert "There are" in await refused(client, "findings", group=99)


@pytest.mark.parametrize("name", VERDICTS)
async def test_every_verdict_can_be_told(name: str, fake: Fake) -> None:
    noted, client = checked(fake)
    noted.found = as_json(VERDICTS[name])
    async with client:
        listed = await client.call_tool("findings", {})
        assert_good({name: listed})
        for each in listed.structured_content["groups"]:
            assert_good({name: await client.call_tool("findings", {"group": each["group"]})})
