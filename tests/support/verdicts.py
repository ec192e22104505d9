"""Verdicts to report: one of each kind, and any at all."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from mockserver.kit.checks import AnyCheck, Check, Skipped
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding, Verdict
from mockserver.types import Request, Response

HOSTILE = "<script>alert(1)</script>\"'&lt; [bold red]:smile: \x1b[31m\x00\u202e\ud800 猫 {0}"
"""What no reader may run, obey or choke on."""

IDS, RULES, PAGES, TIMES = CHECKS = tuple[AnyCheck, ...](
    Check(*words)
    for words in (
        (
            "task-id-is-text",
            "envelope",
            "error",
            "task_id is text, never a number.",
            "JavaScript rounds eighteen digits, and the client polls a task that is not there.",
            "kling 2.1",
        ),
        ("rule-is-enforced", "rules", "error", "What breaks a rule is refused.", "It is paid for.", "kling 4.1"),
        ("pages-are-disjoint", "lists", "error", "No task is on two pages.", "It is seen twice.", "kling 2.3"),
        ("updated-at-moves", "envelope", "warning", "updated_at moves.", "A change is missed.", "kling 2.2"),
    )
)

CREATED = Exchange(
    7,
    1_790_000_000_250,
    40,
    "kling/omni-image.create",
    Request(
        "POST", "/v1/images/omni-image", "", {"host": "a", "content-type": "application/json"}, b'{"prompt":"A cat"}'
    ),
    Response(200, b'{"code":0,"data":{"task_id":848021964837912615}}', {"content-type": "application/json"}),
)
LOST = replace(CREATED, number=8, at=1_790_000_001_750, response=None, fault="ReadTimeout")

NUMBER = Finding(
    "task-id-is-text",
    "kling/omni-image.create",
    "848021964837912615, a number",
    payload={"prompt": "A red bicycle"},
    repeat='curl -X POST http://127.0.0.1:8080/v1/images/omni-image --data-binary \'{"prompt": "A red bicycle"}\'',
    transcript=Transcript((CREATED, LOST)),
)
NINE = Finding(
    "rule-is-enforced",
    "kling/omni-image.create n.maximum",
    "HTTP 200, code 0",
    documented="How many images, 1 to 9; not for a series.",
    rule="n.maximum",
    source="kling 1.2",
    payload={"prompt": "0", "n": 10},
)
TWICE = Finding("pages-are-disjoint", "kling/omni-image.list", "task 17 is on pages 1 and 2")
STILL = Finding("updated-at-moves", "kling/omni-video.get", "1790000000000 twice")
STRANGE = Finding("no-such-check", "kling/omni-image.get", "something")
WICKED = Finding(
    "task-id-is-text",
    f"kling/{HOSTILE}",
    HOSTILE,
    documented=HOSTILE,
    rule=HOSTILE,
    source=HOSTILE,
    payload={HOSTILE: [HOSTILE, float("nan"), 10**30]},
    repeat=HOSTILE,
    script=f"{HOSTILE}\n",
    transcript=Transcript(
        (
            Exchange(
                1,
                0,
                0,
                HOSTILE,
                Request(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, HOSTILE.encode(errors="replace")),
                Response(200, HOSTILE.encode(errors="replace"), {HOSTILE: HOSTILE}),
                fault=HOSTILE,
            ),
        )
    ),
)

KEPT = Verdict(
    "http://127.0.0.1:8080",
    CHECKS,
    facts=(("exchanges", "412"), ("seconds", "12.3")),
    notes=("Set MOCKSERVER_TOKEN to the key that you gave with --token, and export it.",),
    seconds={"task-id-is-text": 2.25, "updated-at-moves": 2.25, "rule-is-enforced": 8.0},
    took=12.5,
)
BROKEN = replace(
    KEPT,
    findings=(NUMBER, NINE, STILL),
    accepted=(TWICE,),
    skipped=(Skipped("callback-is-signed", "no --webhook-secret was given"),),
    stale=("baseline:3: task-id-is-text kling/omni-video.create  # mended since",),
)
UNJUDGED = Verdict("http://127.0.0.1:9", (), obstacle="nothing answers there: connection refused")

VERDICTS = {
    "kept": KEPT,
    "broken": BROKEN,
    "warned": replace(KEPT, findings=(STILL,)),
    "stale": replace(KEPT, stale=("baseline:1: a b  # c",)),
    "doubled": replace(KEPT, findings=(NUMBER, NUMBER, STRANGE)),
    "unjudged": UNJUDGED,
    "cut-short": replace(BROKEN, obstacle="the server died"),
    "unchecked": Verdict("http://127.0.0.1:8080", (), skipped=(Skipped("task-id-is-text", "--skip"),)),
    "wicked": replace(
        BROKEN,
        target=HOSTILE,
        findings=(WICKED,),
        accepted=(WICKED,),
        skipped=(Skipped(HOSTILE, HOSTILE),),
        stale=(HOSTILE,),
        facts=((HOSTILE, HOSTILE),),
        notes=(HOSTILE,),
    ),
}
"""One of each kind, by its name."""

_WORDS = st.text(max_size=8)
_PAYLOADS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_WORDS, inner, max_size=2),
    max_leaves=4,
)
_IDS = st.sampled_from([*(check.id for check in CHECKS), "no-such-check"])
_FINDINGS = st.builds(
    Finding,
    check=_IDS,
    subject=_WORDS,
    received=_WORDS,
    documented=_WORDS,
    rule=st.none() | _WORDS,
    source=_WORDS,
    payload=_PAYLOADS,
    repeat=st.none() | _WORDS,
    scene=_WORDS,
    cause=st.sampled_from(["", "a", "b"]),
)
ANY = st.builds(
    Verdict,
    target=_WORDS,
    made=st.lists(st.sampled_from(CHECKS), unique=True).map(tuple),
    findings=st.lists(_FINDINGS, max_size=3).map(tuple),
    skipped=st.lists(st.builds(Skipped, _IDS, _WORDS), max_size=2).map(tuple),
    accepted=st.lists(_FINDINGS, max_size=2).map(tuple),
    stale=st.lists(_WORDS, max_size=2).map(tuple),
    obstacle=st.none() | _WORDS,
    facts=st.lists(st.tuples(_WORDS, _WORDS), max_size=2).map(tuple),
    notes=st.lists(_WORDS, max_size=2).map(tuple),
    seconds=st.dictionaries(_IDS, st.floats(0, 1000), max_size=2),
    took=st.floats(0, 1000),
)
"""Any verdict at all."""
