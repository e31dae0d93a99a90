"""spec/webhook_events.json keeps to its schema, and each example to its own type's."""

import json
from typing import Any

import jsonschema
import pytest

from tests.crypto.vectors import SPEC

EVENTS: dict[str, Any] = json.loads((SPEC / "webhook_events.json").read_text("utf-8"))


def test_spec_keeps_to_its_schema() -> None:
    schema = json.loads((SPEC / "webhook_events.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(EVENTS, schema, cls=jsonschema.Draft202012Validator)


def test_types_are_written_once() -> None:
    types = [event["type"] for event in EVENTS["events"]]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("event", EVENTS["events"], ids=lambda event: str(event["type"]))
def test_example_is_of_its_type(event: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(event["data"])
    example = event["example"]
    assert example["type"] == event["type"]
    assert set(example["data"]) == set(event["data"]["required"]) == set(event["data"]["properties"])
    jsonschema.validate(example["data"], event["data"], cls=jsonschema.Draft202012Validator)
