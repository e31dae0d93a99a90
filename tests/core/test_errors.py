"""Errors are what api.md and spec/errors.json say: one class a code, one status a code."""

import json
import re
from pathlib import Path

from relay.core.errors import ALL_ERRORS

SPEC = Path(__file__).resolve().parents[2] / "spec"


def table_of_api_md() -> dict[str, int]:
    """{code: status} as the table of api.md gives them; its cells pair statuses and codes by order or by `;`."""
    rows = re.findall(r"^\| ([0-9, ]+) \| (.+) \|$", (SPEC / "api.md").read_text(), re.MULTILINE)
    table = {}
    for statuses, codes in rows:
        numbers = [int(number) for number in statuses.split(",")]
        names = re.findall(r"\b([a-z]+_[a-z_]+|conflict|forbidden|unauthenticated)\b", re.sub(r"\([^)]*\)", "", codes))
        for position, name in enumerate(names):
            table[name] = numbers[0] if len(numbers) == 1 else numbers[min(position, len(numbers) - 1)]
    return table


def test_every_code_of_api_md_has_its_class_and_status() -> None:
    assert {code: error.status for code, error in ALL_ERRORS.items()} == table_of_api_md()


def test_the_published_list_is_the_code() -> None:
    published = json.loads((SPEC / "errors.json").read_text())["errors"]
    assert {entry["code"]: (entry["status"], entry["message"]) for entry in published} == {
        code: (error.status, error.message) for code, error in ALL_ERRORS.items()
    }
    assert all(entry["meaning"] for entry in published)
