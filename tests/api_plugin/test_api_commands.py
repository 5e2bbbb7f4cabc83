"""The API's endpoints as a person uses them in the chat."""

import asyncio
import io
import json

import pytest
from PIL import Image as Pillow

from botcore.commands.registry import Registry
from botcore.commands.schema import slash_schema
from botcore.errors import NotAllowed, NotFound, Unsuitable, UsageError
from botcore.messages import File, Text
from botcore.plugin import Bot
from botcore.testing.openai_server import TuningPace
from botcore_api import ApiCommandSettings, chart, plugin
from tests.api_plugin.conftest import Enter, Room, attachment
from tests.commands.memory import Waiting

# ---- words ---------------------------------------------------------------------------------------------------


async def test_everything_that_is_offered_is_listed(room: Room) -> None:
    listed = await room.reads("/models")
    assert "- `gpt-4o` (" in listed
    assert "`text-embedding-3-small`" in listed
    one = await room.reads("/models gpt-4o")
    assert one.startswith("**gpt-4o**")
    assert "- owned_by: `offline-stand-in`" in one
    with pytest.raises(Unsuitable, match="There is no model “nothing-like-it” here"):
        await room.says("/models nothing-like-it")


async def test_a_service_without_a_list_is_told(enter: Enter) -> None:
    room = await enter(missing=("models",))
    assert "does not list its models" in await room.reads("/models")


async def test_a_text_goes_on_while_one_watches(room: Room) -> None:
    room.settings = ApiCommandSettings(completion_model="gpt-3.5-turbo-instruct", complete_tokens=20)
    answer = await room.says("/complete The old lighthouse keeper had one rule:")
    assert len(answer.parts[0].text) > 20  # type: ignore[union-attr]  # a Text
    assert room.ctx.shown  # it grew
    assert answer.text.endswith("(It reached its longest length.)")
    [asked] = room.asked("/completions")
    assert isinstance(asked, dict)
    assert (asked["prompt"], asked["max_tokens"]) == ("The old lighthouse keeper had one rule:", 20)
    model, read, written = room.ctx.charged["complete"]
    assert model == "gpt-3.5-turbo-instruct"
    assert read > 0
    assert 0 < written <= 20


async def test_a_model_that_spends_all_on_thinking_is_told_of(room: Room) -> None:
    room.settings = ApiCommandSettings(completion_model="gpt-5-mini", complete_tokens=20)
    room.server.script.reply("", finish="length")
    answer = await room.says("/complete The old lighthouse keeper had one rule:")
    assert answer.text.startswith("(nothing came)")
    assert "thinking" in answer.text
    assert "plugins.api.complete_tokens" in answer.text


async def test_a_text_goes_on_with_a_model_that_knows_chat_alone_and_the_newer_limit(room: Room) -> None:
    """The default model is one."""
    room.settings = ApiCommandSettings(completion_model="gpt-5-mini", complete_tokens=300)
    answer = await room.says("/complete The old lighthouse keeper had one rule:")
    assert "done through chat completions" in answer.text
    *_, asked = room.asked("/chat/completions")
    assert isinstance(asked, dict)
    assert (asked["model"], asked["max_completion_tokens"]) == ("gpt-5-mini", 300)


async def test_the_path_that_served_is_told(enter: Enter) -> None:
    room = await enter(missing=("completions", "edits"))
    answer = await room.says("/complete Once upon a time")
    assert "this server has no POST /completions: done through chat completions" in answer.text
    answer = await room.says("/edit Correct the spelling", reply_to="I has a cat")
    assert "this server has no POST /edits: done through chat completions" in answer.text
    assert len(room.asked("/chat/completions")) == 2


async def test_an_edit_is_of_the_text_that_is_replied_to(room: Room) -> None:
    room.settings = ApiCommandSettings(edit_model="text-davinci-edit-001")
    answer = await room.says("/edit Make it loud", reply_to="a quiet word")
    assert answer.text
    [asked] = room.asked("/edits")
    assert isinstance(asked, dict)
    assert (asked["instruction"], asked["input"]) == ("Make it loud", "a quiet word")
    assert room.ctx.charged["edit"][0] == "text-davinci-edit-001"
    with pytest.raises(Unsuitable, match="Reply to the text"):
        await room.says("/edit Make it loud")
    with pytest.raises(UsageError, match="instruction"):
        await room.says("/edit", reply_to="a quiet word")


