"""Answers to slash commands: through the interaction while its token works, in the channel afterwards."""

from collections.abc import Awaitable, Callable

import pytest

from botcore.errors import MessageGone, SendFailed, SendUnknown
from botcore.messages import Image, Piece, Reply
from botcore.testing.discord_server import Channel, Interaction, Permission, Person, Server, png
from botcore_discord.library import discord as library

from .conftest import Way

WAITING = Piece("…")
LIFE = 900.0

Using = Callable[..., Awaitable[Interaction]]


@pytest.fixture
async def uses(way: Way, ada: Person, general: Channel) -> Using:
    """Ada uses /ask, and the adapter's other half defers its answer."""
    command = {"name": "ask", "description": "Ask", "type": 1, "integration_types": [0, 1], "contexts": [0, 1, 2]}
    await way.client.http.bulk_upsert_global_commands(way.client.application_id or 0, [command])
    hidden = False

    async def on_interaction(interaction: library.Interaction) -> None:
        await interaction.response.defer(ephemeral=hidden, thinking=True)

    way.client.on_interaction = on_interaction  # type: ignore[method-assign]

    async def use(*, hides: bool = False, channel: Channel = general, by: Person = ada) -> Interaction:
        nonlocal hidden
        hidden = hides
        used = await by.slash("ask", channel=channel)
        return await used.acknowledged()

    return use


async def test_the_deferred_answer_is_the_place(way: Way, uses: Using, general: Channel, ada: Person) -> None:
    used = await uses()
    to = way.of(used)
    place = await way.outlet.send(to, WAITING, key="1/0")
    assert place == to.place
    await way.outlet.typing(to)  # "is thinking" says it already
    await way.outlet.frame_slot(to)
    await way.outlet.frame(to, place, "Once")
    await way.outlet.edit(to, place, Piece("Once upon a time."))
    assert (await used.answer()).history == ["Once", "Once upon a time."]
    assert general.lines(as_seen_by=ada) == ["Helper: Once upon a time."]
    assert way.discord.calls.of("POST /channels") == []


async def test_after_fifteen_minutes_the_answer_is_edited_in_the_channel(way: Way, uses: Using) -> None:
    used = await uses()
    to = way.of(used)
    place = await way.outlet.send(to, WAITING, key="1/0")
    await way.outlet.frame(to, place, "Wait")
    way.clock.advance(LIFE + 1)
    await way.outlet.edit(to, place, Piece("At last."))
    assert way.message(place).history == ["Wait", "At last."]
    await way.outlet.delete(to, place)
    assert way.message(place).deleted


async def test_a_deferral_that_waited_in_vain_makes_room_for_a_message(way: Way, uses: Using, general: Channel) -> None:
    used = await uses()
    way.clock.advance(LIFE + 1)
    await way.delivers(way.of(used), Reply.of("At last."))
    assert general.lines() == ["Helper: At last."]


async def test_a_token_that_ends_early_is_outlived(way: Way, uses: Using, general: Channel) -> None:
    used = await uses()
    to = way.of(used)
    way.discord.faults.refuse("@original", status=401, code=50027, message="Invalid Webhook Token")
    await way.delivers(to, Reply.of("At last."))
    assert general.lines() == ["Helper: At last."]
    again = way.of(await uses())
    way.discord.faults.refuse("@original", status=401, code=50027, message="Invalid Webhook Token")
    await way.outlet.delete(again, again.place or "")
    assert general.lines() == ["Helper: At last."]


async def test_where_the_answer_may_not_be_edited_any_more_another_message_is_sent(
    way: Way, uses: Using, friends: Server, general: Channel
) -> None:
    used = await uses()
    to = way.of(used)
    way.clock.advance(LIFE + 1)
    way.discord.faults.refuse("PATCH /channels", status=403, code=50001, message="Missing Access")
    with pytest.raises(MessageGone):
        await way.outlet.edit(to, to.place or "", Piece("At last."))
    again = await way.outlet.send(to, WAITING, key="1/0/1")
    await way.outlet.edit(to, again, Piece("At last."))
    assert general.lines()[-1] == "Helper: At last."


async def test_further_messages_of_an_answer_go_to_the_channel(way: Way, uses: Using, general: Channel) -> None:
    used = await uses()
    await way.delivers(way.of(used), Reply.of("word " * 700))
    assert [len(line) > 1000 for line in general.lines()] == [True, True]
    assert used.followups == []


