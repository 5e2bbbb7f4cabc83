"""Discord's menus, with `botcore run` behind them: somebody's recording, and an album of the bot's."""

import pytest

from tests.e2e.surroundings import PATIENCE
from tests.sounds import wrong_words

from .conftest import House
from .on_discord import on_discord
from .talking import Recording, mean_colour

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WRONG_AT_MOST = 0.25  # of the words

GALLERY = """
import io
import random

from PIL import Image as Pillow

from botcore.messages import Image, Reply
from botcore.plugin import Bot, Context, Plugin, Settings


def setup(bot: Bot, settings: Settings) -> None:
    @bot.command("gallery")
    async def gallery(ctx: Context) -> Reply:
        \"\"\"Show three pictures, too many bytes for one message.\"\"\"
        return Reply.of(*(Image(data=drawn(one), media_type="image/png") for one in ("red", "green", "blue")))


def drawn(colour: str) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", (64, 64), colour).save(file, "PNG")
    return file.getvalue() + random.Random(1).randbytes(9_000_000)


plugin = Plugin(name="gallery", setup=setup)
"""


async def test_a_recording_is_written_down_and_a_picture_varied_from_their_menus(
    house: House, recording: Recording
) -> None:
    house.folder.joinpath("my_plugins").mkdir()
    house.folder.joinpath("my_plugins", "gallery.py").write_text(GALLERY)
    async with on_discord(recording) as talker:
        _ = house.joined(talker)
        discord, ada, ben = talker.discord, talker.person, talker.discord.user("Ben")
        general = discord.guild("Friends", [ada, ben]).text_channel("general")
        sound = recording.ogg.read_bytes()

        async with house.command() as bot:
            voice = await ben.sends_voice_message(sound, recording.seconds, channel=general)
            hold = house.api.hold(path="/audio/transcriptions")
            transcribed = await ada.uses("Transcribe", on=voice)
            await hold.reached(within=PATIENCE)
            bot.process.kill()
        hold.release()

        async with house.command() as bot:
            read = await transcribed.answer(PATIENCE)
            await general.wait_for(lambda _: wrong_words(read.text, recording.words) <= WRONG_AT_MOST, timeout=PATIENCE)
            assert read.reply_to == voice.id

            await (await ada.slash("gallery", channel=general)).answer(PATIENCE)
            await general.wait_for(
                lambda seen: [len(one.attachments) for one in seen] == [1, 0, 2, 1], timeout=PATIENCE
            )
            second = general.transcript(ada)[-1]
            varied = await (await ada.uses("Vary", on=second)).answer(PATIENCE)
            await general.wait_for(lambda _: bool(varied.attachments), timeout=PATIENCE)
            form = house.api.requests.to("/images/edits")[-1].form
            assert form is not None
            [name] = [one for one in form.names() if one.startswith("image")]
            red, green, blue = mean_colour(await form.upload(name).read())
            assert max(red, green) < 10
            assert blue > 200

            assert general.lines(as_seen_by=ben) == general.lines(as_seen_by=ada)
            assert await bot.ends() == 0
        talker.check()
