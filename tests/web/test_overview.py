"""The overview: this month by app and provider, what needs attention and what mends it, and how newcomers begin."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from linkflow.models import Connection, SealedKey
from relay.overview import _app_names
from tests.factories import Person, make_app, make_connection, make_person
from tests.usage.test_rollups import _entry
from tests.web.browser import browser_of
from tests.web.test_connection_pages import make_many, text_of
from tests.web.test_contents import put_key
from usage import overview as spending
from usage import rollups, services
from usage.models import Rollup, Window
from usage.periods import periods_at

pytestmark = pytest.mark.django_db


def overview(person: Person, query: str = "") -> str:
    """The overview as its owner gets it."""
    return text_of(browser_of(person.user), f"/overview{query}")


def spend(person: Person, linked_id: str, cents: int) -> None:
    """Fill the present month's window of a connection, or of the person's cap."""
    month_on = periods_at(datetime.now(UTC)).month_on
    Window.objects.update_or_create(subject_id=linked_id, kind="month", starts_on=month_on, defaults={"spent_nanos": cents * 10_000_000})


def test_newcomers_are_shown_three_steps_and_no_empty_chart() -> None:
    person = make_person()
    text = overview(person)
    for title in ("Put a key into your vault", "Connect an app", "Watch what it spends"):
        assert title in text
    assert "<usage-chart" not in text
    assert "No calls this month" not in text
    put_key(person)
    assert text.count("(done)") == 0
    assert overview(person).count("(done)") == 1
    make_connection(person)
    text = overview(person)
    assert "Put a key into your vault" not in text
    assert "No calls this month" in text


def test_the_month_by_app_and_provider() -> None:
    person, now = make_person(), datetime.now(UTC)
    first, second = make_app(make_person().user, name="Draft & <b>"), make_app(make_person().user, name="Draft & <b>")
    _entry(now, 2_500_000_001, user_id=person.user.pk, app_id=first.app.pk, provider="openai")
    _entry(now, 1, user_id=person.user.pk, app_id=second.app.pk, provider="groq", http_status=500)
    _entry(now, 1_000_000, user_id=person.user.pk, app_id="")
    _entry(now, 1, user_id=person.user.pk, app_id="app_deleted")
    _entry(now, 10**12, user_id=make_person().user.pk)
    text = overview(person)
    assert "$2.51" in text
    assert "4 calls" in text
    assert "1 failed" in text
    names = re.findall(r'<th scope="row">(?:<a [^>]*>)?<bdi>([^<]*)</bdi>', text)
    assert names[:4] == ["Draft &amp; &lt;b&gt;", "Your own tools", "Draft &amp; &lt;b&gt; (2)", "A deleted app"] or names[:4] == [
        "Draft &amp; &lt;b&gt;",
        "Your own tools",
        "A deleted app",
        "Draft &amp; &lt;b&gt; (2)",
    ]
    assert names[4:] == ["OpenAI", "Sandbox", "Groq"]
    assert 'href="/connections?q=Draft+%26+%3Cb%3E"' in text
    assert '"name": "Your own tools"' in text
    assert '"name": "OpenAI"' in overview(person, "?by=provider")
    assert '"name": "Your own tools"' in overview(person, "?by=nonsense")


def test_apps_of_one_name_are_told_apart_even_from_one_named_with_a_number() -> None:
    ada = make_person()
    for name in ("Tern", "Tern", "Tern (2)", "Tern (x)"):
        _entry(datetime.now(UTC), 1_000_000, user_id=ada.user.pk, app_id=make_app(ada.user, name=name).app.pk)
    apps, _ = _app_names(spending.this_month(ada.user.pk, datetime.now(UTC)))
    assert len(set(apps.values())) == 4
    assert "Tern (x)" in apps.values()


def test_the_cap_has_a_meter() -> None:
    person, now = make_person(), datetime.now(UTC)
    put_key(person)
    make_connection(person)
    assert "Set a cap over all apps" in overview(person)
    services.set_user_cap(person.user.pk, 2000, now)
    spend(person, person.user.pk, 1700)
    text = overview(person)
    assert 'data-cap-cents="2000"' in text
    assert '<meter min="0" max="20000000" low="16000000" high="19000000" optimum="0" value="17000000"' in text
    assert "All apps together have nearly used your cap." in text
    assert text.count('data-action="cap"') == 2
    services.set_user_cap(person.user.pk, 0, now)
    assert "All apps together have used up your cap." in overview(person)


def test_what_needs_attention_comes_with_what_mends_it() -> None:
    person = make_person()
    put_key(person)
    now = timezone.now()
    broken, full, ending, later = (make_connection(person, make_app(make_person().user, name=name)) for name in "ABCD")
    SealedKey.objects.filter(connection=broken.connection).update(attention_code="key_invalid")
    spend(person, full.connection.pk, 800)
    Connection.objects.filter(pk=ending.connection.pk).update(expires_at=now + timedelta(days=6, hours=1))
    Connection.objects.filter(pk=later.connection.pk).update(expires_at=now + timedelta(days=8))
    text = overview(person)
    assert "Sandbox refused the key." in text
    assert "A can’t use it." in text
    assert 'href="/keys#key-sandbox">Replace the Sandbox key</a>' in text
    assert "B has nearly used its budget." in text
    assert f'href="/connections/{full.connection.pk}#limits">Change its limits</a>' in text
    assert "C expires in 6 days." in text
    assert f'href="/connections/{ending.connection.pk}#limits">Extend it</a>' in text
    assert "D expires" not in text
    assert 'href="/security#kit-section">Make a recovery kit</a>' in text
    spend(person, full.connection.pk, 1000)
    assert "B has used up its budget." in overview(person)
    for linked in (broken, full, ending):
        Connection.objects.filter(pk=linked.connection.pk).update(status=Connection.REVOKED)
    User.objects.filter(pk=person.user.pk).update(recovery_public_key=b"x" * 32)
    assert 'id="matters-title"' not in overview(person)


def test_another_persons_trouble_is_not_shown() -> None:
    SealedKey.objects.filter(connection=make_connection().connection).update(attention_code="key_invalid")
    assert "refused the key" not in overview(make_person())


@pytest.mark.parametrize("rolled", [False, True])
def test_the_number_of_queries_does_not_grow(rolled: bool) -> None:
    person, now = make_person(), datetime.now(UTC)
    browser = browser_of(person.user)
    put_key(person)
    rows = make_many(person, 1)
    _entry(now, user_id=person.user.pk, connection_id=rows[0].pk, app_id=rows[0].app_id)
    browser.get("/overview")
    with CaptureQueriesContext(database) as few:
        browser.get("/overview")
    for row in make_many(person, 60, expires_at=now + timedelta(days=2)):
        _entry(now - timedelta(days=1), user_id=person.user.pk, connection_id=row.pk, app_id=row.app_id)
        spend(person, row.pk, 450)
    SealedKey.objects.update(attention_code="key_invalid")
    Window.objects.update(limit_nanos=5_000_000_000, bound_nanos=5_000_000_000)
    if rolled:
        rollups.catch_up(Rollup.DAY, now)
    with CaptureQueriesContext(database) as many:
        text = text_of(browser, "/overview")
    assert len(few) <= len(many) <= len(few) + 2 <= 15
    assert text.count("has nearly used its budget.") == 5
    assert text.count("Extend it") == 5
    assert "and 58 more can’t use it." in text
    assert text.count('"name": "App') <= 8


def test_the_export_says_how_many_calls_and_warns_about_keys() -> None:
    person = make_person(now=datetime.now(UTC) - timedelta(days=3))
    _entry(datetime.now(UTC) - timedelta(days=2), user_id=person.user.pk)
    _entry(datetime.now(UTC) - timedelta(seconds=1), user_id=person.user.pk)
    text = text_of(browser_of(person.user), "/export")
    assert 'data-calls="2"' in text
    assert "Anybody who opens that file can spend your money" in text
    assert not re.search(r'name="withKeys"[^>]* checked', text)
