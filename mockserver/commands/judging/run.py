"""``mockserver run``: a command beside a fake, and what its traffic shows about the client in it."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mockserver.commands.judging.interruption import Interruption, interruption
from mockserver.commands.judging.reporting import EXITS, Reporting, exit_status
from mockserver.commands.output import written
from mockserver.configuration.resolution import words_of
from mockserver.errors import BadSetting, Interrupted
from mockserver.extras import require
from mockserver.files import check_writable, write
from mockserver.options import interception
from mockserver.options.fake import FAKE
from mockserver.options.kit import JOURNAL, REPORTING
from mockserver.resources import schemas_words
from mockserver.settings import Settings
from mockserver.types import value

if TYPE_CHECKING:
    from mockserver.kit.verdict import Verdict

_OWN = ("command", "report", "baseline", "journal", "schemas", "intercept", "passed")
"""The parameters that are not those of ``mockserver serve``, and what it finds in its environment."""

_REPEATED = ("services", "prefixes", "pace", "strict", "readings")
"""The options that a line that repeats a finding needs; no other is told, because keys and faults name secrets."""

_LAST_SECONDS = 2.0
"""How long a command may take to end by itself after Ctrl-C: long enough for most test runners to sum up."""


@click.command(
    context_settings={"allow_interspersed_args": False},
    short_help="Run a command beside a fake and judge its traffic.",
    epilog="\b\nExamples:\n"
    "  mockserver run -- npm test\n"
    "  mockserver run --pace instant --report report/ -- pytest tests\n"
    "  mockserver run --journal session.har -- npm test\n"
    "  mockserver run --intercept -- python app.py\n\n" + EXITS,
    params=[*REPORTING, JOURNAL, *interception.CLIENT, *FAKE],
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(
    context: click.Context,
    /,
    command: tuple[str, ...],
    report: Path | None,
    baseline: Path | None,
    journal: Path | None,
    **options: Any,
) -> None:
    """Run COMMAND beside a fake on a free port, and report on stderr whether its traffic kept the contract.

    COMMAND finds the URL of the fake in MOCKSERVER_URL and KLING_BASE_URL, and a key in KLING_API_KEY. When it ends, so
    does all that it has started. If it fails, the exit status is its own.

    With --intercept it calls the real hosts, and a proxy with certificates that it trusts leads that to the fake.

    A test of how a refusal is handled says so with the header `mockserver-expect: refusal`, and the refusal is no
    finding. docs/testees.md has two more ways, and what else is none.
    """
    require("mockserver run", "httpx")
    interception.check_passed()
    reporting = Reporting.prepare(report, baseline)
    if journal is not None:
        with written("--journal", journal):
            check_writable(journal)
    beside = _Beside(command, options.pop("intercept"), options.pop("passed"), Settings(**options))
    with interruption() as interrupted:
        status, judged = _judged(beside, list(_serve_options(context)), interrupted, journal)
        verdict = reporting.publish(_repeatable(judged, context), sys.stderr)
        sys.exit(exit_status(verdict, interrupted_by=interrupted.number, command=status))


@value
class _Beside:
    """What is run beside the fake, and how it reaches that: by its URL, or as the hosts that it has in its code."""

    command: Sequence[str]
    intercept: bool
    passed: Sequence[str]
    settings: Settings

    @property
    def options(self) -> Iterator[str]:
        """The options of ``mockserver serve`` that this takes."""
        if self.intercept:
            yield "--intercept"
            yield from (word for host in self.passed for word in ("--pass", host))

    @contextmanager
    def environment(self, url: str) -> Iterator[dict[str, str]]:
        """Yield the variables of the command. What they name is gone in the end."""
        from mockserver.kit.client import traffic

        key = next((key.name for key in self.settings.keys if key.secret is None), "key-of-nobody")
        variables = {**dict.fromkeys(traffic.URL_VARIABLES, url), "KLING_API_KEY": key}
        if not self.intercept:
            yield variables
            return
        from mockserver.contract.catalog import load
        from mockserver.kit.client.interception.environment import base_url, interception

        known = load().services
        served = [known[name] for name in self.settings.services or known]
        real = next(filter(None, (base_url(each) for each in served)), url)
        with interception(served, self.settings.public_url) as prepared:
            yield {**variables, "KLING_BASE_URL": real, **prepared.variables(url)}


def _judged(
    beside: _Beside, options: Sequence[str], interrupted: Interruption, journal: Path | None
) -> tuple[int, Verdict]:
    """Run the command, write its exchanges, and return its exit status and the verdict on them."""
    from mockserver.kit.client import traffic
    from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
    from mockserver.kit.verdict import Verdict

    status, target = 0, " ".join(beside.command)
    try:
        with FakeProcess((*options, *beside.options), is_shared=True) as fake:
            try:
                with beside.environment(fake.url) as variables:
                    status = _status(beside.command, variables, interrupted)
                verdict = traffic.verdict(
                    target,
                    fake.transcript(),
                    is_timed=not fake.has_moved_clock,
                    forgotten=fake.forgotten,
                    prefixes=beside.settings.prefixes,
                    is_intercepted=beside.intercept,
                )
                if journal is not None:
                    with written("--journal", journal):
                        write(journal, fake.archive())
            except FakeUnavailable as error:
                return status, Verdict(target, (), obstacle=str(error))
    except Interrupted as error:
        return status, Verdict(target, (), obstacle=str(error))
    return status, verdict


def _status(command: Sequence[str], variables: Mapping[str, str], interrupted: Interruption) -> int:
    """Run the command and return its exit status, as a shell would: 128 and more for one that a signal has ended.

    If we are interrupted, it is ended, and its traffic can be judged all the same.
    """
    from mockserver.kit.client.child import Child

    try:
        child = Child(command, variables=variables, is_apart=False)
    except OSError as error:
        text = f"{command[0]!r} cannot be run: {error.strerror}. Name a program as you would in a shell."
        raise BadSetting("COMMAND", text) from error
    except Interrupted as error:  # it may have made requests by now
        return 128 + error.number
    try:
        status = child.wait()
    except Interrupted as error:
        if error.number != signal.SIGINT:  # the terminal has sent Ctrl-C to the command as well
            child.send(error.number)
        with interrupted.patience(), suppress(subprocess.TimeoutExpired):
            child.wait(_LAST_SECONDS)
        status = 128 + error.number
    finally:
        child.close()
    return status if status >= 0 else 128 - status


def _repeatable(verdict: Verdict, context: click.Context) -> Verdict:
    """Say how to start a fake again that the lines of the findings reach: the one that they met has ended."""
    if not any(finding.repeat for finding in verdict.findings):
        return verdict
    serve = shlex.join([*words_of(("serve",)), *schemas_words(), *_serve_options(context, _REPEATED)])
    key = "Set MOCKSERVER_TOKEN to a key that it lets in, any without --key, and export it."
    return replace(verdict, notes=(f"Start {serve}, to which the lines are sent.", key))


def _serve_options(context: click.Context, names: Container[str] | None = None) -> Iterator[str]:
    """Yield the options of ``mockserver serve`` that are set, as words of a command line: all, or those of names."""
    for option in context.command.params:
        name = str(option.name)
        if name in _OWN or (names is not None and name not in names):
            continue
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        given = context.params[name]
        if isinstance(given, bool):
            yield (option.opts if given else option.secondary_opts)[0]
            continue
        for text in _texts(given):
            yield from (option.opts[0], text)


def _texts(given: object) -> Iterator[str]:
    """Yield what is written after an option to say a value; several times, if it can be repeated."""
    if isinstance(given, Mapping):
        yield from (f"{name}={text}" for name, inner in given.items() for text in _texts(inner))
    elif isinstance(given, tuple):
        yield from map(str, given)
    else:
        yield str(given)
