"""``mockserver run``: a command beside a fake, and what its traffic shows about the client in it."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
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
from mockserver.options.fake import FAKE
from mockserver.options.kit import JOURNAL, REPORTING
from mockserver.resources import schemas_words
from mockserver.settings import Settings

if TYPE_CHECKING:
    from mockserver.kit.verdict import Verdict

_OWN = ("command", "report", "baseline", "journal", "schemas")
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
    "  mockserver run --pace instant --report report/ -- pytest tests\n\n" + EXITS,
    params=[*REPORTING, JOURNAL, *FAKE],
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

    A test of how a refusal is handled says so with the header `mockserver-expect: refusal`, and the refusal is no
    finding. docs/testees.md has two more ways, and what else is none.
    """
    require("mockserver run", "httpx")
    reporting = Reporting.prepare(report, baseline)
    if journal is not None:
        with written("--journal", journal):
            check_writable(journal)
    settings, serve_options = Settings(**options), list(_serve_options(context))
    with interruption() as interrupted:
        status, judged = _judged(command, settings, serve_options, interrupted, journal)
        verdict = reporting.publish(_repeatable(judged, context), sys.stderr)
        sys.exit(exit_status(verdict, interrupted_by=interrupted.number, command=status))


def _judged(
    command: Sequence[str],
    settings: Settings,
    serve_options: Sequence[str],
    interrupted: Interruption,
    journal: Path | None,
) -> tuple[int, Verdict]:
    """Run the command, write its exchanges, and return its exit status and the verdict on them."""
    from mockserver.kit.client import traffic
    from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
    from mockserver.kit.verdict import Verdict

    status, target = 0, " ".join(command)
    try:
        with FakeProcess(serve_options, is_shared=True) as fake:
            try:
                status = _status(command, fake.url, settings, interrupted)
                verdict = traffic.verdict(
                    target,
                    fake.transcript(),
                    is_timed=not fake.has_moved_clock,
                    forgotten=fake.forgotten,
                    prefixes=settings.prefixes,
                )
                if journal is not None:
                    with written("--journal", journal):
                        write(journal, fake.archive())
            except FakeUnavailable as error:
                return status, Verdict(target, (), obstacle=str(error))
    except Interrupted as error:
        return status, Verdict(target, (), obstacle=str(error))
    return status, verdict


def _status(command: Sequence[str], url: str, settings: Settings, interrupted: Interruption) -> int:
    """Run the command and return its exit status, as a shell would: 128 and more for one that a signal has ended.

    If we are interrupted, it is ended, and its traffic can be judged all the same.
    """
    from mockserver.kit.client import traffic
    from mockserver.kit.client.child import Child

    key = next((key.name for key in settings.keys if key.secret is None), "key-of-nobody")
    variables = {**dict.fromkeys(traffic.URL_VARIABLES, url), "KLING_API_KEY": key}
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
        value = context.params[name]
        if isinstance(value, bool):
            yield (option.opts if value else option.secondary_opts)[0]
            continue
        for text in _texts(value):
            yield from (option.opts[0], text)


def _texts(value: object) -> Iterator[str]:
    """Yield what is written after an option to say a value; several times, if it can be repeated."""
    if isinstance(value, Mapping):
        yield from (f"{name}={text}" for name, inner in value.items() for text in _texts(inner))
    elif isinstance(value, tuple):
        yield from map(str, value)
    else:
        yield str(value)
