"""Moderation against the stand-in: off, warn, block; and what happens when it cannot be asked."""

from collections.abc import AsyncIterator

import pytest

from botcore.conversation.moderation import Moderator, Strictness
from botcore.errors import ApiError, Moderated
from botcore.openai import Api, ApiSettings
from botcore.testing.openai_server import OfflineApi, OfflineSettings, Status, offline_api

BAD, GOOD = "I want to kill everybody", "I want to bake a cake"


@pytest.fixture
async def server() -> AsyncIterator[OfflineApi]:
    async with offline_api(OfflineSettings(introduce=False)) as opened:
        yield opened


@pytest.fixture
async def moderator(server: OfflineApi) -> AsyncIterator[Moderator]:
    api = Api(ApiSettings(base_url=server.url, max_attempts=1))
    yield Moderator(api, "omni-moderation-latest")
    await api.aclose()


@pytest.mark.parametrize("text", [BAD, GOOD])
async def test_off_asks_nobody(server: OfflineApi, moderator: Moderator, text: str) -> None:
    assert await moderator.check(text, "off", "input") is None
    assert await moderator.check("  ", "block", "input") is None
    assert not server.requests.to("/moderations")


async def test_what_is_harmless_passes(server: OfflineApi, moderator: Moderator) -> None:
    for strictness in ("warn", "block"):
        assert await moderator.check(GOOD, strictness, "output") is None
    assert server.requests[-1].json["model"] == "omni-moderation-latest"


async def test_warn_says_what_was_flagged(moderator: Moderator) -> None:
    warned = await moderator.check(BAD, "warn", "input")
    assert warned is not None
    assert warned.startswith("⚠️ The moderation flagged your message (")
    assert "violence" in warned


async def test_block_names_the_categories_for_the_audit(moderator: Moderator) -> None:
    with pytest.raises(Moderated) as refused:
        await moderator.check(BAD, "block", "output")
    assert "violence" in refused.value.categories
    assert "can't show that answer" in refused.value.said


@pytest.mark.parametrize("status", [404, 500, 401])
@pytest.mark.parametrize("strictness", ["warn", "block"])
async def test_what_cannot_be_asked_blocks_only_where_blocking_is_wanted(
    server: OfflineApi, moderator: Moderator, status: int, strictness: Strictness, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.always(Status(status), path="/moderations")
    if strictness == "block":
        with pytest.raises(ApiError):
            await moderator.check(GOOD, strictness, "input")
    else:
        assert await moderator.check(GOOD, strictness, "input") is None
        assert "was not moderated" in caplog.text
