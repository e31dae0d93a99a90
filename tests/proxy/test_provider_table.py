"""docs/providers.md says of every provider what spec/providers.json says, doubts included."""

from __future__ import annotations

import pytest

from relay.providers import registry
from scripts import provider_table


def test_the_document_says_what_the_file_says() -> None:
    document = provider_table.DOCUMENT.read_text(encoding="utf-8")
    assert provider_table.written(document) == document, "run python -m scripts.provider_table"


def test_every_doubt_is_shown() -> None:
    for provider in registry.providers():
        row = next(line for line in provider_table.table().splitlines() if f"| `{provider.id}` |" in line)
        assert all(f"`{fact}`" in row for fact in provider.unconfirmed)
        assert ("(unconfirmed)" in row) is not provider.is_confirmed


def test_a_document_without_a_place_is_an_error() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        provider_table.written("no place")
