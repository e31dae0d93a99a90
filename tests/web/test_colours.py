"""Colours that can be read, in both themes, and no token that does not exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()


def _palettes() -> dict[str, dict[str, str]]:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    found = {name: dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", text)) for name, text in [("light", light), ("dark", dark)]}
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
    (ink, ground)
    for ink in ("ink", "ink-soft", "ink-faint", "accent-ink", "bad", "good", "warn")
    for ground in ("canvas", "surface", "raised", "sunken")
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
    *((f"series-{number}", "surface") for number in range(1, 9)),
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
    assert contrast(palette[shape], palette[ground]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_name_every_colour(scheme: str) -> None:
    """A colour that only one theme had would be the other's by accident; those that both share are listed."""
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    shared = {"on-accent", "on-bad"}
    names = {name for name, _ in re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", {"light": light, "dark": dark}[scheme])}
    assert names | shared == set(_palettes()["light"])


@pytest.mark.parametrize("style", sorted((settings.BASE_DIR / "static" / "css").glob("*.css")), ids=lambda path: path.name)
def test_styles_name_only_tokens_that_there_are(style: Path) -> None:
    """A misspelt token is no error to a browser: the colour is simply gone."""
    text = style.read_text()
    own = set(re.findall(r"^\s*--([a-z0-9-]+):", TOKENS + text, re.MULTILINE))
    assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) <= own
