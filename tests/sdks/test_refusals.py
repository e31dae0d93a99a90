"""Each refusal of the relay, raised by every official SDK with the relay's words in it, after one request and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.sdks.asking import Raised
from tests.sdks.every import EVERY
from tests.sdks.situations import Situation, pairs
from tests.sdks.world import World

if TYPE_CHECKING:
    from tests.sdks.asking import Sdk

pytestmark = pytest.mark.sdks


@pytest.mark.parametrize(("sdk", "situation"), pairs(EVERY))
def test_the_sdk_raises_what_the_relay_says(world: World, sdk: Sdk, situation: Situation) -> None:
    asked = situation.prepare(world, sdk)
    with pytest.raises(Raised) as raised:
        sdk.ask(asked if sdk.obeys_should_retry and not situation.invites_again else replace(asked, retries=0))
    error = raised.value
    assert situation.says in error.text
    assert (error.kind, error.status) == (sdk.kinds.get(situation.status, sdk.kinds[0]), situation.status)
    assert (error.code == situation.code) if sdk.gives_code else (f'"{situation.code}"' in error.text)
    assert len(world.arrivals) == 1
    assert len(world.provider.received) == situation.reaches
