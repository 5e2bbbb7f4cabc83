"""The example in the documentation runs, and the documentation leaves no route, option or control out."""

import inspect
import re
from pathlib import Path
from typing import Any

from botcore.testing.discord_server import DiscordServer, Gateway, Person
from botcore.testing.discord_server.routes import ROUTES

PAGE = (Path(__file__).parents[2] / "docs" / "simulated-discord.md").read_text(encoding="utf-8")


async def test_the_example_runs() -> None:
    source = PAGE.split("<!-- run by", 1)[1].split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, Any] = {}
    exec(compile(source, "docs/simulated-discord.md", "exec"), names)
    await names["test_the_bot_greets_and_draws"]()


def test_every_route_is_named() -> None:
    listed = PAGE.split("Routes:\n\n```\n", 1)[1].split("\n```", 1)[0]
    named = set()
    for line in listed.splitlines():
        *methods, path = line.split()
        named |= {f"{method} {path}" for method in methods}
    assert named == set(ROUTES)


def test_every_option_is_named() -> None:
    for option in inspect.signature(DiscordServer).parameters:
        assert f"`{option}`" in PAGE


def test_everything_that_people_do_is_named() -> None:
    for name, _ in inspect.getmembers(Person, inspect.iscoroutinefunction):
        assert name.startswith("_") or re.search(rf"\b{name}\(", PAGE), name


def test_every_control_is_named(discord: DiscordServer) -> None:
    controls = {*discord._control.gets, *discord._control.posts}
    told = PAGE.split("## From another process", 1)[1]
    for name in controls:
        assert re.search(rf"\b{name}\b", told), name


def test_every_way_to_disturb_the_gateway_is_named() -> None:
    for name in ("asks_to_reconnect", "invalidates", "closes", "drops", "goes_silent"):
        assert hasattr(Gateway, name)
        assert f"discord.gateway.{name}(" in PAGE
