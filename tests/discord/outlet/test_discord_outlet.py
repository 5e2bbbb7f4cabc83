"""Answers on Discord, from the outlet through the real library to the simulated server."""

from botcore.messages import Button, Piece, Text
from botcore.testing.discord_server import Channel, Person, Server

from .conftest import Way

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
