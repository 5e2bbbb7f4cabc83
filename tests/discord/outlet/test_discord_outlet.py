"""Answers on Discord, from the outlet through the real library to the simulated server."""

import asyncio
import time
from typing import Any

import pytest

from botcore.errors import MessageGone, SendUnknown
from botcore.messages import Button, Piece, Text
from botcore.testing.discord_server import Channel, Limits, Person, Server, SystemClock
from botcore_discord.buttons import says_of
from botcore_discord.library import discord as library

from .conftest import Opening, Way

ALL_AT_ONCE = "@everyone @here <@{ada}> <@!{ada}> <@&{staff}> and `@everyone` too"


async def test_an_answer_takes_its_place_and_then_its_final_form(way: Way, ada: Person, general: Channel) -> None:
    asked = await ada.says("hi", channel=general)
    (answer,) = await way.says(way.to(general, reply_to=asked), "Hello **Ada**!")
    assert answer.text == "Hello **Ada**!"
    assert answer.history == ["…", "Hello **Ada**!"]
    assert answer.reply_to == asked.id


async def test_nobody_is_pinged_whatever_an_answer_says(
    way: Way, ada: Person, friends: Server, general: Channel
) -> None:
    staff = friends.role("Staff", [ada], mentionable=True)
    asked = await ada.says("hi", channel=general)
    words = ALL_AT_ONCE.format(ada=ada.id, staff=staff.id)
    to = way.to(general, reply_to=asked)
    (answer,) = await way.says(to, words, key="1")
    (plain,) = await way.says(to, Text(words, plain=True), key="2")
    sent = await way.outlet.send(way.to(general, reply_to=asked), Piece(words), key="9/0")
    await way.outlet.frame(way.to(general), sent, f"{words} and more", ((Button("Stop", "/stop"),),))
    for message in (answer, plain, way.message(sent)):
        assert "@everyone @here" in message.text
        assert not message.pings.everyone
        assert not message.pings.users
        assert not message.pings.roles
        assert not message.pinged(ada)


SEND = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
WAITING = Piece("…")


async def test_a_send_that_is_repeated_shows_nothing_twice(way: Way, ada: Person, general: Channel) -> None:
    asked = await ada.says("hi", channel=general)
    to = way.to(general, reply_to=asked)
    way.discord.faults.reset(SEND, landed=True)
    with pytest.raises(SendUnknown):
        await way.outlet.send(to, WAITING, key="1/0")
    place = await way.outlet.send(to, WAITING, key="1/0")
    assert place == await way.outlet.send(to, WAITING, key="1/0")
    assert general.lines() == ["Ada: hi", "Helper: …"]
    assert await way.outlet.send(to, WAITING, key="1/1") != place
    assert await way.outlet.send(to, WAITING, key="2/0") != place


async def test_a_new_database_counts_anew_and_takes_nobodys_place(way: Way, ada: Person, general: Channel) -> None:
    first, second = [await ada.says(text, channel=general) for text in ("one", "two")]
    one = await way.outlet.send(way.to(general, reply_to=first), WAITING, key="1/0")
    two = await way.outlet.send(way.to(general, reply_to=second), WAITING, key="1/0")
    assert one != two


async def test_long_after_a_send_the_history_tells_that_it_landed(way: Way, ada: Person, general: Channel) -> None:
    asked = await ada.says("hi", channel=general)
    to = way.to(general, reply_to=asked)
    way.discord.faults.reset(SEND, landed=True)
    with pytest.raises(SendUnknown):
        await way.outlet.send(to, WAITING, key="1/0")
    way.clock.advance(3600)  # Discord knows the nonce no more
    place = await way.outlet.send(to, WAITING, key="1/0")
    await way.outlet.edit(to, place, Piece("Hello!"))
    assert general.lines() == ["Ada: hi", "Helper: Hello!"]


async def test_the_history_never_gives_away_what_another_send_left(way: Way, ada: Person, general: Channel) -> None:
    first, second = [await ada.says(text, channel=general) for text in ("one", "two")]
    await ada.says("…", channel=general, reply_to=second)  # somebody else's
    taken = [await way.outlet.send(way.to(general, reply_to=first), WAITING, key="1/0")]
    way.clock.advance(3600)
    taken.append(await way.outlet.send(way.to(general, reply_to=second), WAITING, key="2/0"))
    taken.append(await way.outlet.send(way.to(general, reply_to=second), WAITING, key="2/1"))  # a later part
    taken.append(await way.outlet.send(way.to(general, reply_to=second), Piece("… (waiting)"), key="2/queue"))
    await way.outlet.edit(way.to(general, reply_to=first), taken[0], Piece("Done"))
    taken.append(await way.outlet.send(way.to(general, reply_to=first), WAITING, key="1/0/1"))
    assert len(set(taken)) == 5


