"""`botcore doctor` and `botcore config`: what is in force, and whether it works."""

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from botcore import doctor
from botcore.adapter import Finding
from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.config.printing import default_text, effective_text
from botcore.discovery import load_platforms, load_plugins, plugin_sources
from botcore.logs import Redactor
from botcore.plugin import Settings

_FILE_WIDTH = 160  # columns, where the output goes to a file
_STYLES = {"ok": "green", "note": "yellow", "fail": "bold red"}


def diagnose(config: Config) -> int:
    """Print what the doctor finds as a table; 1 where something is broken, else 0."""
    findings = asyncio.run(doctor.examine(config))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    console.print(table(findings, Redactor(config.secret_values())))
    return int(any(finding.state == "fail" for finding in findings))


def table(findings: Sequence[Finding], redact: Redactor) -> Table:
    """Findings as rich shows them, one a row, without secrets."""
    shown = Table(box=None, header_style="bold", padding=(0, 1))
    for heading in ("check", "", "what was found", "what to do"):
        shown.add_column(heading, overflow="fold")
    for finding in findings:
        style = _STYLES[finding.state]
        cells = [finding.name, finding.state, redact(finding.text), redact(finding.remedy)]
        shown.add_row(*(Text(cell, style=style if cell == finding.state else "") for cell in cells))
    return shown


def default_settings() -> str:
    """The default file, with the sections of the installed adapters and plugins. Raises PluginError."""
    platforms, errors = load_platforms()
    plugins = load_plugins(Config(), Registry(), sources=plugin_sources())
    for error in (*errors, *plugins.errors):
        raise error
    return default_text(
        {platform.name: platform.settings for platform in platforms},
        {plugin.name: plugin.settings for plugin in plugins.plugins},
    )


def settings_in_force(config: Config) -> str:
    """The effective settings as TOML, with where they came from. Raises ConfigError."""
    others: dict[str, Settings] = {}
    for platform in load_platforms()[0]:  # those that cannot be loaded are the doctor's business
        others[platform.name] = config.settings(platform.name, platform.settings)
    for plugin in load_plugins(config, Registry()).plugins:
        if plugin.settings.model_fields:
            others[f"plugins.{plugin.name}"] = config.plugin_settings(plugin.name, plugin.settings)
    return effective_text(config, others)