async def test_what_a_model_wrote_is_shown_letter_by_letter(room: Room) -> None:
    room.settings = ApiCommandSettings(edit_model="text-davinci-edit-001")
    answer = await room.says("/edit Nothing", reply_to="**stars** and [x](y)")
    assert isinstance(answer.parts[0], Text)
    assert answer.parts[0].plain


async def test_a_restarted_command_asks_nothing_again(room: Room) -> None:
    room.settings = ApiCommandSettings(edit_model="text-davinci-edit-001")
    first = await room.says("/edit Nothing", reply_to="one")
    found = room.ctx.registry.command("edit")
    assert found is not None
    again = await found.command.handler(room.ctx, "Nothing")
    assert again == first
    assert len(room.asked("/edits")) == 1


# ---- vectors -------------------------------------------------------------------------------------------------


async def test_a_text_becomes_a_vector(room: Room) -> None:
    answer = await room.says("/embed a small red fox")
    assert answer.text.startswith("**1536 dimensions** of `text-embedding-3-small`, length 1.000")
    vector = json.loads(attachment(answer).data or b"")
    assert len(vector) == 1536
    assert sum(number * number for number in vector) == pytest.approx(1.0)
    same = await room.says("/embed", reply_to="a small red fox")
    assert json.loads(attachment(same).data or b"") == vector
    with pytest.raises(Unsuitable, match="reply to one"):
        await room.says("/embed")


async def test_likeness_is_a_number_and_a_word(room: Room) -> None:
    same = await room.reads("/similar a red fox | a red fox")
    assert same.startswith("**1.00**: nearly the same")
    other = await room.reads("/similar a red fox | bookkeeping in Portugal")
    assert float(other[2:6].rstrip("*")) < 0.5
    for line in ("/similar only one", "/similar a |", "/similar a | b | c"):
        with pytest.raises(Unsuitable, match=r"one \| between"):
            await room.says(line)


# ---- moderation ----------------------------------------------------------------------------------------------


async def test_a_text_is_judged_with_a_picture(room: Room) -> None:
    answer = await room.says("/moderate I will kill you")
    assert answer.text.startswith("⚠️ **Flagged**: harassment: threatening, violence")
    picture = attachment(answer)
    assert picture.media_type == "image/png"
    with Pillow.open(io.BytesIO(picture.data or b"")) as drawn:
        assert drawn.width == chart.WIDTH
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(maxcolors=1_000_000) or ()}
    assert (217, 48, 37) in colours  # what is flagged is red
    fine = await room.says("/moderate", reply_to="What a lovely day")
    assert fine.text.startswith("✅ **Not flagged**")


@pytest.mark.parametrize("score", [-1.0, 0.0, 0.003, 0.5, 1.0, 7.0])
async def test_any_score_has_a_bar(score: float) -> None:
    drawn = await asyncio.to_thread(chart.chart, "Scores", [("violence", score, False), ("x" * 80, 1.0, True)])
    with Pillow.open(io.BytesIO(drawn)) as picture:
        assert picture.size == (chart.WIDTH, chart.MARGIN * 2 + chart.ROW * 3)


# ---- files and jobs ------------------------------------------------------------------------------------------