async def test_where_the_bot_may_not_write_they_go_through_the_interaction(
    way: Way, uses: Using, friends: Server, general: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    friends.forbids(way.discord.bot, Permission.SEND_MESSAGES, channel=general)
    used = await uses()
    to = way.of(used)
    first, second = await way.delivers(to, Reply.of("word " * 700))
    assert second.startswith("^")
    assert [message.id for message in used.followups] == [int(second[1:])]
    assert way.message(second).text.startswith("word")
    await way.outlet.delete(to, second)
    await way.outlet.delete(to, first)
    assert used.messages == []
    assert "Send Messages" in caplog.text


# ---- for the asker's eyes only ----


async def test_a_hidden_answer_stays_hidden_with_all_its_messages(
    way: Way, uses: Using, general: Channel, ada: Person
) -> None:
    used = await uses(hides=True)
    to = way.of(used)
    places = await way.delivers(to, Reply.of("word " * 700, ephemeral=True))
    assert [place[0] for place in places] == ["~", "~"]
    assert general.lines() == []
    assert len(general.lines(as_seen_by=ada)) == 2
    await way.outlet.frame(to, places[0], "Once more")
    assert way.message(places[0]).text == "Once more"
    await way.outlet.delete(to, places[1])
    assert len(general.lines(as_seen_by=ada)) == 1


async def test_a_refusal_is_hidden_although_the_place_was_for_all(
    way: Way, uses: Using, general: Channel, ada: Person
) -> None:
    used = await uses()
    to = way.of(used)
    places = await way.delivers(to, Reply.of("You may not. " * 200, ephemeral=True))
    assert len(places) == 2
    assert general.lines() == []
    assert [line.split()[:3] for line in general.lines(as_seen_by=ada)] == [["Helper", "(only", "to"]] * 2
    await way.outlet.edit(to, places[0], Piece("You may not.", ephemeral=True))  # told again after a crash
    assert len(general.lines(as_seen_by=ada)) == 2


async def test_a_refusal_is_told_once_although_its_place_does_not_go_at_once(
    way: Way, uses: Using, general: Channel, ada: Person
) -> None:
    to = way.of(await uses())
    refusal = Piece("You may not.", ephemeral=True)
    way.discord.faults.refuse("DELETE /webhooks", status=503)
    with pytest.raises(SendUnknown):
        await way.outlet.edit(to, to.place or "", refusal)
    await way.outlet.edit(to, to.place or "", refusal)  # as the courier does
    assert general.lines() == []
    assert len(general.lines(as_seen_by=ada)) == 1


async def test_a_hidden_answer_that_comes_too_late_is_not_shown_to_all(way: Way, uses: Using, general: Channel) -> None:
    to = way.of(await uses(hides=True))
    secret = Piece("Your code is 1234", ephemeral=True)
    way.clock.advance(LIFE + 1)
    with pytest.raises(MessageGone):
        await way.outlet.edit(to, to.place or "", secret)
    await way.outlet.frame(to, to.place or "", "Your code")
    await way.outlet.delete(to, to.place or "")
    again = await way.outlet.send(to, WAITING, key="1/0/1")
    await way.outlet.edit(to, again, secret)
    assert "15 minutes" in way.message(again).text
    assert not any("1234" in text for message in general.messages.values() for text in message.history)


async def test_in_private_there_is_nobody_to_hide_from(way: Way, uses: Using, ada: Person) -> None:
    await ada.dm("hi")
    used = await uses(channel=ada.dms)
    way.clock.advance(LIFE + 1)
    await way.delivers(way.of(used), Reply.of("Your code is 1234", ephemeral=True))
    assert ada.dms.lines()[-1] == "Helper: Your code is 1234"


# ---- what goes wrong ----


async def test_an_edit_that_was_not_confirmed_is_repeated(way: Way, uses: Using) -> None:
    used = await uses()
    to = way.of(used)
    way.discord.faults.reset("@original", landed=True)
    with pytest.raises(SendUnknown):
        await way.outlet.edit(to, to.place or "", Piece("Hello"))
    await way.outlet.edit(to, to.place or "", Piece("Hello"))
    assert (await used.answer()).text == "Hello"


async def test_a_deleted_place_is_told(way: Way, uses: Using, ada: Person) -> None:
    to = way.of(await uses())
    await way.outlet.delete(to, to.place or "")
    with pytest.raises(MessageGone):
        await way.outlet.edit(to, to.place or "", Piece("Hello"))


async def test_without_a_place_the_first_message_takes_the_deferral(way: Way, uses: Using, general: Channel) -> None:
    used = await uses()
    to = way.of(used, place=None)
    (place,) = await way.delivers(to, Reply.of("Hello"))
    assert used.original is not None
    assert place == f"^{used.original.id}"
    assert general.lines() == ["Helper: Hello"]


async def test_where_the_app_is_installed_by_the_person_alone(way: Way, uses: Using, ada: Person) -> None:
    await ada.installs_app()
    tea = way.discord.private_conversation(ada, way.discord.user("Carl"))
    used = await uses(channel=tea)
    to = way.of(used)
    picture = Image(data=png(), name="fox.png")
    first, second = await way.delivers(to, Reply.of("word " * 500, picture))
    assert [message.id for message in used.followups] == [int(second[1:])]
    assert way.message(second).attachments[0]["filename"] == "fox.png"
    way.clock.advance(LIFE + 1)
    with pytest.raises((MessageGone, SendFailed)):
        await way.outlet.edit(to, first, Piece("changed"))
    with pytest.raises(SendFailed):
        await way.outlet.send(to, WAITING, key="1/0/1")
