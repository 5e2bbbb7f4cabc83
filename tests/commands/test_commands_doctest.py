"""The examples in the docstrings of the commands, and the price of looking a command up."""

import doctest
import timeit
from types import ModuleType

import pytest

from botcore.commands import docstring, registry
from botcore.commands.parse import parse
from botcore.commands.registry import Found, Registry
from botcore.plugin import Bot, Context


@pytest.mark.parametrize("module", [docstring, registry], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


async def image(ctx: Context, prompt: str, count: int = 1, hd: bool = False) -> None: ...


def test_finding_and_parsing_cost_microseconds() -> None:
    bot = Bot("images")
    bot.command("image")(image)
    known = Registry()
    known.add(bot)

    def once() -> object:
        found = known.find('/image --count 2 --hd "a red fox"')
        assert isinstance(found, Found)
        return parse(found.registered.signature, found.text)

    fastest = min(timeit.repeat(once, number=200, repeat=5)) / 200
    assert fastest < 200e-6  # 10 µs on an idle machine; far above it something has gone quadratic
    text = "a message that is no command, " * 100
    assert min(timeit.repeat(lambda: known.find(text), number=200, repeat=5)) / 200 < 20e-6