def lines(count: int = 12) -> bytes:
    return b"".join(
        json.dumps(
            {"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"a{n}"}]}
        ).encode()
        + b"\n"
        for n in range(count)
    )


async def test_files_and_jobs_are_for_administrators(room: Room) -> None:
    for line in ("/files", "/finetune"):
        with pytest.raises(NotAllowed, match="only for admins"):
            await room.says(line)


async def test_an_administrator_uploads_trains_and_deletes(room: Room) -> None:
    room.role = "admin"
    assert await room.reads("/files") == "There are no files."
    sent = File(ref="doc", name="train.jsonl", media_type="application/jsonl", size=len(lines()))
    uploaded = (await room.says("/files upload", sent, files={"doc": lines()})).text
    file_id = uploaded.split("`")[1]
    assert f"{file_id}  train.jsonl" in await room.reads("/files")
    assert f"{len(lines()):,} bytes, fine-tune" in await room.reads(f"/files show {file_id}")

    started = (await room.says(f"/finetune start --model gpt-4o-mini {file_id}", answers=("Yes",))).text
    job_id = started.split()[0]
    assert "It costs money" in room.ctx.asked[0][0].text
    assert f"{job_id}  succeeded, from gpt-4o-mini, made ft:gpt-4o-mini" in await room.reads("/finetune")
    assert "successfully completed" in await room.reads(f"/finetune events {job_id}")
    assert "succeeded" in await room.reads(f"/finetune show {job_id}")

    assert (await room.says(f"/files delete {file_id}", answers=("No",))).text == "Nothing was deleted."
    assert (await room.says(f"/files delete {file_id}", answers=("yes",))).text == f"Deleted `{file_id}`."
    with pytest.raises(NotFound):
        await room.says(f"/files show {file_id}")


async def test_a_job_is_cancelled(enter: Enter) -> None:
    room = await enter(tuning=TuningPace(1000, 1000, 1000))
    room.role = "admin"
    sent = File(ref="doc", name="train.jsonl", size=len(lines()))
    file_id = (await room.says("/files", sent, files={"doc": lines()})).text.split("`")[1]  # what else would it be for?
    job_id = (await room.says(f"/finetune start {file_id}", answers=("Yes",))).text.split()[0]
    with pytest.raises(Waiting):
        await room.says(f"/finetune cancel {job_id}")  # nothing happens before the answer
    assert "cancelled" not in await room.reads(f"/finetune show {job_id}")
    assert "cancelled" in (await room.says(f"/finetune cancel {job_id}", answers=("Yes",))).text


async def test_what_is_missing_is_said(room: Room) -> None:
    room.role = "owner"
    room.settings = ApiCommandSettings(upload_mb=1)
    with pytest.raises(Unsuitable, match="Name the file by its id; /files lists them"):
        await room.says("/files show")
    with pytest.raises(Unsuitable, match="Name the training file"):
        await room.says("/finetune start")
    with pytest.raises(Unsuitable, match="Name the job"):
        await room.says("/finetune cancel")
    with pytest.raises(Unsuitable, match="as its caption"):
        await room.says("/files upload")
    big = File(ref="doc", name="train.jsonl")
    with pytest.raises(Unsuitable, match="too large"):
        await room.says("/files upload", big, files={"doc": b"x" * 2_000_000})


# ---- consent -------------------------------------------------------------------------------------------------


async def test_consent_is_given_and_taken_back(room: Room) -> None:
    asked = await room.says("/consent")
    assert asked.text.startswith("You have not agreed.")
    assert [[button.says for button in row] for row in asked.buttons] == [["/consent on"]]
    assert "Thank you" in await room.reads("/consent on")
    assert room.agreed
    asked = await room.says("/consent")
    assert asked.text.startswith("You have agreed.")
    assert [[button.says for button in row] for row in asked.buttons] == [["/consent off"]]
    assert "Taken back" in await room.reads("/consent off")
    assert not room.agreed
    with pytest.raises(UsageError):
        await room.says("/consent perhaps")


# ---- the plugin ----------------------------------------------------------------------------------------------


def test_every_command_fits_every_platform() -> None:
    bot = Bot(plugin.name)
    plugin.setup(bot, plugin.settings())
    registry = Registry()
    registry.add(bot)
    known = registry.commands("owner")
    assert [one.command.name for one in known] == [
        "complete",
        "consent",
        "edit",
        "embed",
        "files",
        "finetune",
        "models",
        "moderate",
        "similar",
    ]
    for one in known:
        assert slash_schema(one)["description"]
        assert set(one.command.descriptions) == {"de", "es", "zh"}
        assert not one.command.tool
    costing = {one.command.name for one in known if one.command.cost}
    assert costing == {"complete", "edit", "embed", "similar", "moderate"}
