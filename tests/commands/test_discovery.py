"""Finding plugins and adapters: real entry points, real files, and what happens when they are broken."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from botcore.commands.registry import Found, Registry
from botcore.config import Config, load_config
from botcore.discovery import adapter_sources, load_platforms, load_plugins, platforms, plugin_sources
from botcore.errors import ConfigError

GOOD = """
    from botcore.plugin import Bot, Plugin, Settings

    class MySettings(Settings):
        sides: int = 6

    def setup(bot: Bot, settings: MySettings) -> None:
        @bot.command("{command}")
        async def roll(ctx) -> str:
            return str(settings.sides)

    plugin = Plugin(name="{name}", settings=MySettings, setup=setup)
"""
ADAPTER = """
    from botcore.adapter import Platform
    from botcore.plugin import Settings

    adapter = Platform(name="{name}", settings=Settings, build=lambda setup: None)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def configured(tmp_path: Path, folder: Path) -> Callable[[str], Config]:
    """A configuration from the text of a settings file, with the operator's folder in it."""

    def load(text: str = "", disabled: str = "") -> Config:
        file = tmp_path / "botcore.toml"
        file.write_text(f'[plugins]\nfolder = "{folder}"\ndisabled = [{disabled}]\n{text}')
        return load_config(file, {}, directory=tmp_path, sections=())

    return load


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Install a module as a distribution with one entry point, as pip would lay it out."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def install(group: str, point: str, source: str) -> None:
        name, _, target = point.partition(" = ")
        module = target.partition(":")[0]
        (site / f"{module}.py").write_text(dedent(source))
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install


def write(path: Path, source: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(source))


COMES_WITH_IT = {source.name for source in plugin_sources()}


def names(registry: Registry) -> list[str]:
    return [name for name in registry.plugins if name not in COMES_WITH_IT]


Configured = Callable[..., Config]
Install = Callable[[str, str, str], None]


def test_the_operators_folder(folder: Path, configured: Configured) -> None:
    write(folder / "dice.py", GOOD.format(name="dice", command="roll"))
    write(
        folder / "weather" / "__init__.py",
        """
        from __future__ import annotations
        from typing import Literal
        from botcore.plugin import Bot, Context, Plugin, Settings
        from .units import UNIT

        Unit = Literal["celsius", "kelvin"]

        def setup(bot: Bot, settings: Settings) -> None:
            @bot.command("weather")
            async def weather(ctx: Context, unit: Unit = UNIT) -> str:
                return unit

        plugin = Plugin(name="weather", setup=setup)
        """,
    )
    write(folder / "weather" / "units.py", 'UNIT = "kelvin"')
    write(folder / "_helper.py", "raise RuntimeError('not a plugin')")
    write(folder / ".hidden.py", "raise RuntimeError('not a plugin')")
    write(folder / "notes.txt", "not a plugin")
    (folder / "data").mkdir()
    registry, path = Registry(), list(sys.path)
    loaded = load_plugins(configured("[plugins.dice]\nsides = 20\n"), registry)
    assert loaded.errors == ()
    assert names(registry) == ["dice", "weather"]
    found = registry.find("/weather")
    assert isinstance(found, Found)
    assert found.registered.signature.by_name["unit"].default == "kelvin"
    assert sys.path == path
    assert "dice" not in sys.modules
    assert "weather" not in sys.modules


def test_no_folder_is_no_error(folder: Path, configured: Configured) -> None:
    folder.rmdir()
    assert load_plugins(configured(), Registry()).errors == ()


def test_a_broken_plugin_is_named_and_does_not_stop_the_others(
    folder: Path, configured: Configured, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder / "a_syntax.py", "def (")
    write(folder / "b_import.py", "import nowhere_to_be_found")
    write(folder / "c_exit.py", "raise SystemExit(3)")
    write(folder / "d_empty.py", "")
    write(folder / "e_other.py", "plugin = 'not one'")
    write(
        folder / "f_setup.py",
        """
        from botcore.plugin import Plugin

        def setup(bot, settings):
            raise KeyError("TOKEN")

        plugin = Plugin(name="f_setup", setup=setup)
        """,
    )
    write(
        folder / "g_signature.py",
        """
        from botcore.plugin import Plugin

        def setup(bot, settings):
            @bot.command("g")
            async def g(ctx, what: dict): ...

        plugin = Plugin(name="g_signature", setup=setup)
        """,
    )
    write(folder / "h_good.py", GOOD.format(name="dice", command="roll"))
    write(folder / "i_clash.py", GOOD.format(name="clash", command="roll"))
    write(folder / "j_twin.py", GOOD.format(name="dice", command="other"))
    registry = Registry()
    with caplog.at_level(logging.ERROR):
        loaded = load_plugins(configured(), registry)
    said = [str(error) for error in loaded.errors]
    assert said[0].startswith("plugin 'a_syntax': it cannot be imported: SyntaxError:")
    assert (
        said[1]
        == "plugin 'b_import': it cannot be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )
    assert said[2] == "plugin 'c_exit': it cannot be imported: SystemExit: 3"
    assert said[3].startswith("plugin 'd_empty': it exports no plugin: end the file with plugin = Plugin(")
    assert said[4].endswith("e_other.py is a builtins.str, not a botcore.plugin.Plugin")
    assert said[5] == "plugin 'f_setup': its setup failed: KeyError: 'TOKEN'"
    assert said[6].startswith("plugin 'g_signature': command /g, parameter 'what': the type dict cannot be an option")
    assert said[7] == "plugin 'clash': command /roll is already taken by plugin 'dice'"
    assert said[8].endswith("the name dice is already taken by plugin 'dice'")
    assert len(said) == 9
    assert names(registry) == ["dice"]
    assert len(caplog.records) == 9  # each is told to the operator, with the traceback where there is one
    assert caplog.records[5].exc_info is not None
    assert not [module for module in sys.modules if module.endswith(("_a_syntax", "_b_import", "_d_empty"))]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "async def setup(bot, settings): ...\nplugin = Plugin(name='p', setup=setup)",
            "its setup must be a plain `def`",
        ),
        (
            "def setup(bot, settings): ...\nplugin = Plugin(name='p', setup=setup, settings=Settings())",
            "its settings are no class: write settings=MySettings, without parentheses",
        ),
        (
            (
                "def setup(bot, settings):\n    @bot.command\n    async def roll(ctx): ...\n"
                "plugin = Plugin(name='p', setup=setup)"
            ),
            'bot.command takes a name: write @bot.command("roll") above roll',
        ),
    ],
)
def test_what_would_silently_do_nothing_is_refused(folder: Path, configured: Configured, text: str, says: str) -> None:
    write(folder / "p.py", "from botcore.plugin import Plugin, Settings\n" + text)
    loaded = load_plugins(configured(), Registry())
    assert [str(error).removeprefix("plugin 'p': ").startswith(says) for error in loaded.errors] == [True]


