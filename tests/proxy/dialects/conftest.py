"""Prices that stay what the tests say they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from relay.providers import prices
from tests.proxy.dialects.case import price_list


@pytest.fixture(autouse=True)
def pinned_prices(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """The operator's price list is PINNED."""
    settings.RELAY_PRICE_OVERRIDES = tmp_path / "pinned.json"
    settings.RELAY_PRICE_OVERRIDES.write_text(json.dumps(price_list()))
    prices.clear_caches()
    yield
    prices.clear_caches()
