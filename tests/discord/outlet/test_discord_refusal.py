"""What Discord's refusals mean, each as the library meets it on the wire; and what the operator reads."""

import asyncio

import pytest

from botcore.errors import DeliveryError, MessageGone, SendFailed, SendLater, SendUnknown
from botcore.messages import Piece
from botcore.testing.discord_server import Channel, Garble, Limits, Permission, Person, Server, SystemClock
from botcore_discord.refusal import BLOCKED_S, TOKEN_S, UNTOLD_S

from .conftest import Opening, Way

SEND = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
WAITING = Piece("…")


async def failure(way: Way, channel: Channel, *, key: str = "1/0") -> DeliveryError:
    with pytest.raises(DeliveryError) as failed:
        await way.outlet.send(way.to(channel), WAITING, key=key)
    return failed.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 50035, SendFailed),  # Invalid Form Body
        (400, 50006, SendFailed),  # Cannot send an empty message
        (400, 40058, SendFailed),  # a forum
        (400, 50083, SendFailed),  # archived
        (401, 0, SendLater),
        (403, 50001, SendFailed),  # Missing Access
        (403, 50007, SendFailed),  # Cannot send messages to this user
        (403, 50013, SendFailed),  # Missing Permissions
        (403, 50278, SendFailed),  # no mutual guilds
        (403, 160005, SendFailed),  # Thread is locked
        (403, 20009, SendFailed),
        (404, 10003, SendFailed),  # Unknown Channel
        (404, 10008, MessageGone),
        (404, 0, SendFailed),
        (405, 0, SendFailed),
        (413, 40005, SendFailed),  # Request entity too large
        (500, 0, SendUnknown),
        (502, 0, SendUnknown),
        (503, 0, SendUnknown),
        (503, 130000, SendLater),  # API resource is currently overloaded
        (504, 0, SendUnknown),
    ],
)
async def test_each_refusal_has_its_meaning(
    way: Way, general: Channel, status: int, code: int, kind: type[DeliveryError]
) -> None:
    way.discord.faults.refuse(SEND, status=status, code=code)
    assert type(await failure(way, general)) in {kind, *kind.__subclasses__()}
    assert len(way.discord.calls.of(SEND)) == 1  # the library has not tried again on its own


async def test_how_long_to_wait_is_what_discord_says(way: Way, general: Channel) -> None:
    way.discord.faults.refuse(SEND, status=429, retry_after=0.25)
    later = await failure(way, general)
    assert isinstance(later, SendLater)
    assert later.retry_after == 0.25
    way.discord.faults.refuse(SEND, status=429)
    later = await failure(way, general)
    assert isinstance(later, SendLater)
    assert later.retry_after == UNTOLD_S


