"""``mockserver completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    short_help="Print what a shell needs to complete commands and options.",
    epilog="\b\nExamples:\n"
    '  eval "$(mockserver completion bash)"    # in ~/.bashrc\n'
    '  eval "$(mockserver completion zsh)"     # in ~/.zshrc\n'
    "  mockserver completion fish > ~/.config/fish/completions/mockserver.fish",
)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes what stands after the word mockserver."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, shell  # noqa: S101 - click knows each of them
    click.echo(found(context.find_root().command, {}, "mockserver", "_MOCKSERVER_COMPLETE").source())
