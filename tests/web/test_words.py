"""Amounts and times as people read them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.money import NANOS_PER_CENT, dollars
from relay.core.times import ago


@pytest.mark.parametrize(
    ("nanos", "words"),
    [
        (0, "$0.00"),
        (1, "$0.0001"),
        (100_000, "$0.0001"),
        (100_001, "$0.0002"),
        (NANOS_PER_CENT, "$0.01"),
        (999_900_000, "$0.9999"),
        (999_900_001, "$1.00"),
        (1_000_000_000, "$1.00"),
        (1_000_000_001, "$1.01"),
        (12_500_000_000, "$12.50"),
        (1_234_567_000_000_000, "$1,234,567.00"),
    ],
)
def test_amounts(nanos: int, words: str) -> None:
    assert dollars(nanos) == words


@given(st.integers(min_value=0, max_value=10**16))
def test_an_amount_is_never_shown_smaller_than_it_is_nor_a_cent_larger(nanos: int) -> None:
    words = dollars(nanos)
    assert re.fullmatch(r"\$[0-9,]+\.(\d\d|\d{4})", words)
    whole, fraction = words[1:].replace(",", "").split(".")
    shown = int(whole) * 1_000_000_000 + int(fraction.ljust(9, "0"))
    assert nanos <= shown < nanos + NANOS_PER_CENT


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=119), "1 hour ago"),
        (timedelta(days=2, hours=23), "2 days ago"),
        (timedelta(days=59), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(days=6, hours=1), "in 6 days"),
        (-timedelta(seconds=1), "just now"),
    ],
)
def test_how_long_ago(before: timedelta, words: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert ago(now - before, now) == words
