"""The validator finds what is wrong with traffic, and the simulator's own traffic conforms."""

import json
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, Update

from botcore.testing.telegram_server import BotApi, Limits, TelegramServer, telegram_server

DESCRIPTION: dict[str, Any] = {
    "version": "Bot API 0.1",
    "methods": {
        "sendThing": {
            "returns": ["Thing", "Boolean"],
            "fields": [
                {"name": "chat_id", "types": ["Integer", "String"], "required": True, "description": ""},
                {"name": "weight", "types": ["Float"], "required": False, "description": ""},
                {"name": "loud", "types": ["Boolean"], "required": False, "description": ""},
                {"name": "shapes", "types": ["Array of Shape"], "required": False, "description": ""},
                {"name": "file", "types": ["InputFile", "String"], "required": False, "description": ""},
            ],
        }
    },
    "types": {
        "Thing": {"fields": [{"name": "id", "types": ["Integer"], "required": True, "description": "Number"}]},
        "Shape": {"subtypes": ["Round", "Square"]},
        "Round": {
            "fields": [
                {"name": "type", "types": ["String"], "required": True, "description": 'Kind, always "round"'},
                {"name": "radius", "types": ["Integer"], "required": True, "description": ""},
            ]
        },
        "Square": {
            "fields": [
                {"name": "type", "types": ["String"], "required": True, "description": "Kind, must be square"},
                {"name": "parts", "types": ["Array of Array of Thing"], "required": False, "description": ""},
            ]
        },
    },
}
api = BotApi(DESCRIPTION)


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        ({"chat_id": 1}, []),
        ({"chat_id": "1", "weight": "2.5", "loud": "true"}, []),
        ({"chat_id": "@name", "weight": 2}, []),
        ({"chat_id": 1, "shapes": '[{"type": "round", "radius": 3}, {"type": "square"}]'}, []),
        ({"chat_id": 1, "file": b"data"}, []),
        ({"chat_id": 1, "file": "attach://one", "one": b"data"}, []),
        ({}, ["sendThing: required parameter chat_id is missing"]),
        ({"chat_id": 1, "colour": "red"}, ["sendThing: unknown parameter colour"]),
        ({"chat_id": 1.5}, ["sendThing.chat_id: expected Integer, found 1.5"]),
        ({"chat_id": 1, "loud": "maybe"}, ["sendThing.loud: expected Boolean, found 'maybe'"]),
        (
            {"chat_id": 1, "shapes": [{"type": "round"}]},
            ["sendThing.shapes[0]: required field radius of Round is missing"],
        ),
        (
            {"chat_id": 1, "shapes": [{"type": "star"}]},
            ["sendThing.shapes[0].type: Square has 'square' here, found 'star'"],
        ),
        ({"chat_id": 1, "shapes": {}}, ["sendThing.shapes: expected Array of Shape, found {}"]),
        (
            {"chat_id": 1, "shapes": [{"type": "square", "parts": [[{"id": True}]]}]},
            ["sendThing.shapes[0].parts[0][0].id: expected Integer, found True"],
        ),
    ],
)
def test_calls_are_checked(params: dict[str, Any], problems: list[str]) -> None:
    assert api.check_call("sendthing", params) == [line.replace("sendThing", "sendthing") for line in problems]


@pytest.mark.parametrize(
    ("result", "problems"),
    [
        ({"id": 1}, []),
        (True, []),
        ({"id": 1, "extra": 2}, ["sendThing(): Thing has no field extra"]),
        ({}, ["sendThing(): required field id of Thing is missing"]),
        ("no", ["sendThing(): expected Thing, found 'no'"]),
    ],
)
def test_results_are_checked(result: Any, problems: list[str]) -> None:
    assert api.check_result("sendThing", result) == problems


def test_unknown_methods_are_named() -> None:
    assert api.check_call("fly", {}) == ["fly: no such method"]
    assert api.check_result("fly", True) == ["fly: no such method"]
    assert api.check_object("Star", {}) == ["Star: the description has no type Star"]


def test_a_description_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_text('{"version": "1", "methods": {}, "types": {"Empty": {}}}')
    assert BotApi.load(path).check_object("Empty", {}) == []


async def test_violations_are_collected_while_a_bot_runs(described: BotApi) -> None:
    async with (
        telegram_server(limits=Limits.none(), description=described) as telegram,
        Bot(telegram.token, base_url=telegram.base_url) as bot,
    ):
        ada = telegram.user("Ada")
        await ada.says("hi")
        await bot.send_message(ada.id, "hello", api_kwargs={"sparkles": "many"})
        assert telegram.violations == ["sendMessage: unknown parameter sparkles"]


async def test_every_update_of_a_busy_day_conforms(telegram: TelegramServer, bot: Bot, described: BotApi) -> None:
    ada = telegram.user("Ada", username="ada_l", language="en")
    forum = telegram.group("Club", [ada], forum=True)
    topic = await forum.topic("Plans")
    said = await ada.says("/hello there @helper_bot https://example.com", chat=forum, thread=topic)
    await ada.edits(said, "/hello again")
    await forum.adds(telegram.user("Bob"))
    await forum.promotes_bot()
    await ada.sends_photo(caption="look #there")
    await ada.sends_voice(b"sound", 3)
    await ada.sends_document(b"data", "a.txt", "read this")
    await ada.blocks()
    updates = await bot.get_updates()
    assert len(updates) == 10
    for pending in telegram.world.updates.pending:
        update = Update.de_json(json.loads(pending.body), bot)
        assert update is not None
        assert described.check_object("Update", json.loads(pending.body)) == []
