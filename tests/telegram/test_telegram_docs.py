"""docs/telegram.md leaves no setting and no environment variable out, and quotes what is really logged."""

import re
from pathlib import Path

import botcore_telegram

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "telegram.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapters" / "botcore_telegram").glob("*.py"))


def test_every_setting_is_documented_with_its_default() -> None:
    for name, field in botcore_telegram.TelegramSettings.model_fields.items():
        row = re.search(rf"\| `{name}` \| `([^`]*)` \|", PAGE)
        assert row is not None, name
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert row[1] in (default, f'"{default}"')


def test_every_secret_is_named() -> None:
    for name in botcore_telegram.adapter.secrets:
        assert name in PAGE


def test_what_the_troubleshooting_quotes_is_what_is_logged() -> None:
    table = PAGE.split("## Troubleshooting", 1)[1]
    quoted = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert len(quoted) > 5
    for line in quoted:
        for words in re.split(r"\.\.\.|: |\(.*\)|TELEGRAM_BOT_TOKEN", line):
            assert words.strip(" ,") in SOURCES, words
