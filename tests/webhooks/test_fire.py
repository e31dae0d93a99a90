"""linkflow.services.fire: any event on demand, of the app's own sandbox connections alone."""

from __future__ import annotations

import json

import jsonschema
import pytest

from linkflow.models import Connection
from linkflow.services import connections
from linkflow.services.fire import TYPES, fire
from relay.core.errors import ApiError, Conflict, Forbidden, InvalidRequest, NotFound
from tests.factories import make_app, make_connection, make_person
from tests.webhooks.conftest import NOW, Told
from tests.webhooks.test_events import KEYS
from tests.webhooks.test_events import TYPES as SPEC
from webhooks.services.delivery import deliver_due


def test_every_type_can_be_fired_and_changes_nothing_else(told: Told) -> None:
    assert set(TYPES) == set(SPEC)
    made = make_connection(make_person(), told.product, now=NOW).connection
    before = Connection.objects.filter(pk=made.pk).values().get()
    for event_type in TYPES:
        event = fire(told.product.app, event_type, made.pk, NOW)
        assert event.type == event_type
        jsonschema.validate(json.loads(event.body)["data"], SPEC[event_type]["data"], cls=jsonschema.Draft202012Validator)
    assert Connection.objects.filter(pk=made.pk).values().get() == before
    assert deliver_due(NOW.replace(minute=1)) == 2 + len(TYPES) == len(told.receiver.got)


def test_others_real_and_ended_connections_are_refused(told: Told) -> None:
    ada = make_person()
    real = make_connection(ada, told.product, keys=KEYS, now=NOW).connection.pk
    theirs = make_connection(ada, make_app(make_person().user), now=NOW).connection.pk
    ended = make_connection(ada, told.product, now=NOW).connection.pk
    connections.revoke(ada.user, ended, NOW)
    refused: list[tuple[str, str, type[ApiError]]] = [
        ("budget.reset", real, Forbidden),
        ("budget.reset", theirs, NotFound),
        ("budget.reset", ended, Conflict),
        ("budget.gone", ended, InvalidRequest),
    ]
    for event_type, connection_id, error in refused:
        with pytest.raises(error):
            fire(told.product.app, event_type, connection_id, NOW)
    with pytest.raises(Conflict):
        fire(make_app(ada.user).app, "webhook.test", "", NOW)
