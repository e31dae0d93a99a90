"""Options that many commands share, and what they make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from onerelay.cli.session import Session
from onerelay.cli.store import Store
from onerelay.cli.terminal import Terminal

Command = Callable[..., Any]


@dataclass
class State:
    """What the root keeps while a command runs."""

    terminal: Terminal = field(default_factory=lambda: Terminal(as_json=False))


def at_relay(command: Command) -> Command:
    """Give a command the Session that --relay and --json describe."""

    @wraps(command)
    def run(relay: str | None, as_json: bool, password_stdin: bool = False, **given: Any) -> Any:
        state = click.get_current_context().ensure_object(State)
        state.terminal = Terminal(as_json=as_json)
        return command(Session(state.terminal, Store(), relay, password_stdin), **given)

    shown = _option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")(run)
    about = "The relay’s address. Default: ONERELAY_RELAY, or the one logged in to last."
    return _option("--relay", metavar="URL", help=about)(shown)


def with_password(command: Command) -> Command:
    """As at_relay, for a command that needs the master password."""
    about = "Read the master password from standard input (first line). Else ONERELAY_PASSWORD, or a prompt."
    return _option("--password-stdin", is_flag=True, help=about)(at_relay(command))


def _option(*names: str, **about: Any) -> Callable[[Command], Command]:
    return click.option(*names, **about)


yes_option = click.option("--yes", "-y", is_flag=True, help="Don’t ask; do it.")
kit_option = click.option(
    "--kit-file",
    type=click.Path(dir_okay=False, writable=True),
    help="Write the recovery code into this new file instead of showing it on the terminal.",
)
