"""Chat, streaming and tools through every official SDK, unmodified but for base URL and key; and the provider's own errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_provider import whole
from tests.proxy.conftest import KEYS, settled
from tests.sdks import vendors
from tests.sdks.asking import Raised, Said
from tests.sdks.every import EVERY
from tests.sdks.javascript import VERCEL_UNSTORED
from tests.sdks.world import World, linked

if TYPE_CHECKING:
    from tests.sdks.asking import Sdk

pytestmark = pytest.mark.sdks

TOLD = "It is 18 degrees in Paris."


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_it_talks(world: World, sdk: Sdk, streams: bool) -> None:
    connection = linked()
    said = sdk.ask(world.ask(sdk, connection, streams=streams))
    assert said == Said("Hello there.", said.pieces, vendors.INPUT_TOKENS, vendors.OUTPUT_TOKENS)
    assert said.pieces == (2 if streams else 1)
    _all_booked(world, connection.connection.id, 1)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_it_calls_a_tool_and_sends_the_result(world: World, sdk: Sdk, streams: bool) -> None:
    connection = linked()
    said = sdk.ask(world.ask(sdk, connection, streams=streams, tool=True))
    assert (said.text, said.calls) == (TOLD, (("weather", vendors.ARGUMENTS),))
    _all_booked(world, connection.connection.id, 2)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("sdk", [*EVERY, VERCEL_UNSTORED], ids=lambda sdk: sdk.id)
def test_it_talks_on(world: World, sdk: Sdk, streams: bool) -> None:
    connection = linked()
    asked = world.ask(sdk, connection, streams=streams, prompt="What is near?", then="And what is far?")
    if sdk.id == "vercel openai":
        # It names answers by their ids, which OpenAI keeps for all apps of a user. `store: false` is the way out.
        with pytest.raises(Raised) as raised:
            sdk.ask(asked)
        assert (raised.value.status, raised.value.code) == (403, "path_not_allowed")
        return
    assert sdk.ask(asked).text == "Hello there."
    _all_booked(world, connection.connection.id, 2)
    first, second = (received.body.decode() for received in world.provider.received)
    assert ("near?" in first, "far?" in first) == (True, False)
    assert ("near?" in second, "there." in second, "far?" in second) == (True, True, True)


def _all_booked(world: World, connection_id: str, calls: int) -> None:
    """Each call reached the provider once, with the user's key, and is in the ledger as the provider counted it."""
    assert len(world.arrivals) == len(world.provider.received) == calls
    for received in world.provider.received:
        assert "1r_at_" not in str(received.headers)
        assert any(key in value for key in KEYS.values() for value in received.headers.values())
    found = settled(connection_id, calls)
    booked = {(entry.usage_source, entry.input_tokens, entry.output_tokens) for entry in found.entries}
    assert booked == {("provider_usage", vendors.INPUT_TOKENS, vendors.OUTPUT_TOKENS)}
    assert found.spent > 0


SAYS = "The sky is not the limit, said the provider."
PROVIDER_ERRORS: dict[str, dict[int, Any]] = {
    # platform.openai.com/docs/guides/error-codes; console.groq.com/docs/errors
    "openai": {
        400: {"error": {"message": SAYS, "type": "invalid_request_error", "param": "messages", "code": None}},
        404: {"error": {"message": SAYS, "type": "invalid_request_error", "param": None, "code": "model_not_found"}},
        500: {"error": {"message": SAYS, "type": "server_error", "param": None, "code": None}},
    },
    # docs.anthropic.com/en/api/errors
    "anthropic": {
        400: {"type": "error", "error": {"type": "invalid_request_error", "message": SAYS}, "request_id": "req_up"},
        404: {"type": "error", "error": {"type": "not_found_error", "message": SAYS}, "request_id": "req_up"},
        500: {"type": "error", "error": {"type": "api_error", "message": SAYS}, "request_id": "req_up"},
    },
    # ai.google.dev/gemini-api/docs/troubleshooting
    "google": {
        400: {"error": {"code": 400, "message": SAYS, "status": "INVALID_ARGUMENT"}},
        404: {"error": {"code": 404, "message": SAYS, "status": "NOT_FOUND"}},
        500: {"error": {"code": 500, "message": SAYS, "status": "INTERNAL"}},
    },
}
PROVIDER_ERRORS["groq"] = PROVIDER_ERRORS["openai"]


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", [400, 404, 500])
def test_the_providers_error_is_the_sdks_own(world: World, sdk: Sdk, status: int, streams: bool) -> None:
    connection = linked()
    world.provider.will(whole(PROVIDER_ERRORS[sdk.provider][status], status))
    with pytest.raises(Raised) as raised:
        sdk.ask(world.ask(sdk, connection, streams=streams, retries=0))
    assert SAYS in raised.value.text
    assert (raised.value.kind, raised.value.status) == (sdk.kinds.get(status, sdk.kinds[0]), status)
    assert len(world.arrivals) == len(world.provider.received) == 1
    assert settled(connection.connection.id).entries[0].error_code == f"provider_{status}"
