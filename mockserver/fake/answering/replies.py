"""Replies: what is answered to a request that was prepared, within a turn of the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from mockserver.contract.routes import Match
from mockserver.contract.service import Operation, Service
from mockserver.errors import StoreUnavailable
from mockserver.fake.answering.headers import annotated, told
from mockserver.fake.answering.reasons import INTERNAL, of_faults, of_refusal
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.encoding import encoded
from mockserver.fake.intake.intake import Prepared
from mockserver.fake.library.naming import Naming
from mockserver.fake.media import results
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Request, Response


class Replies:
    """Answers, each with its entry in the journal. All is called within a turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._naming = Naming(world)

    def to(self, prepared: Prepared) -> Response:
        """Answer a request: take it out of the quota, let the service's dialect act, and record the exchange."""
        service, call = prepared.match.service, prepared.call
        violations = () if call is None else call.violations
        try:
            if prepared.account is not None:
                self._take_quota(prepared.account, prepared.now)
            call = self._naming.judged(prepared.accepted())
            violations = call.violations
            response = self._act(call)
        except StoreUnavailable:
            raise  # nothing of this turn is kept
        except Refused as refused:
            violations = refused.violations or violations
            response = self.refusal(service, refused.as_a_value())
        except Exception as error:  # noqa: BLE001 - the last resort: the client gets an answer, the journal its entry
            response = self.failure(service, prepared.request, error)
        violations += prepared.mistakes
        response = annotated(response, violations, 1000 * (perf_counter() - prepared.began))
        match = prepared.match
        operation = match.operation.id if isinstance(match, Match) else None
        self._world.journal.write(
            prepared.now, service.id, operation, prepared.account, prepared.request, response, violations
        )
        return response

    def result(self, path: str, request: Request) -> tuple[results.Result | results.Gone, Response]:
        """Return what is behind the path of a result URL, and what was recorded of the answer."""
        found: results.Result | results.Gone
        now = self._world.clock.now()
        id, task = results.owner(self._world, path)
        try:
            found = results.fetched(self._world, path, now)
            if isinstance(found, results.Gone):
                response = Response(found.status, reason=found.reason)
            else:
                response = Response(200, headers=found.headers, wire=found.wire, reason=found.reason)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort, as above
            found = results.Gone(500, INTERNAL)
            response = Response(500, headers=told(error, request), reason=INTERNAL)
        if task is not None:
            response = replace(response, task=task.id)
        account = None if task is None else task.account
        self._world.journal.write(now, id, f"{id}/{results.FETCH}", account, request, response, ())
        return found, response

    def _take_quota(self, account: str, now: Millis) -> None:
        """Take a request out of the account's quota. Raises ``Refused``."""
        wait = self._world.limits.take(account, now)
        if wait:
            raise Refused("too-fast", headers={"retry-after": str(-(-wait // 1000))})

    def _act(self, call: Call) -> Response:
        """Do what was asked, with what faults change of it. Raises ``Refused``."""
        action = self._world.dialects[call.service.dialect].actions[call.operation.does]
        if not self._world.has_faults(call):
            return action(self._world, call)
        from mockserver.fake.faults.line import effect, refusal
        from mockserver.fake.faults.registry import Form

        subject = self._world.subject(call)
        for hit in self._world.faults_at("request", call.operation, subject, call.request.path):
            found = refusal(hit.fault, call.service, call.now)
            if isinstance(found, Refused):
                found.reason = of_faults([hit])
                raise found
            return replace(found, reason=of_faults([hit]))
        form = Form(self._is_answer(call.operation), call.service.layout)
        response = done = action(self._world, call)
        hits = self._world.faults_at("answer", call.operation, subject, call.request.path)
        for hit in hits:
            response = effect(hit.fault)(response, form)
        if response.wire is not None and response.wire.held is not None:
            number = self._world.held.answer(call.operation.id, done.task, call.account, call.now)
            response = replace(response, wire=replace(response.wire, held=number))
        return replace(response, reason=of_faults(hits)) if hits else response

    def _is_answer(self, operation: Operation) -> Callable[[JSON], bool]:
        """Return a function that says whether a body fits the contract's schema for an operation's answer."""
        if operation.answer is None:
            return lambda _: False
        is_valid: Callable[[JSON], bool] = self._world.catalog.validator(operation.answer).is_valid
        return is_valid

    def failure(self, service: Service, request: Request, error: Exception) -> Response:
        """Answer a request that an exception has kept from its answer."""
        return self.refusal(service, Refused("internal", headers=told(error, request)))

    def refusal(self, service: Service, refused: Refused) -> Response:
        """Answer with a row of the service's error table."""
        row = service.errors[refused.row]
        body = {
            key: text.format_map(refused.fields) if isinstance(text, str) else text for key, text in row.body.items()
        }
        complete = self._world.dialects[service.dialect].refused(self._world, service, row.status, body)
        headers = {"content-type": "application/json", **refused.headers}
        why = of_refusal(refused, service, self._world.readings[service.id])
        return Response(row.status, encoded(complete), headers, reason=why)
