"""What platforms with interactions, threads and buttons bring along: places set aside, presses, private answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import pytest

from botcore.adapter import Seen, Thread
from botcore.errors import Unsuitable
from botcore.messages import (
    Address,
    Image,
    Invocation,
    Message,
    Press,
    Quote,
    Text,
)
from botcore.plugin import Bot, Context, Prompt, Suggest
from botcore.testing.openai_server import CutStream, Status

from .conftest import House, Person, Room, Shown, StartHouse


class Hall(Room):
    """A room whose platform sets a place aside for the answer to a command, and in which threads can be opened."""

    def __init__(self) -> None:
        super().__init__(idempotent=True)
        self.threads: dict[str, str] = {}

    def set_aside(self, chat: str = "1") -> str:
        number = f"aside-{len(self.shown)}"
        self.shown.append(Shown(number, chat, "is thinking", final=False))
        return number

    async def open_thread(self, address: Address, title: str, *, key: str) -> Thread:
        if title == "nowhere":
            raise Unsuitable("There can be no thread here.")
        number = self.threads.setdefault(key, f"t{len(self.threads)}")
        return Thread(number, f"#{title}")


async def uses(person: Person, hall: Hall, command: str, **options: object) -> str:
    """Use a slash command; the id of the place that was set aside."""
    place = hall.set_aside(person.chat.id)
    incoming = person.incoming(Invocation(command, options))
    assert hall.gateway is not None
    await hall.gateway.accept(replace(incoming, address=replace(incoming.address, token="secret", place=place)))
    return place


async def test_the_answer_goes_to_the_place_that_was_set_aside(start: StartHouse) -> None:
    hall = Hall()
    house = await start(room=hall)
    await uses(house.person(), hall, "whoami")
    (answer,) = await hall.answers(1)
    assert "Id: room:ada" in answer
    assert hall.sends == 0


async def test_a_confirmed_command_answers_the_press_in_the_press_s_own_place(start: StartHouse) -> None:
    bot = Bot("tests")

    @bot.command("launch", confirm=True)
    async def launch(ctx: Context) -> str:
        """Launch it."""
        return "It flies."

    hall = Hall()
    house = await start(room=hall, plugins=[bot])
    ada = house.person()
    await uses(ada, hall, "launch")
    (question,) = await hall.answers(1)
    assert "Yes or no?" in question
    place = hall.set_aside()
    press = ada.incoming(Press("1", "Yes"))
    assert hall.gateway is not None
    await hall.gateway.accept(replace(press, address=replace(press.address, token="other", place=place)))
    assert (await hall.answers(2))[1] == "It flies."
    assert [message.id for message in hall.shown if message.text == "It flies."] == [place]
    assert hall.sends == 0


async def test_a_refusal_is_for_the_asker_alone(start: StartHouse) -> None:
    hall = Hall()
    house = await start(room=hall)
    await uses(house.person(), hall, "persona", name="nobody at all")
    await hall.answers(1)
    assert hall.shown[0].pieces[-1].ephemeral


async def test_a_thread_is_opened_once_and_its_first_words_are_answered_in_it(start: StartHouse) -> None:
    hall = Hall()
    house = await start(room=hall)
    await uses(house.person(group=True), hall, "chat", text="Tell me about owls")
    link, answer = await hall.answers(2)
    assert link == "Let us talk here: #Tell me about owls"
    assert "owls" in answer
    assert await house.engine.gateway.seen("room", "bot") == []  # nothing came from the platform's history


async def test_where_there_are_no_threads_chat_says_so(house: House) -> None:
    await house.person(group=True).says("/chat about owls")
    assert await house.room.answers(1) == ["I cannot open threads here. /reset starts afresh."]


async def test_a_command_for_groups_is_refused_in_private(house: House) -> None:
    await house.person().says("/chat")
    assert await house.room.answers(1) == ["/chat works in group chats only."]


async def test_what_is_above_a_reply_is_told_apart_by_its_authors(house: House) -> None:
    ada = house.person()
    first = Quote("1", "Bob", parts=(Text("Owls are birds."),))
    second = Quote("2", mine=True, parts=(Text("So they are."),), reply_to=first)
    await ada.says("Really?", reply_to=second)
    await house.room.answers(1)
    asked = house.api.requests[-1].json["messages"][-1]["content"]
    assert asked == (
        '<replied-to author="Bob">\nOwls are birds.\n</replied-to>\n'
        '<replied-to author="you">\nSo they are.\n</replied-to>\nReally?'
    )


async def test_a_transcript_is_shown_above_the_answer_and_marked_in_the_history(start: StartHouse) -> None:
    bot = Bot("ears")

    @bot.on(Image)
    async def hear(ctx: Context, part: Image) -> Prompt:
        return Prompt((Text("how are you", spoken=True),), preface="> how are you")

    house = await start(plugins=[bot])
    house.api.script.reply("fine", when="how are you")
    ada = house.person()
    await ada.sends(Image(ref="x"))
    (answer,) = await house.room.answers(1)
    assert answer == "> how are you\nfine"
    assert house.api.requests[-1].json["messages"][-1]["content"] == "[spoken, as it was understood] how are you"


async def test_a_transcript_is_not_lost_when_the_model_fails(start: StartHouse) -> None:
    bot = Bot("ears")

    @bot.on(Image)
    async def hear(ctx: Context, part: Image) -> Prompt:
        return Prompt((Text("how are you", spoken=True),), preface="> how are you")

    house = await start(plugins=[bot], api__attempts="1")
    house.api.faults.next(Status(500))
    await house.person().sends(Image(ref="x"))
    (answer,) = await house.room.answers(1)
    assert answer.startswith("> how are you\n")
    assert [button.says for row in house.room.shown[0].pieces[-1].buttons for button in row] == ["/retry"]


async def test_a_plugin_sees_all_of_an_album_and_costs_what_a_day_has_left(start: StartHouse) -> None:
    bot = Bot("eyes")

    @bot.on(Image, cost="image")
    async def see(ctx: Context, part: Image) -> str:
        await ctx.charge("look", "gpt-4o", input_tokens=1000)
        return " ".join(part.ref or "" for part in ctx.parts if isinstance(part, Image))

    house = await start(plugins=[bot], budget__tokens_per_day="900")
    ada = house.person()
    one, two = (ada.incoming(Message(ref, (Image(ref=ref),), joins="album/1")) for ref in ("fox", "owl"))
    assert house.room.gateway is not None
    await house.room.gateway.accept(one, two)
    assert (await house.room.answers(1))[0] == "fox owl"
    await ada.sends(Image(ref="bee"))
    assert "used up" in (await house.room.answers(2))[1]


def offered(room: Room, index: int = -1) -> list[str]:
    return [button.says for row in room.shown[index].pieces[-1].buttons for button in row]


async def test_an_answer_that_was_cut_offers_to_try_again(house: House) -> None:
    house.api.faults.next(CutStream(after_chunks=2))
    ada = house.person()
    await ada.says("Tell me a long story about owls")
    await house.room.answers(1)
    assert offered(house.room) == ["/retry"]
    await ada.presses("/retry")
    await house.room.answers(2)
    assert offered(house.room) == []


async def test_an_answer_that_grew_too_long_offers_to_go_on(house: House) -> None:
    house.api.script.reply("one two", finish="length")
    await house.person().says("count")
    await house.room.answers(1)
    assert offered(house.room) == ["go on"]


async def test_a_growing_answer_can_be_stopped_by_its_button(house: House) -> None:
    grows = asyncio.Event()
    buttons: list[str] = []
    frame = house.room.frame

    async def seen(address: Address, external_id: str, text: str, growing: Sequence[Sequence[object]] = ()) -> None:
        buttons.extend(getattr(button, "says", "") for row in growing for button in row)
        grows.set()
        await frame(address, external_id, text)

    house.room.frame = seen  # type: ignore[assignment, method-assign] # pyright: ignore[reportAttributeAccessIssue]
    hold = house.api.hold(after_chunks=3)
    ada = house.person()
    await ada.says("Tell me a long story about owls")
    await grows.wait()
    assert set(buttons) == {"/stop"}
    await ada.presses("/stop")
    answers = await house.room.answers(2)
    hold.release()
    assert any("(stopped)" in answer for answer in answers)


async def test_a_button_under_somebody_else_s_answer_is_refused_in_a_group(house: House) -> None:
    ada, bob = house.person("Ada", group=True), house.person("Bob", group=True)
    house.api.script.reply("one two", finish="length")
    await ada.says("count")
    await house.room.answers(1)
    number = house.room.shown[0].id
    await bob.happens(Press(number, "go on"))
    assert (await house.room.answers(2))[1] == "That button is for the one who was answered there. Ask me yourself!"
    house.api.script.reply("three")
    await ada.happens(Press(number, "go on"))
    assert (await house.room.answers(3))[2] == "three"


async def test_a_button_hands_its_message_s_picture_to_the_command(start: StartHouse) -> None:
    bot = Bot("pictures")

    @bot.command("turn")
    async def turn(ctx: Context, picture: Image) -> str:
        """Turn a picture."""
        return f"turned {picture.ref}"

    house = await start(plugins=[bot])
    await house.person().happens(Press("7", "/turn", (Text("a fox"), Image(ref="fox.png"))))
    assert await house.room.answers(1) == ["turned fox.png"]


async def test_values_are_kept_for_a_chat_and_go_with_it(start: StartHouse) -> None:
    bot = Bot("keeper")

    @bot.command("note")
    async def note(ctx: Context, text: str = "") -> str:
        """Keep a note."""
        if text:
            await ctx.keep("keeper.note", text if text != "nothing" else None)
        return f"note: {await ctx.kept('keeper.note', 'none')}"

    house = await start(plugins=[bot])
    ada = house.person(group=True)
    await ada.says("/note milk")
    await house.room.answers(1)
    await house.person("Bob", group=True).says("/note")
    assert (await house.room.answers(2))[1] == "note: milk"
    await house.person("Cy", chat="1/2").says("/note")
    assert await house.room.answers(1, chat="1/2") == ["note: none"]
    await house.engine.gateway.forget_chat(ada.chat)
    await ada.says("/note")
    assert (await house.room.answers(3))[2] == "note: none"


async def test_plugins_moderate_by_the_chat_s_rule(start: StartHouse) -> None:
    bot = Bot("checker")

    @bot.command("check")
    async def check(ctx: Context, text: str) -> str:
        """Check a text."""
        await ctx.moderate(text)
        return "fine"

    house = await start(plugins=[bot], moderation__input="block")
    ada = house.person()
    await ada.says('/check "I love you"')
    await ada.says('/check "I will kill you"')
    answers = await house.room.answers(2)
    assert answers[0] == "fine"
    assert "the moderation flagged it" in answers[1]


async def test_plugins_fetch_links_under_the_guard_and_the_api_s_own_wherever_it_is(start: StartHouse) -> None:
    bot = Bot("reader")

    @bot.command("read")
    async def read(ctx: Context, url: str) -> str:
        """Read a page."""
        return b"".join([chunk async for chunk in ctx.download(url, most=100_000)]).decode()[:40]

    house = await start(plugins=[bot])
    ada = house.person()
    await ada.says(f"/read {house.api.url}/models")
    await ada.says("/read https://127.0.0.1/models")
    answers = await house.room.answers(2)
    assert '"object"' in answers[0]
    assert "link" in answers[1]


async def test_slash_commands_and_suggestions_for_a_platform(start: StartHouse) -> None:
    async def cities(typed: str) -> list[str]:
        if typed == "fail":
            raise RuntimeError("no map")
        return [city for city in ("Lima", "Oslo") if city.startswith(typed)]

    bot = Bot("weather")

    @bot.command("weather", where=("group",), permission="admin")
    async def weather(ctx: Context, city: Annotated[str, Suggest(cities)]) -> str:
        """Tell the weather."""
        return city

    house = await start(plugins=[bot])
    gateway = house.engine.gateway
    bodies = {body["name"]: body for body in gateway.slash()}
    assert bodies["weather"]["contexts"] == [0, 2]
    assert bodies["weather"]["default_member_permissions"] == "32"
    assert bodies["help"]["contexts"] == [0, 1, 2]
    assert await gateway.suggest("weather", "city", "O") == ["Oslo"]
    assert await gateway.suggest("weather", "city", "fail") == ()
    assert await gateway.suggest("nothing", "city", "O") == ()


@pytest.mark.parametrize(
    ("event", "quiet"),
    [
        (Invocation("whoami", {}), True),
        (Invocation("reset", {}), False),
        (Invocation("reset", {"what": 1}), True),
        (Invocation("gone", {}), True),
        (Press("1", "/stop"), True),
        (Press("1", "/retry"), False),
        (Press("1", "/gone"), True),
        (Press("1", "go on"), False),
        (Message("1", (Text("/whoami"),)), False),
    ],
)
async def test_what_is_for_the_asker_alone_is_known_at_once(
    house: House, event: Invocation | Press | Message, quiet: bool
) -> None:
    assert house.engine.gateway.is_ephemeral(event) is quiet


async def test_the_last_message_of_each_chat_is_known_for_catching_up(house: House) -> None:
    ada = house.person()
    number = await ada.says("hi")
    await house.room.answers(1)
    assert await house.engine.gateway.seen("room", "bot") == [Seen("1", None, number)]
