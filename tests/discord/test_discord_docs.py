"""docs/discord.md leaves no setting and no environment variable out, and quotes what is really logged."""

import re
from pathlib import Path

import botcore_discord
from botcore_discord.check import PERMISSIONS, invitation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "discord.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapters" / "botcore_discord").glob("*.py"))


def test_every_setting_is_documented_with_its_default() -> None:
    for name, field in botcore_discord.DiscordSettings.model_fields.items():
        row = re.search(rf"\| `{name}` \| `([^`]*)` \|", PAGE)
        assert row is not None, name
        default = field.default
        shown = str(default).lower() if isinstance(default, bool) else "[]" if default == () else str(default)
        assert row[1] in (shown, f'"{shown}"')


def test_every_secret_is_named() -> None:
    for name in botcore_discord.adapter.secrets:
        assert name in PAGE


def test_the_invitation_asks_for_what_the_page_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    query = invitation(1).partition("client_id=1")[2]
    assert f"client_id=APPLICATION_ID{query}" in PAGE
    assert f"client_id=APPLICATION_ID{query}" in readme
    table = PAGE.split("stands for these permissions", 1)[1].split("\n\n", 2)[1]
    named = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:]
    shown = {name.strip().lower() for line in named for name in line.split(",")}
    other = {"view channels": "read_messages", "send messages in threads": "send_messages_in_threads"}
    granted = {name for name, on in PERMISSIONS if on}
    assert {other.get(name, name.replace(" ", "_")) for name in shown} == granted


def test_what_the_troubleshooting_quotes_is_what_is_logged() -> None:
    table = PAGE.split("## Troubleshooting", 1)[1]
    quoted = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(quoted) > 5
    for line in quoted:
        for words in re.split(r"\.\.\.|DISCORD_BOT_TOKEN:?", line):
            assert words.strip(" ,:") in SOURCES.replace('"\n            "', ""), words
