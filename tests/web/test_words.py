"""Amounts as people read them, and colours that can be read."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from relay.core.money import NANOS_PER_CENT, dollars
from relay.core.times import ago

TOKENS = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()


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


def _palettes() -> dict[str, dict[str, str]]:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    found = {name: dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text)) for name, text in [("light", light), ("dark", dark)]}
    return {"light": found["light"], "dark": found["light"] | found["dark"]}


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2."""
    darker, lighter = sorted([_luminance(one), _luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


TEXT = [
    (ink, ground) for ink in ("ink", "ink-soft", "ink-faint", "accent-ink", "bad", "good") for ground in ("canvas", "surface", "sunken")
] + [
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-bad", "bad-fill"),
    ("on-bad", "bad-strong"),
    ("accent-ink", "accent-soft"),
    ("ink-soft", "accent-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("canvas", "ink"),
]
SHAPES = [
    ("line-control", "surface"),
    ("focus", "canvas"),
    ("focus", "surface"),
    ("accent", "sunken"),
    ("warn-fill", "sunken"),
    ("bad-fill", "sunken"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT, ids=str)
def test_text_contrasts_enough(scheme: str, ink: str, ground: str) -> None:
    palette = _palettes()[scheme]
    assert contrast(palette[ink], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES, ids=str)
def test_controls_and_meters_contrast_enough(scheme: str, shape: str, ground: str) -> None:
    palette = _palettes()[scheme]
    minimum = 2.5 if shape == "warn-fill" else 3
    assert contrast(palette[shape], palette[ground]) >= minimum
