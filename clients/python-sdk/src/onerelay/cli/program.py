"""The root of the command: its groups, its exit codes, and how failures are told."""

from __future__ import annotations

import sys
from typing import Any

import click

from onerelay._version import __version__
from onerelay.cli import account, connections, keys, link, run
from onerelay.cli.options import State
from onerelay.cli.terminal import Terminal, Unanswered
from onerelay.user.errors import NO_ANSWER, RelayError, UserError

FAILED, USAGE, SIGN_IN, NO_RELAY_ANSWER, REFUSED_HERE, UNANSWERED, KEY_FAILS, INTERRUPTED = 1, 2, 3, 4, 5, 6, 7, 130
_BY_EXIT = {
    SIGN_IN: "not_signed_in wrong_password wrong_kit vault_locked unauthenticated invalid_token token_expired",
    NO_RELAY_ANSWER: " ".join([*NO_ANSWER, "unsure_outcome", "internal_error", "service_unavailable"]),
    REFUSED_HERE: "tampered kdf_lowered other_origin insecure_origin connections_changed store_open_to_others needs_browser",
    KEY_FAILS: "key_fails",
}
_EXITS = {code: exit_code for exit_code, codes in _BY_EXIT.items() for code in codes.split()}

_EPILOG = """\
Exit codes: 0 done · 1 refused · 2 wrong usage · 3 log in, or wrong password · 4 no clear answer from the relay ·
5 refused here, for your safety · 6 not confirmed, or nobody to ask · 7 the key does not work · 130 interrupted.
`onerelay run` ends as its command does; 125: it could not be run under a connection, 126: not started, 127: not found.
"""


class Program(click.Group):
    """Turns failures into a sentence and an exit code; a traceback would show nothing that helps."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        state = ctx.ensure_object(State)  # made here, so that what the command sets in it is seen below
        try:
            return super().invoke(ctx)
        except UserError as error:
            code = tell(state.terminal, error)
        except (KeyError, TypeError, AttributeError, ValueError):
            # What the relay answered is not of the documented shape; values could be secrets, so none is shown.
            state.terminal.error(
                "unreadable_answer", "The relay’s answer is not what this version understands. Update onerelay, then try again."
            )
            code = NO_RELAY_ANSWER
        except BrokenPipeError:
            raise  # whoever read our output has gone: click ends quietly
        except OSError as error:
            state.terminal.error("file_trouble", f"{error.strerror}: {error.filename}")
            code = FAILED
        except Unanswered as unanswered:
            state.terminal.error("unanswered", str(unanswered))
            code = UNANSWERED
        except (KeyboardInterrupt, EOFError, click.Abort):
            state.terminal.error("interrupted", "Stopped.")
            code = INTERRUPTED
        # So that nobody takes it for the exit code of the program that was to be run.
        sys.exit(run.OURS if ctx.invoked_subcommand == "run" and code != INTERRUPTED else code)


def tell(terminal: Terminal, error: UserError) -> int:
    """Say why it failed; answers the exit code."""
    more = {}
    if isinstance(error, RelayError) and error.request_id:
        more["requestId"] = error.request_id
    terminal.error(error.code, error.message, **more)
    return _EXITS.get(error.code, FAILED)


@click.group(cls=Program, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="onerelay")
def program() -> None:
    """Your AI keys, kept so that only you can read them, and lent with a budget.

    Everything is encrypted on this machine before it leaves; the master password and your keys never do.
    Start with `onerelay register --relay URL` or `onerelay login --relay URL`.
    """


for _command in (*account.COMMANDS, keys.keys, connections.connections, link.link, run.run):
    program.add_command(_command)
