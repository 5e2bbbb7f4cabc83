"""docs/plugins.md names everything of the plugin API, and its examples work."""

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from botcore import context
from botcore import plugin as api
from botcore.commands.registry import Found, Registry
from botcore.commands.schema import slash_schema, tool_schema
from botcore.plugin import Bot, Context, Conversation, Plugin

DOC = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)


def public(holder: Any) -> list[str]:
    """The names that a class offers, annotations included."""
    annotated = inspect.get_annotations(holder)
    return sorted({name for name in (*vars(holder), *annotated) if not name.startswith("_")})


@pytest.mark.parametrize("name", api.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", DOC), f"docs/plugins.md does not mention {name}"


@pytest.mark.parametrize("name", public(Context))
def test_every_member_of_the_context_is_documented(name: str) -> None:
    assert f"ctx.{name}" in DOC


@pytest.mark.parametrize("name", public(Conversation))
def test_every_member_of_the_conversation_is_documented(name: str) -> None:
    assert f"conversation.{name}" in DOC


METHODS = [name for name, value in vars(Bot).items() if inspect.isfunction(value) and not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_bot_is_documented(name: str) -> None:
    assert f"`bot.{name}" in DOC
    parameters = list(inspect.signature(getattr(Bot, name)).parameters.values())
    for option in parameters:
        if option.kind is option.KEYWORD_ONLY:
            assert f"{option.name}=" in DOC, f"bot.{name} takes {option.name}"


@pytest.mark.parametrize("module", [api, context])
def test_nothing_that_is_defined_is_left_out(module: ModuleType) -> None:
    own = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    assert {name for name in own if name[:1].isupper()} - {"P"} <= set(api.__all__)


def test_the_names_are_looked_up_for_real() -> None:
    assert {"Doc", "Rest", "Between", "Suggest", "Plugin", "Usage", "Job", "Permission"} <= set(api.__all__)
    assert {"ask", "api", "sender"} <= set(public(Context))
    assert "middleware" in METHODS
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("source", EXAMPLES, ids=lambda source: re.findall(r'name="(\w+)"', source)[0])
def test_every_example_loads(source: str) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, "docs/plugins.md", "exec"), names)
    plugin = names["plugin"]
    assert isinstance(plugin, Plugin)
    bot = Bot(plugin.name)
    plugin.setup(bot, plugin.settings())
    registry = Registry()
    registry.add(bot)
    for known in registry.commands():
        assert slash_schema(known)["name"] == known.command.name
        assert known.signature.doc.summary, "an example has a docstring"
        assert tool_schema(known)
        for example in known.signature.doc.examples:
            assert isinstance(registry.find(example), Found)
    for name, test in names.items():
        if name.startswith("test_"):
            test()