async def test_a_token_that_is_not_accepted_any_more(
    way: Way, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    way.discord.faults.refuse(SEND, status=401, message="401: Unauthorized", times=2)
    later = await failure(way, general)
    assert isinstance(later, SendLater)
    assert later.retry_after == TOKEN_S
    assert caplog.text.count("does not accept DISCORD_BOT_TOKEN any more") == 1


@pytest.mark.parametrize(("status", "kind"), [(403, SendLater), (429, SendLater), (502, SendUnknown)])
async def test_what_stands_before_discord(
    way: Way, general: Channel, status: int, kind: type[DeliveryError], caplog: pytest.LogCaptureFixture
) -> None:
    way.discord.faults.plan(SEND, Garble(status=status, body="<html>error code: 1015</html>"))
    refused = await failure(way, general)
    assert isinstance(refused, kind)
    if isinstance(refused, SendLater):
        assert refused.retry_after == BLOCKED_S
        assert caplog.text.count("turns this machine away") == 1


async def test_an_answer_that_is_no_json_may_have_landed(way: Way, general: Channel) -> None:
    way.discord.faults.plan(SEND, Garble(status=200, body="<html>", landed=True))
    assert isinstance(await failure(way, general), SendUnknown)
    place = await way.outlet.send(way.to(general), WAITING, key="1/0")
    assert general.lines() == ["Helper: …"]
    assert way.message(place).text == "…"


async def test_a_connection_that_breaks_may_have_carried_it(way: Way, general: Channel) -> None:
    way.discord.faults.reset(SEND, landed=True)
    assert isinstance(await failure(way, general), SendUnknown)


async def test_a_server_that_is_not_there_got_nothing(opening: Opening) -> None:
    way = await opening()
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    await way.client.http.get_user(way.discord.bot.id)
    await way.discord.stop()
    assert isinstance(await failure(way, general), SendLater | SendUnknown)
    assert isinstance(await failure(way, general), SendLater)


# ---- one line for each trouble ----


async def lines_of(way: Way, channel: Channel, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the operator reads after three attempts to write."""
    caplog.clear()
    for number in range(3):
        await failure(way, channel, key=f"{number}/0")
        await way.outlet.typing(way.to(channel))
    return [record.message for record in caplog.records if record.name == "botcore_discord"]


async def test_a_deleted_channel(way: Way, friends: Server, general: Channel, caplog: pytest.LogCaptureFixture) -> None:
    await friends.deletes(general)
    assert await lines_of(way, general, caplog) == [
        f"Discord: channel {general.id} does not exist any more: answers for it are dropped"
    ]
    other = friends.text_channel("other")
    await way.says(way.to(other), "The rest goes on.")
    assert other.lines() == ["Helper: The rest goes on."]


async def test_a_channel_that_was_hidden(
    way: Way, friends: Server, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    friends.forbids(way.discord.bot, Permission.VIEW_CHANNEL, channel=general)
    (line,) = await lines_of(way, general, caplog)
    assert "needs the permission View Channel" in line


async def test_a_missing_permission(
    way: Way, friends: Server, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    friends.forbids(way.discord.bot, Permission.SEND_MESSAGES, channel=general)
    (line,) = await lines_of(way, general, caplog)
    assert "it needs Send Messages" in line
    friends.permits(way.discord.bot, Permission.SEND_MESSAGES, channel=general)
    await way.says(way.to(general), "Thanks.", key="9")
    assert general.lines() == ["Helper: Thanks."]


async def test_a_person_who_takes_no_messages(way: Way, ada: Person, caplog: pytest.LogCaptureFixture) -> None:
    await ada.dm("hi")
    await ada.closes_dms()
    (line,) = await lines_of(way, ada.dms, caplog)
    assert "does not take messages from the bot" in line


async def test_without_the_history_an_answer_is_no_reply(
    way: Way, ada: Person, friends: Server, general: Channel
) -> None:
    friends.forbids(way.discord.bot, Permission.READ_MESSAGE_HISTORY, channel=general)
    asked = await ada.says("hi", channel=general)
    way.clock.advance(3600)
    (answer,) = await way.says(way.to(general, reply_to=asked), "Hello!")
    assert (answer.text, answer.reply_to) == ("Hello!", None)


async def test_a_message_that_cannot_be_replied_to_is_answered(way: Way, ada: Person, general: Channel) -> None:
    await ada.opens_thread("Story", channel=general)
    notice = next(one for one in general.messages.values() if one.is_system)
    (answer,) = await way.says(way.to(general, reply_to=notice), "Hello!")
    assert (answer.text, answer.reply_to) == ("Hello!", None)


# ---- rate limits ----


async def test_a_refusal_for_now_holds_the_channel_and_nobody_else(opening: Opening) -> None:
    way = await opening(clock=SystemClock())
    friends = way.discord.guild("Friends", [way.discord.user("Ada")])
    general, other = friends.text_channel("general"), friends.text_channel("other")
    place = await way.outlet.send(way.to(general), WAITING, key="1/0")
    way.discord.faults.refuse(EDIT, status=429, retry_after=3600)
    with pytest.raises(SendLater):
        await way.outlet.edit(way.to(general), place, Piece("Hello"))
    await way.outlet.frame(way.to(general), place, "Hel")  # dropped: nothing goes there now
    held = asyncio.create_task(way.outlet.edit(way.to(general), place, Piece("Hello")))
    await way.says(way.to(other), "Elsewhere")
    assert not held.done()
    held.cancel()
    assert way.message(place).history == ["…"]


async def test_what_was_refused_for_now_goes_after_the_pause(opening: Opening) -> None:
    way = await opening(clock=SystemClock())
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    place = await way.outlet.send(way.to(general), WAITING, key="1/0")
    way.discord.faults.refuse(EDIT, status=429, retry_after=0.3)
    began = asyncio.get_running_loop().time()
    with pytest.raises(SendLater):
        await way.outlet.edit(way.to(general), place, Piece("Hello"))
    await way.outlet.edit(way.to(general), place, Piece("Hello"))
    assert asyncio.get_running_loop().time() - began > 0.25
    assert way.message(place).history == ["…", "Hello"]


async def test_a_refusal_of_everything_holds_everything(opening: Opening) -> None:
    way = await opening(clock=SystemClock())
    friends = way.discord.guild("Friends", [way.discord.user("Ada")])
    general, other = friends.text_channel("general"), friends.text_channel("other")
    way.discord.faults.refuse(SEND, status=429, retry_after=0.3, more={"global": True})
    began = asyncio.get_running_loop().time()
    assert isinstance(await failure(way, general), SendLater)
    await way.says(way.to(other), "Elsewhere")
    assert asyncio.get_running_loop().time() - began > 0.25


async def test_what_a_frame_meets_is_the_frames_alone(way: Way, general: Channel) -> None:
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    way.discord.faults.refuse(EDIT, status=502)
    with pytest.raises(SendUnknown):
        await way.outlet.frame(to, place, "Once")
    await way.outlet.edit(to, place, Piece("Once upon a time."))
    assert way.message(place).history == ["…", "Once upon a time."]


async def test_a_stop_waits_for_nothing_but_what_has_left(opening: Opening) -> None:
    way = await opening(limits=Limits.real(), clock=SystemClock())
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    sends = [asyncio.create_task(way.outlet.send(way.to(general), WAITING, key=f"{number}/0")) for number in range(8)]
    await asyncio.wait(sends[:5], timeout=4)
    assert all(send.done() for send in sends[:5])  # the fifth does not wait until the limit is over, after five seconds
    async with asyncio.timeout(4):
        await way.outlet.close()
    await asyncio.wait(sends)
