"""Thumbs on answers, consent, and models that were trained for a persona, in a whole engine."""

from functools import partial

from botcore.conversation import overrides
from botcore.messages import Message, Reaction, Text
from botcore.plugin import Bot, Context
from botcore.store import consents, ratings
from botcore.store.accounts import find_identity
from botcore.store.database import Database
from botcore.store.tables import message

from .conftest import StartHouse


async def test_a_thumb_is_kept_and_not_answered(start: StartHouse, sqlite_database: Database) -> None:
    house = await start(database=sqlite_database)
    ada = house.person()
    await ada.says("hello")
    await house.room.answers(1)
    [shown] = house.room.shown
    await ada.happens(Reaction(shown.id, ("👍",)))
    assert await sqlite_database.read(partial(ratings.given, inbox_ids=[1])) == {1: 1}
    await ada.happens(Reaction(shown.id))
    assert await sqlite_database.read(partial(ratings.given, inbox_ids=[1])) == {}
    await ada.says("are you there?")
    assert len(await house.room.answers(2)) == 2  # a thumb is no message: nothing came between


async def test_reactions_and_messages_come_in_one_batch(start: StartHouse, sqlite_database: Database) -> None:
    house = await start(database=sqlite_database)
    ada = house.person()
    await ada.says("one")
    await house.room.answers(1)
    assert house.room.gateway is not None
    thumb = ada.incoming(Reaction(house.room.shown[0].id, ("👎",)))
    await house.room.gateway.accept(thumb, ada.incoming(Message("two", (Text("two"),))), thumb)
    assert len(await house.room.answers(2)) == 2
    assert await sqlite_database.read(partial(ratings.given, inbox_ids=[1, 2])) == {1: -1}


async def test_a_handler_asks_for_consent_and_charges(start: StartHouse, sqlite_database: Database) -> None:
    bot = Bot("tests")

    @bot.command("agree")
    async def agree(ctx: Context) -> str:
        """Agree."""
        before = await ctx.consented()
        await ctx.consent(given=True)
        for _ in range(2):
            await ctx.charge("once", "priced", input_tokens=1000, output_tokens=10)
        return f"{before} {await ctx.consented()}"

    prices = '{"priced": {"input": 2.0, "output": 10.0}}'
    house = await start(database=sqlite_database, plugins=[bot], budget__prices=prices)
    ada = house.person()
    await ada.says("/agree")
    assert await house.room.answers(1) == ["False True"]
    identity = await sqlite_database.read(partial(find_identity, platform="room", external_id="ada"))
    assert identity is not None
    assert await sqlite_database.read(partial(consents.since, user_id=identity.user_id)) is not None
    await ada.says("/usage")
    assert "1 request, 1,000 tokens in, 10 out, $0.0021" in (await house.room.answers(2))[1]


async def test_a_budget_holds_for_commands_that_cost(start: StartHouse) -> None:
    bot = Bot("tests")

    @bot.command("spend", cost="text")
    async def spend(ctx: Context) -> str:
        """Use tokens."""
        await ctx.charge("all", "any", input_tokens=200)
        return "spent"

    house = await start(plugins=[bot], budget__tokens_per_day="100")
    ada = house.person()
    await ada.says("/spend")
    await ada.says("/spend")
    first, second = await house.room.answers(2)
    assert first == "spent"
    assert "tokens for today are used up" in second


async def test_a_persona_answers_with_the_model_that_was_trained_for_it(
    start: StartHouse, sqlite_database: Database
) -> None:
    trained = "ft:gpt-4o-mini:offline::sample"
    await sqlite_database.run(partial(overrides.choose, persona="pirate", model=trained))
    house = await start(database=sqlite_database)
    ada = house.person()
    asked: list[str] = []
    for line in ("hello", "/persona pirate", "hello again", "/model gpt-4o", "and again"):
        await ada.says(line)
        await house.room.answers(len(asked) + 1)
        asked.append(line)
    models = [request.json["model"] for request in house.api.requests if request.path.endswith("/chat/completions")]
    assert models == ["gpt-5-mini", trained, "gpt-4o"]
    rows = await sqlite_database.read(lambda c: [tuple(row) for row in c.execute(message.select().order_by("id"))])
    assert len(rows) == 6


async def test_what_is_chosen_while_it_runs_is_seen(sqlite_database: Database) -> None:
    models = overrides.PersonaModels(sqlite_database)
    await models.refresh()
    assert models.of("pirate") is None
    await sqlite_database.run(partial(overrides.choose, persona="pirate", model="a"))
    await sqlite_database.run(partial(overrides.choose, persona="tutor", model="b"))
    await models.refresh()
    assert (models.of("pirate"), models.of("tutor"), models.of("chef")) == ("a", "b", None)
    await sqlite_database.run(partial(overrides.choose, persona="pirate", model=None))
    await models.refresh()
    assert (models.of("pirate"), models.of("tutor")) == (None, "b")
