"""The roster: every mutant of the reference, by its id; and those that only some payloads show."""

from __future__ import annotations

from tests.mutants.clients.choosy import CHOOSY
from tests.mutants.clients.retrying import CALLING_BACK, RETRYING
from tests.mutants.clients.useapi import USEAPI
from tests.mutants.clients.waiting import OUTCOMES, WAITING
from tests.mutants.clients.wire import WIRE

MUTANTS = {each.id: each for each in (*WIRE, *WAITING, *OUTCOMES, *RETRYING, *CALLING_BACK, *USEAPI, *CHOOSY)}
