"""The OpenAI-style API: which endpoints it offers, and whether it lists the models that the settings name.

Nothing is generated, so nothing is paid for: the endpoints are asked for nothing, and for their list of models.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from botcore.adapter import Finding
from botcore.config import Config
from botcore.doctor.checks import Findings
from botcore.errors import ApiError
from botcore.plugin import ModelFor, Plugin

if TYPE_CHECKING:
    from botcore.openai import Api

_MODERATIONS = "moderations"


@dataclass(frozen=True, slots=True)
class Named:
    """A model that a setting names. `key` as in `plugins.images.model`."""

    key: str
    model: str
    purpose: str


async def api(config: Config, plugins: Sequence[Plugin]) -> Findings:
    """What the endpoint offers, and how it stands with the models of the core and of these plugins."""
    if config.offline:
        text = "the built-in stand-in answers: there is neither OPENAI_API_KEY nor OPENAI_BASE_URL"
        return [Finding("API", "note", text, "set OPENAI_API_KEY in the environment or in .env")]
    from botcore.app import api_settings  # noqa: PLC0415 - a while to import, --help does without
    from botcore.openai import Api  # noqa: PLC0415

    async with Api(api_settings(config)) as client:
        found = await client.probe()
        listed = await _listed(client) if found["models.list"].state == "ok" else ()
    remedy = "see OPENAI_API_KEY and OPENAI_BASE_URL"
    chat = found["chat.completions"]
    if chat.state in ("refused", "unreachable") and all(one.state == chat.state for one in found.values()):
        return [Finding("API", "fail", f"{config.api.base_url}: {chat.state}: {chat.reason}", remedy)]
    findings: list[Finding] = []
    for name, finding in found.items():
        match finding.state:
            case "ok":
                findings.append(Finding(f"API: {name}", "ok", config.api.base_url))
            case "missing":
                findings.append(Finding(f"API: {name}", "note", f"missing: {finding.reason}", "what needs it is off"))
            case "refused" | "unreachable":
                findings.append(Finding(f"API: {name}", "fail", f"{finding.state}: {finding.reason}", remedy))
    if _moderating(config) and found[_MODERATIONS].state == "missing":
        text = "moderation is on, and the endpoint has none"
        findings.append(Finding("moderation", "fail", text, 'set moderation.input and moderation.output to "off"'))
    return [*findings, *(_model(named, listed) for named in _named(config, plugins))]


async def _listed(client: "Api") -> Sequence[str]:
    """The ids of the endpoint's models; none where it does not tell them in a form that can be read."""
    try:
        return [model.id for model in await client.models.list()]
    except ApiError:
        return ()


def _model(named: Named, listed: Sequence[str]) -> Finding:
    name = f"model: {named.purpose}"
    if named.model in listed:
        return Finding(name, "ok", f"{named.model} ({named.key})")
    if not listed:
        text = f"{named.model} ({named.key}): the endpoint does not list its models"
        return Finding(name, "note", text, "whether it is there, its first use shows")
    close = difflib.get_close_matches(named.model, listed, n=1)
    meant = f": did you mean {close[0]}?" if close else " to one of `botcore api models`"
    remedy = f"set {named.key}{meant} Some endpoints take names that they do not list"
    return Finding(name, "note", f"{named.model} ({named.key}): the endpoint does not list it", remedy)


def _named(config: Config, plugins: Sequence[Plugin]) -> Iterator[Named]:
    """The models that are named by settings in force, in the order of the settings."""
    yield from _marked("chat", config.chat)
    for name, persona in config.personas.items():
        yield from (Named(one.key, one.model, f"{one.purpose} {name}") for one in _marked(f"personas.{name}", persona))
    yield from _marked("moderation", config.moderation)
    for plugin in plugins:
        yield from _marked(f"plugins.{plugin.name}", config.plugin_settings(plugin.name, plugin.settings))


def _marked(section: str, settings: BaseModel) -> Iterator[Named]:
    fields: Mapping[str, object] = dict(settings)
    for name, field in type(settings).model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, ModelFor) and (model := fields[name]):
                yield Named(f"{section}.{name}", str(model), mark.purpose)


def _moderating(config: Config) -> bool:
    rules = config.moderation
    everywhere = (rules.input, rules.output)
    return any(rule != "off" for rule in (*everywhere, *(each for chat in rules.chats for each in rules.rules(chat))))
