"""Patience with platforms and databases: what is repeated, what is not, and for how long."""

from collections.abc import Callable
from typing import Any

import pytest

from botcore.delivery import sending
from botcore.errors import MessageGone, SendFailed, SendLater, SendUnknown, StoreUnavailable


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are counted in milliseconds here."""
    monkeypatch.setattr(sending, "SHORTEST_PAUSE", 0.001)
    monkeypatch.setattr(sending, "LONGEST_PAUSE", 0.004)


def failing(*faults: Exception) -> Callable[[str], Any]:
    """A call that raises these, one each, and then says what it was called with."""
    left = list(faults)

    async def call(text: str) -> str:
        if left:
            raise left.pop(0)
        return f"did {text}"

    return call


async def test_what_may_be_repeated_is_repeated_until_it_succeeds() -> None:
    faults = [SendUnknown("?"), SendLater("slow down", retry_after=0.001), *[SendUnknown("?")] * 6]
    assert await sending.patiently(failing(*faults), "it") == "did it"


@pytest.mark.parametrize("error", [SendFailed("blocked"), MessageGone("7")])
async def test_what_no_repetition_mends_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        await sending.patiently(failing(SendUnknown("?"), error), "it")


async def test_a_send_in_turn_waits_for_its_turn_and_is_never_repeated_on_suspicion() -> None:
    later = SendLater("slow down", retry_after=0.0)
    assert await sending.in_turn(failing(later, later), "it") == "did it"
    with pytest.raises(SendUnknown):
        await sending.in_turn(failing(later, SendUnknown("?")), "it")


async def test_a_database_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        left = 2

        async def run(self, unit: Callable[[Any], Any]) -> Any:
            if self.left:
                self.left -= 1
                raise StoreUnavailable("gone")
            return unit(None)

        async def read(self, unit: Callable[[Any], Any]) -> Any:
            raise NotImplementedError

    assert await sending.steadily(Away(), lambda _: "kept") == "kept"
    assert caplog.text.count("the database is away") == 2
