"""No inline script or style, nothing from elsewhere, nothing without a label: over all templates and all answers."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from relay.core.errors import ALL_ERRORS
from tests.factories import make_app, make_connection, make_person
from tests.usage.test_rollups import _entry
from tests.web.browser import browser_of

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
STYLES = sorted((settings.BASE_DIR / "static" / "css").glob("*.css"))
UNLABELLED_TYPES = {"hidden", "checkbox", "submit", "button"}


class Tags(HTMLParser):
    """Collects every start tag, submit buttons with their forms, and text inside script and style; blocks of data are neither."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.in_data = False
        self.submitters: list[tuple[dict[str, str | None], dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.in_data = tag == "script" and attributes.get("type") == "application/json"
        if not self.in_data:
            self.tags.append((tag, attributes))
        if attributes.get("type") == "submit":
            self.submitters.append((self.named("form")[-1], attributes))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and data.strip() and not self.in_data:
            self.inline.append(data)

    def named(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def test_there_are_templates_to_check() -> None:
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|=[\"']?\s*javascript:", text, re.IGNORECASE)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_names_that_apps_chose_do_not_turn_the_words_around_them(template: Path) -> None:
    """A name may hold marks that change the direction of everything after it."""
    for line in template.read_text().splitlines():
        shown = re.sub(r'="[^"]*"|{% block title %}.*', "", line)
        for before in re.findall(r"(.{0,5}){{ (?:app|connection)\.name }}", shown):
            assert before == "<bdi>", line
        assert 'data-text="app-name"' not in line.replace('<bdi data-text="app-name">', "")


def test_links_password_fields_have_no_name_that_a_form_would_send() -> None:
    fields = Tags((settings.BASE_DIR / "templates/link/sign_in.html").read_text()).named("input")
    passwords = [field for field in fields if field.get("type") == "password"]
    assert len(passwords) == 3
    assert [field.get("name") for field in passwords] == [None] * 3


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_styles_load_nothing_from_elsewhere(style: Path) -> None:
    text = style.read_text()
    assert "@import" not in text
    assert not re.search(r"url\([\"']?(https?:|//|data:)", text)
    if style.name != "tokens.css":
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", text), "colours belong into tokens.css"


def app_pages(app_id: str) -> list[str]:
    """The further pages of one app."""
    ends = ("settings", "quickstart", "quickstart?language=python", "quickstart?language=curl", "connections", "usage", "requests")
    return [f"/apps/{app_id}/{end}" for end in ends]


@pytest.fixture
def answers(db: None) -> dict[str, str]:
    """The text of every page, with headers checked on the way."""
    person = make_person()
    product = make_app(person.user)
    browser, stranger = browser_of(person.user), Client()
    linked = make_connection(person, daily_cents=50)
    _entry(timezone.now(), 1_000_000, connection_id=linked.connection.pk, user_id=person.user.pk, app_id=linked.connection.app_id)
    linked.connection.sealed_keys.update(attention_code="key_invalid")
    ours = ["/overview", "/export", "/connections?status=attention", f"/connections/{linked.connection.pk}"]
    paths = [
        "/",
        *ours,
        "/keys",
        "/connections",
        "/apps",
        f"/apps/{product.app.pk}",
        *app_pages(product.app.pk),
        "/security",
        "/recover",
        "/docs/errors",
        "/nowhere",
    ]
    pages = {path: browser.get(path) for path in paths}
    pages |= {f"{path} (signed out)": stranger.get(path) for path in ("/", "/signup", "/signin", "/recover", "/nowhere")}
    for response in pages.values():
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "'unsafe-eval'" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Type"] == "text/html; charset=utf-8"
    return {path: response.content.decode() for path, response in pages.items()}


def test_answers_keep_the_policy(answers: dict[str, str]) -> None:
    for path, text in answers.items():
        tags = Tags(text)
        assert tags.inline == [], path
        for name, attributes in tags.tags:
            assert not [key for key in attributes if key == "style" or key.startswith("on")], (path, name)
        for attributes in tags.named("script", "img", "link", "use", "iframe"):
            if attributes.get("rel") == "canonical":  # named, never fetched
                continue
            source = attributes.get("src") or attributes.get("href") or ""
            assert source.startswith("/static/"), (path, source)


def test_every_field_has_a_label_and_every_reference_a_target(answers: dict[str, str]) -> None:
    for path, text in answers.items():
        tags = Tags(text)
        ids = [attributes["id"] for _, attributes in tags.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path
        labelled = {attributes.get("for") for attributes in tags.named("label")}
        for attributes in tags.named("input", "select", "textarea"):
            is_exempt = attributes.get("type") in UNLABELLED_TYPES or attributes.get("aria-hidden") == "true"
            assert is_exempt or attributes.get("id") in labelled, (path, attributes)
            has_place = f"{attributes.get('id')}-error" in (attributes.get("aria-describedby") or "").split()
            assert has_place or "required" not in attributes, (path, attributes)
        for _, attributes in tags.tags:
            for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "data-copy-from"):
                for target in (attributes.get(name) or "").split():
                    assert target in ids, (path, name, target)
        for attributes in tags.named("button"):
            assert attributes.get("type") in {"button", "submit"}, (path, attributes)
        for attributes in tags.named("a"):
            href = attributes.get("href") or "/"
            assert href.startswith(("/", "#")) or attributes.get("rel") == "noreferrer", (path, href)


def test_a_form_the_browser_submits_by_itself_sends_no_secret(answers: dict[str, str]) -> None:
    """Before its script runs a form can't be sent, and a secret's field has no name, so that it is in no request."""
    for path, text in answers.items():
        tags = Tags(text)
        assert not [field for field in tags.named("input") if field.get("type") == "password" and "name" in field], path
        for form, attributes in tags.submitters:
            is_search = form.get("role") == "search"  # nothing is typed there but what belongs into an address
            assert is_search or form.get("method") == "dialog" or "disabled" in attributes, (path, form)
        assert {form.get("method") for form in tags.named("form")} <= {None, "dialog"}, path


def test_every_page_has_a_language_a_title_and_one_heading(answers: dict[str, str]) -> None:
    for path, text in answers.items():
        tags = Tags(text)
        assert tags.named("html")[0]["lang"] == "en"
        assert re.search(r"<title>[^<]*1Relay[^<]*</title>", text), path
        assert len(tags.named("h1")) == 1, path
        assert len(tags.named("main")) == 1, path


def test_every_error_code_has_its_anchor(answers: dict[str, str]) -> None:
    text = answers["/docs/errors"]
    known = json.loads((settings.BASE_DIR / "spec" / "errors.json").read_text())["errors"]
    assert {error["code"] for error in known} == set(ALL_ERRORS)
    for code in ALL_ERRORS:
        assert f'id="{code}"' in text


def test_a_missing_page_is_a_page_and_a_missing_route_is_the_envelope(db: None) -> None:
    page = Client().get("/nowhere")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    route = Client().get("/v1/nowhere")
    assert route.status_code == 404
    assert route.json()["error"]["code"] == "not_found"
