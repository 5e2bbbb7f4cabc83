"""One line that says what a command does, in the language of whoever reads it."""

from collections.abc import Mapping

from botcore.commands.registry import Registered


def described(registered: Registered, locale: str | None = None) -> str:
    """The description in the language of `locale` (a BCP 47 tag) where the plugin gives it, else the docstring's."""
    command = registered.command
    translated = _translated(command.descriptions, locale)
    fallback = registered.signature.doc.summary or command.name.replace("_", " ").strip().capitalize() or command.name
    return translated or fallback


def _translated(descriptions: Mapping[str, str], locale: str | None) -> str | None:
    if not locale or not descriptions:
        return None
    by_code = {code.casefold().replace("_", "-"): text for code, text in descriptions.items()}
    tag = locale.casefold().replace("_", "-")
    while tag:  # zh-Hant-TW, zh-Hant, zh: each tag's parents in turn (RFC 4647, lookup)
        if text := by_code.get(tag):
            return text
        tag = tag.rpartition("-")[0]
    return None