def test_disabled_plugins_are_not_imported(folder: Path, configured: Configured) -> None:
    write(folder / "noisy.py", "raise RuntimeError('imported')")
    write(folder / "dice.py", GOOD.format(name="cubes", command="roll"))
    registry = Registry()
    assert load_plugins(configured(disabled='"noisy", "cubes"'), registry).errors == ()
    assert names(registry) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[plugins.dice]\nsides = "six"\n', ["plugins.dice.sides", "'six'", "a whole number", "default: 6"]),
        ("[plugins.dice]\nsidse = 6\n", ["plugins.dice.sidse", "unknown setting", "plugins.dice.sides"]),
        ("[plugins.dcie]\nsides = 6\n", ["plugins.dcie", "no such plugin", "plugins.dice"]),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    folder: Path, configured: Configured, text: str, says: list[str]
) -> None:
    write(folder / "dice.py", GOOD.format(name="dice", command="roll"))
    with pytest.raises(ConfigError) as caught:
        load_plugins(configured(text), Registry())
    line = str(caught.value)
    assert "\n" not in line
    assert "botcore.toml" in line
    assert all(word in line for word in says), line


def test_a_disabled_name_that_nobody_has_is_a_mistake(folder: Path, configured: Configured) -> None:
    write(folder / "dice.py", GOOD.format(name="dice", command="roll"))
    with pytest.raises(ConfigError, match="there is no plugin 'dcie'; did you mean dice"):
        load_plugins(configured(disabled='"dcie"'), Registry())


def test_installed_plugins_come_by_entry_point(install: Install, configured: Configured, folder: Path) -> None:
    install("botcore.plugins", "dice = acme_dice:plugin", GOOD.format(name="dice", command="roll"))
    install("botcore.plugins", "wrong = acme_wrong:plugin", GOOD.format(name="right", command="turn"))
    install("botcore.plugins", "gone = acme_gone:nothing", "")
    install("botcore.plugins", "whole = acme_whole", "plugin = 1")
    write(folder / "dice.py", GOOD.format(name="dice", command="mine"))
    assert {"dice", "wrong", "gone", "whole"} <= {source.name for source in plugin_sources()}
    assert "acme_dice" not in sys.modules  # finding imports nothing
    registry = Registry()
    loaded = load_plugins(configured(), registry)
    assert registry.command("roll") is not None
    assert registry.command("mine") is None  # the installed one came first
    said = [str(error) for error in loaded.errors]
    assert said[0].startswith("plugin 'gone': it cannot be imported: AttributeError")
    assert said[1].endswith(
        "is a builtins.module, not a botcore.plugin.Plugin; name the value in it, as in acme_whole:plugin"
    )
    assert said[2] == "plugin 'wrong': it calls itself 'right'; name and entry point have to agree"
    assert said[3].endswith("dice.py: the name dice is already taken by plugin 'dice'")


def test_adapters_are_imported_only_when_wanted(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    install("botcore.adapters", "pager = acme_pager:adapter", ADAPTER.format(name="pager"))
    install("botcore.adapters", "fax = acme_fax:adapter", "import a_library_that_is_missing")
    assert {"pager", "fax"} <= {source.name for source in adapter_sources()}
    assert not {"acme_pager", "acme_fax"} & set(sys.modules)
    assert [platform.name for platform in platforms(["pager"])] == ["pager"]
    assert "acme_fax" not in sys.modules
    with caplog.at_level(logging.ERROR):
        assert [platform.name for platform in platforms(["pager", "fax"])] == ["pager"]
    assert (
        "plugin 'fax': it cannot be imported: ModuleNotFoundError: No module named 'a_library_that_is_missing'"
        in caplog.text
    )
    found, errors = load_platforms(["fax"])
    assert (found, [error.plugin for error in errors]) == ([], ["fax"])
