"""`python -m scripts.provider_table [--check]`: write the table of providers into docs/providers.md, out of spec/providers.json.

`--check` writes nothing and ends with 1 where the document says something else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from relay.providers import registry

if TYPE_CHECKING:
    from relay.providers.facts import Provider

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "providers.md"
BEGIN: Final = "<!-- providers: written by python -m scripts.provider_table -->"
END: Final = "<!-- end of providers -->"
_HEAD: Final = "| provider | `provider` | host | one chat call | booked by | unconfirmed |\n|---|---|---|---|---|---|"


def table() -> str:
    """The Markdown table, in the order of the file."""
    return "\n".join([_HEAD, *(_row(provider) for provider in registry.providers())])


def written(document: str) -> str:
    """The document with the table in its place. Raises ValueError where it has no place for it."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DOCUMENT.name} lacks the lines between which the table goes")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _row(provider: Provider) -> str:
    host = urlsplit(provider.base_url).netloc if provider.base_url else "this relay"
    chat = "yes" if provider.chat_path else "no: passthrough only"
    meters = {call.meter: registry.meter(call.meter) for call in provider.calls if not call.is_free}
    booked = "its own figure" if any(meter.cost for meter in meters.values()) else "tokens it reports"
    doubts = [f"`{fact}`" for fact in provider.unconfirmed]
    doubts += [f"usage (`{name}`)" for name, meter in meters.items() if not meter.confirmed]
    name = provider.name if provider.is_confirmed else f"{provider.name} (unconfirmed)"
    return f"| {name} | `{provider.id}` | {host} | {chat} | {booked} | {', '.join(doubts) or 'nothing'} |"


def main(arguments: list[str]) -> int:
    """Write or check; answers the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    checks = parser.parse_args(arguments).check
    old = DOCUMENT.read_text(encoding="utf-8")
    new = written(old)
    if checks:
        return int(new != old)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
