"""Every mutant of the reference client, by its id."""

from __future__ import annotations

from tests.mutants.clients.retrying import CALLING_BACK, RETRYING
from tests.mutants.clients.some_payloads import SOME_PAYLOADS
from tests.mutants.clients.useapi import USEAPI
from tests.mutants.clients.waiting import OUTCOMES, WAITING
from tests.mutants.clients.wire import WIRE

MUTANTS = {each.id: each for each in (*WIRE, *WAITING, *OUTCOMES, *RETRYING, *CALLING_BACK, *USEAPI, *SOME_PAYLOADS)}
