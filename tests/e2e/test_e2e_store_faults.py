"""When the database fails: people wait, and nothing that they wrote is lost."""

import sqlite3
from contextlib import closing

from .conftest import OpenHouse
from .surroundings import PATIENCE, eventually

AWAY = "the database is away|does not take them|no messages from Telegram for now"
LOGGED = f"{AWAY}|cannot write: the database"


async def test_a_database_locked_by_another_process_delays_answers(open_house: OpenHouse) -> None:
    house = await open_house()
    house.log.expects(LOGGED)
    ada = house.user()
    await ada.says("Hello")
    await house.answer(ada)
    with closing(sqlite3.connect(house.folder / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await ada.says("Are you there?")
        await eventually(lambda: house.log.has(AWAY))
        other.execute("ROLLBACK")
    house.api.script.reply("I am.", when="Are you there?")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "I am.", timeout=PATIENCE)


async def test_a_database_that_goes_away_during_an_answer_keeps_the_answer(open_house: OpenHouse) -> None:
    house = await open_house()
    house.log.expects(LOGGED)
    ada = house.user()
    house.api.script.reply(["Worth ", "keeping."])
    hold = house.api.hold(after_chunks=1)
    await ada.says("Hello")
    await hold.reached(within=PATIENCE)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Worth", timeout=PATIENCE)
    with closing(sqlite3.connect(house.folder / "bot.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        hold.release()
        await eventually(lambda: house.log.has(AWAY))
        other.execute("ROLLBACK")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Worth keeping.", timeout=PATIENCE)
    await house.idle()
    assert len(house.api.requests.to("/chat/completions")) == 1  # what it cost is not spent twice


async def test_a_backup_taken_while_the_bot_runs_is_a_whole_database(open_house: OpenHouse) -> None:
    house = await open_house()
    ada = house.user()
    await ada.says("My name is Ada.")
    await house.answer(ada)
    with (
        closing(sqlite3.connect(house.folder / "bot.db")) as live,
        closing(sqlite3.connect(house.folder / "backup.db")) as copy,
    ):
        live.backup(copy)
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
        assert copy.execute("select count(*) from message").fetchone() == (2,)
        assert copy.execute("select count(*) from inbox where is_open").fetchone() == (0,)


async def test_a_database_that_is_replaced_by_a_folder_and_put_back_loses_nothing(open_house: OpenHouse) -> None:
    house = await open_house()
    house.log.expects(LOGGED)
    ada = house.user()
    await ada.says("My name is Ada.")
    await house.answer(ada)
    away = house.folder / "away"
    away.mkdir()
    files = sorted(house.folder.glob("bot.db*"))
    for file in files:
        file.rename(away / file.name)
    (house.folder / "bot.db").mkdir()
    await ada.says("My cat is called Turing.")
    await ada.chat.wait_for(lambda seen: len(seen) >= 3, timeout=PATIENCE)
    (house.folder / "bot.db").rmdir()
    for file in files:
        (away / file.name).rename(file)
    await house.idle()
    await ada.says("What is my cat called?")
    await ada.chat.wait_for(lambda seen: "Turing" in seen[-1].text and seen[-1].from_bot, timeout=PATIENCE)
    await house.idle()
    await house.engine.__aexit__(None, None, None)
    again = await open_house()
    await ada.says("What is my name?")
    await ada.chat.wait_for(lambda seen: "Ada" in seen[-1].text and seen[-1].from_bot, timeout=PATIENCE)
    await again.idle()