async def test_an_answer_is_sent_although_its_question_was_deleted(way: Way, ada: Person, general: Channel) -> None:
    asked = await ada.says("hi", channel=general)
    await ada.deletes(asked)
    (answer,) = await way.says(way.to(general, reply_to=asked), "Hello!")
    assert answer.text == "Hello!"
    assert answer.reply_to is None


async def test_only_the_first_message_of_an_answer_is_a_reply(way: Way, ada: Person, general: Channel) -> None:
    asked = await ada.says("hi", channel=general)
    first, second = await way.says(way.to(general, reply_to=asked), "word " * 500)
    assert first.reply_to == asked.id
    assert second.reply_to is None


async def test_an_answer_in_a_thread_goes_to_the_thread(way: Way, ada: Person, general: Channel) -> None:
    thread = await ada.opens_thread("Story", channel=general)
    asked = await ada.says("hi", channel=thread)
    await way.says(way.to(thread, reply_to=asked), "Hello!")
    assert thread.lines()[-2:] == ["Ada: hi", "Helper: Hello!"]


async def test_a_plain_text_is_shown_letter_by_letter(way: Way, general: Channel) -> None:
    (answer,) = await way.says(way.to(general), Text("2 * 3 * 4, snake_case, # one", plain=True))
    assert answer.text == r"2 \* 3 \* 4, snake\_case, # one"


async def test_links_bring_no_previews_and_an_edit_keeps_it_so(way: Way, general: Channel) -> None:
    (answer,) = await way.says(way.to(general), "See https://example.org")
    assert answer.flags & 4


async def test_a_message_that_is_as_wanted_already_is_fine(way: Way, general: Channel) -> None:
    (answer,) = await way.says(way.to(general), "Hello!")
    await way.outlet.edit(way.to(general), str(answer.id), Piece("Hello!"))
    assert answer.text == "Hello!"


async def test_a_deleted_place_is_told_so_that_another_is_taken(way: Way, general: Channel) -> None:
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    await way.outlet.delete(to, place)
    assert general.lines() == []
    await way.outlet.delete(to, place)  # gone already: fine
    with pytest.raises(MessageGone):
        await way.outlet.edit(to, place, Piece("Hello!"))
    again = await way.outlet.send(to, WAITING, key="1/0/1")
    await way.outlet.edit(to, again, Piece("Hello!"))
    assert general.lines() == ["Helper: Hello!"]


async def test_typing_is_shown(way: Way, general: Channel) -> None:
    await way.outlet.typing(way.to(general))
    assert (await way.discord.bot.types(general)).user is way.discord.bot.user


# ---- buttons ----


async def test_buttons_stand_below_the_last_message_and_say_what_they_say(
    way: Way, ada: Person, general: Channel
) -> None:
    rows = [[Button("Again", "/retry"), Button("Go on", "go on")], [Button("Site", url="https://example.org/")]]
    first, last = await way.says(way.to(general), "word " * 500, buttons=rows)
    assert first.buttons == []
    (again, go_on), (site,) = last.buttons
    assert (again.label, go_on.label) == ("Again", "Go on")
    assert (site.label, site.url, site.custom_id) == ("Site", "https://example.org/", None)
    pressed = asyncio.Event()
    said: list[str | None] = []

    async def on_interaction(interaction: library.Interaction) -> None:
        said.append(says_of(interaction.data or {}))
        await interaction.response.defer()
        pressed.set()

    way.client.on_interaction = on_interaction  # type: ignore[method-assign]
    await ada.presses("Go on", on=last)
    async with asyncio.timeout(5):
        await pressed.wait()
    assert said == ["go on"]


