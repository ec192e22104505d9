"""Every mutant of the reference client, by its id."""

from __future__ import annotations

from tests.mutants.clients.finding import FINDING
from tests.mutants.clients.newer import NEWER
from tests.mutants.clients.polls import CALLED, POLLS, TOKENS
from tests.mutants.clients.retrying import CALLING_BACK, RETRYING
from tests.mutants.clients.some_payloads import SOME_PAYLOADS
from tests.mutants.clients.texts import TEXTS
from tests.mutants.clients.useapi import USEAPI
from tests.mutants.clients.waiting import OUTCOMES, WAITING
from tests.mutants.clients.wire import WIRE

MUTANTS = {
    each.id: each
    for each in (
        *WIRE,
        *TEXTS,
        *WAITING,
        *POLLS,
        *OUTCOMES,
        *RETRYING,
        *TOKENS,
        *FINDING,
        *CALLING_BACK,
        *CALLED,
        *USEAPI,
        *NEWER,
        *SOME_PAYLOADS,
    )
}
