"""The help pages, as people read them."""

from typing import Annotated, Literal

import pytest

from botcore.commands.describe import described
from botcore.commands.help import help_page
from botcore.commands.registry import Registry
from botcore.errors import Unsuitable
from botcore.messages import Audio
from botcore.plugin import Between, Bot, Context, Rest
from tests.commands.memory import registered


async def image(
    ctx: Context,
    prompt: Annotated[str, Rest("what to draw")],
    count: Annotated[int, Between(1, 4), "how many"] = 1,
    size: Literal["auto", "wide"] = "auto",
    hd: bool = False,
    sound: Audio | None = None,
) -> None:
    """Draw what you describe.

    It takes up to a minute.

    Examples:
        /image a red fox
        /image --count 2 two foxes
    """


async def purge(ctx: Context, words: list[str]) -> None:
    """Delete everything."""


@pytest.fixture
def registry() -> Registry:
    bot = Bot("images")
    bot.command("image", aliases=("draw",), descriptions={"de": "Zeichnen", "zh": "画图", "zh-TW": "畫圖"})(image)
    bot.command("purge", permission="admin")(purge)
    bot.command("secret", hidden=True)(purge)
    registry = Registry()
    registry.add(bot)
    return registry


def test_the_overview(registry: Registry) -> None:
    assert help_page(registry).text == (
        "- /image: Draw what you describe.\n\n`/help NAME` tells more about one of them."
    )
    assert "- /purge: Delete everything." in help_page(registry, role="admin").text
    assert "secret" not in help_page(registry, role="owner").text
    assert help_page(Registry()).text == "There are no commands here."


def test_a_page_tells_everything(registry: Registry) -> None:
    assert help_page(registry, "image").text == (
        "**/image**: Draw what you describe.\n"
        "\n"
        "It takes up to a minute.\n"
        "\n"
        "`/image [--count 1..4] [--size auto|wide] [--hd] PROMPT...`\n"
        "\n"
        "- `prompt`: what to draw (the rest of the line)\n"
        "- `--count`: how many (a whole number from 1 to 4; 1 if left out)\n"
        "- `--size` (one of auto, wide; auto if left out)\n"
        "- `--hd` (no if left out)\n"
        "- `sound` (a voice message or an audio file; sent along, or in the message you reply to; may be left out)\n"
        "\n"
        "Examples:\n"
        "- `/image a red fox`\n"
        "- `/image --count 2 two foxes`\n"
        "\n"
        "Also: /draw"
    )
    assert help_page(registry, "/Draw") == help_page(registry, "image")
    assert help_page(registry, "purge", role="owner").text.endswith("Only for admins.")
    assert "- `words` (any number of words)" in help_page(registry, "purge", role="owner").text


def test_it_speaks_the_senders_language(registry: Registry) -> None:
    assert "- /image: Zeichnen" in help_page(registry, locale="de-AT").text
    assert help_page(registry, "image", locale="de").text.startswith("**/image**: Zeichnen")
    known = registry.command("image")
    assert known is not None
    wanted = {
        "de": "Zeichnen",
        "zh-Hans-CN": "画图",
        "zh_TW": "畫圖",
        "fr": "Draw what you describe.",
        "": "Draw what you describe.",
    }
    assert {locale: described(known, locale) for locale in wanted} == wanted
    assert described(registered(purge, "tidy_up")) == "Delete everything."

    async def bare(ctx: Context) -> None: ...

    assert described(registered(bare, "tidy_up")) == "Tidy up"


def test_an_unknown_command_gets_a_suggestion(registry: Registry) -> None:
    with pytest.raises(Unsuitable, match=r"There is no command /imgae\. Did you mean /image\? /help shows"):
        help_page(registry, "imgae")
    with pytest.raises(Unsuitable, match=r"There is no command /purge\. /help shows all of them\."):
        help_page(registry, "purge")  # not theirs: as good as not there