async def test_more_buttons_than_discord_takes(way: Way, general: Channel, caplog: pytest.LogCaptureFixture) -> None:
    row = [Button(f"{number}", "same") for number in range(7)]
    (answer,) = await way.says(way.to(general), "Which?", buttons=[row])
    assert [button.label for row in answer.buttons for button in row] == [*"0123456"]
    (answer,) = await way.says(way.to(general), "Which?", buttons=[row] * 4, key="2")
    assert sum(map(len, answer.buttons)) == 19
    assert "rows of buttons" in caplog.text
    odd = [Button("x" * 100, "s" * 64), Button("", "bare"), Button("Nowhere", url="ftp://example.org")]
    (answer,) = await way.says(way.to(general), "Which?", buttons=[odd], key="3")
    assert [len(button.label) for row in answer.buttons for button in row] == [80, 4]


async def test_buttons_of_a_growing_answer_go_with_it(way: Way, general: Channel) -> None:
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    await way.outlet.frame(to, place, "Once upon", ((Button("Stop", "/stop"),),))
    message = way.message(place)
    assert (message.text, [button.label for row in message.buttons for button in row]) == ("Once upon", ["Stop"])
    await way.outlet.edit(to, place, Piece("Once upon a time."))
    assert (message.text, message.buttons) == ("Once upon a time.", [])


async def test_buttons_that_discord_refuses_cost_no_answer(way: Way, general: Channel) -> None:
    place = await way.outlet.send(way.to(general), WAITING, key="1/0")
    broken = {"errors": {"components": {"0": {"_errors": [{"code": "BASE_TYPE_BAD", "message": "no"}]}}}}
    way.discord.faults.refuse(EDIT, status=400, code=50035, message="Invalid Form Body", more=broken)
    await way.outlet.edit(way.to(general), place, Piece("Hello", buttons=((Button("Go", "go"),),)))
    assert way.message(place).text == "Hello"
    assert way.message(place).buttons == []


# ---- frames ----


async def test_a_frame_is_plain_cut_and_not_repeated(way: Way, general: Channel) -> None:
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    await way.outlet.frame(to, place, "😀" * 1500)
    assert way.message(place).text == "😀" * 998
    await way.outlet.frame(to, place, "😀" * 1500)
    await way.outlet.frame(to, place, "```py\nx = 1")
    await way.outlet.frame(to, place, " \n")
    assert way.message(place).history == ["…", "😀" * 998, "```py\nx = 1\n```"]


async def test_no_frame_lands_after_the_final_form(way: Way, general: Channel) -> None:
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    hold = way.discord.faults.hold(EDIT)
    frame = asyncio.create_task(way.outlet.frame(to, place, "Once"))
    await hold.reached()
    frame.cancel()  # whoever painted is cut off
    final = asyncio.create_task(way.outlet.edit(to, place, Piece("Once upon a time.")))
    await asyncio.sleep(0)
    hold.release()
    await final
    assert way.message(place).history == ["…", "Once", "Once upon a time."]


async def test_a_final_edit_goes_at_once_where_a_frame_only_waits(opening: Opening) -> None:
    way = await opening(limits=Limits.real(), clock=SystemClock())
    general = way.discord.guild("Friends", [way.discord.user("Ada")]).text_channel("general")
    to = way.to(general)
    place = await way.outlet.send(to, WAITING, key="1/0")
    for number in range(8):  # more than Discord takes at once: those without a place are dropped
        await way.outlet.frame(to, place, f"Once {number}")
    async with asyncio.timeout(4):  # the limit is over after five
        await way.outlet.edit(to, place, Piece("Once upon a time."))
    *frames, last = way.message(place).history
    assert last == "Once upon a time."
    assert len(frames) == 5  # the place, and four: one of five is left for the final form
    assert all(call.ok for call in way.discord.calls)


async def test_thousands_of_rate_limits_do_not_slow_down_each_new_one(way: Way, general: Channel) -> None:
    http: Any = way.client.http
    limit: Any = type(next(iter(http._buckets.values())))
    buckets = http._buckets
    now = asyncio.get_running_loop().time()
    for number in range(30_000):  # five minutes of a hundred commands a second
        bucket = buckets[f"command:{number}"] = limit(None)
        bucket._last_request = now - (1000 if number % 2 else 0)
    began = time.process_time()
    for number in range(200):
        http.get_ratelimit(f"another:{number}")
    assert time.process_time() - began < 0.5  # looking through all of them each time takes a second
    assert "command:0" in buckets
    assert "command:1" not in buckets  # but those that are over are forgotten
    sent = await way.outlet.send(way.to(general), Piece("hi"), key="1/0")
    assert way.message(sent).text == "hi"
