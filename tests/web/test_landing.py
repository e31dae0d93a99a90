"""The landing page: right code, honest limits, what search engines and browsers ask for, and a picture that can be held."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories import make_person
from tests.web.browser import browser_of
from tests.web.test_markup import Tags

pytestmark = pytest.mark.django_db
GIVEN = "declare const clientId: string, clientSecret: string, publicToken: string, messages: { role: string; content: string }[];"


@pytest.fixture
def landing() -> str:
    """The page as somebody sees it who has never been here."""
    return Client().get("/").content.decode()


def test_the_code_on_it_compiles_against_the_sdk(landing: str, tmp_path: Path) -> None:
    (shown,) = re.findall(r'<code id="landing-code"[^>]*>(.*?)</code>', landing, re.DOTALL)
    code = html.unescape(shown)
    assert len([line for line in code.splitlines() if not line.startswith("//")]) == 5
    sdk = settings.BASE_DIR / "clients" / "node-sdk" / "src" / "index"
    # `linkToken` goes to the page, as the code's comment says.
    (tmp_path / "server.mts").write_text(f'import {{ OneRelayClient }} from "{sdk}";\n{GIVEN}\n{code}\nconsole.log(linkToken);\n')
    node, tsc = shutil.which("node") or "node", settings.BASE_DIR / "node_modules" / "typescript" / "bin" / "tsc"
    options = "--noEmit --strict --noUnusedLocals --target es2022 --module esnext --moduleResolution bundler --skipLibCheck"
    types = ["--types", "node", "--typeRoots", str(settings.BASE_DIR / "node_modules" / "@types")]
    arguments = [node, str(tsc), *options.split(), *types, str(tmp_path / "server.mts")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_claims_no_more_than_holds(landing: str) -> None:
    text = " ".join(re.sub(r"<[^>]+>", " ", landing).split())
    assert "Encrypted in your browser, unreadable at rest, decrypted in memory for one call." in text
    assert "malicious while it runs can take the keys used meanwhile" in text
    assert "could serve altered pages" in text
    assert "Revoking deletes live copies, not old backups" in text
    assert not re.search(r"zero.knowledge|end.to.end|unbreakable|military|100 ?% secure", text, re.IGNORECASE)


def test_search_engines_find_it_and_leave_private_pages_alone(landing: str) -> None:
    tags = Tags(landing)
    named = {attributes.get("name"): attributes.get("content") or "" for attributes in tags.named("meta")}
    assert 50 <= len(named["description"]) <= 170
    assert "robots" not in named
    (canonical,) = [attributes["href"] for attributes in tags.named("link") if attributes.get("rel") == "canonical"]
    assert canonical == settings.RELAY_ORIGINS[0] + "/"
    for path in ("/keys", "/nowhere"):
        assert '<meta name="robots" content="noindex">' in browser_of(make_person().user).get(path).content.decode()
    assert "Disallow: /v1/" in Client().get("/robots.txt").content.decode()


def test_browsers_get_icons_and_colours_of_both_themes(landing: str) -> None:
    tags = Tags(landing)
    tokens = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    light, dark = re.findall(r"--surface: (#[0-9a-f]{6});", tokens)
    themes = {
        attributes.get("media"): attributes["content"] for attributes in tags.named("meta") if attributes.get("name") == "theme-color"
    }
    assert themes == {"(prefers-color-scheme: light)": light, "(prefers-color-scheme: dark)": dark}
    (manifest,) = [attributes["href"] or "" for attributes in tags.named("link") if attributes.get("rel") == "manifest"]
    answer = Client().get(manifest)
    assert answer["Content-Type"] == "application/manifest+json"
    icons = json.loads(b"".join(answer))["icons"]
    assert all(finders.find(f"icons/{icon['src']}") for icon in icons)
    assert "manifest-src 'self'" in Client().get("/")["Content-Security-Policy"]


def test_the_picture_is_said_in_words_and_can_be_held(landing: str) -> None:
    assert '<div class="show__stage" aria-hidden="true">' in landing
    assert 'data-action="pause-show" aria-pressed="false"' in landing
    for step in ("The app asks", "You approve", "It calls models"):
        assert f"<li><strong>{step}</strong>" in landing


def test_somebody_signed_in_is_led_to_their_dashboard() -> None:
    page = browser_of(make_person().user).get("/").content.decode()
    assert "Open your dashboard" in page
    assert "Create a vault" not in page
