"""`botcore doctor` and `botcore config`: what is in force, and whether it works."""

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from botcore import doctor
from botcore.adapter import Finding
from botcore.cli import installed
from botcore.config import Config
from botcore.config.printing import default_text, effective_text
from botcore.logs import Redactor

_STYLES = {"ok": "green", "note": "yellow", "fail": "bold red"}


def diagnose(config: Config) -> int:
    """Print what the doctor finds as a table; 1 where something is broken, else 0."""
    findings = asyncio.run(doctor.examine(config, installed.platforms()))
    Console().print(table(findings, Redactor(config.secret_values())))
    return int(any(finding.state == "fail" for finding in findings))


def table(findings: Sequence[Finding], redact: Redactor) -> Table:
    """Findings as rich shows them, one a row, without secrets."""
    shown = Table("check", "", "what was found", "what to do", box=None, header_style="bold", padding=(0, 1))
    for finding in findings:
        style = _STYLES[finding.state]
        cells = [finding.name, finding.state, redact(finding.text), redact(finding.remedy)]
        shown.add_row(*(Text(cell, style=style if cell == finding.state else "") for cell in cells))
    return shown


def default_settings() -> str:
    """The default file, with the sections of the installed adapters and plugins."""
    adapters = {name: platform.settings for name, platform in installed.platforms().items()}
    return default_text(adapters, {name: plugin.settings for name, plugin in installed.plugins().items()})


def settings_in_force(config: Config) -> str:
    """The effective settings as TOML, with where they came from."""
    others = {name: config.settings(name, platform.settings) for name, platform in installed.platforms().items()}
    for name, plugin in installed.plugins().items():
        if plugin.settings.model_fields:
            others[f"plugins.{name}"] = config.plugin_settings(name, plugin.settings)
    return effective_text(config, others)
