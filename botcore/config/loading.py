"""From what was given to a `Config`: merge, validate, and say everything that is wrong at once."""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from botcore.config import faults, files
from botcore.config.sections import (
    PERSONAS,
    AccessSettings,
    BudgetSettings,
    ChatSettings,
    DeliverySettings,
    EndpointSettings,
    FetchSettings,
    HistorySettings,
    LogSettings,
    ModerationSettings,
    Persona,
    PluginSettings,
    StoreSettings,
    ToolSettings,
)
from botcore.config.tree import Tree, leaves
from botcore.errors import ConfigError
from botcore.messages import Json
from botcore.plugin import Settings

Model = TypeVar("Model", bound=Settings)

SECTIONS: Mapping[str, type[Settings]] = {
    "chat": ChatSettings,
    "history": HistorySettings,
    "access": AccessSettings,
    "budget": BudgetSettings,
    "moderation": ModerationSettings,
    "tools": ToolSettings,
    "delivery": DeliverySettings,
    "store": StoreSettings,
    "api": EndpointSettings,
    "fetch": FetchSettings,
    "logs": LogSettings,
    "plugins": PluginSettings,
}
"""The core's sections, in the order of the default file; beside them stand [personas] and one section per adapter."""

_KEYS: Mapping[str, Collection[str]] = {name: model.model_fields for name, model in SECTIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of the bot. `Config()` is all defaults; `load_config` reads what the operator says.

    Secrets show up neither in its `repr` nor in its errors. `file` is the settings file, None where there is none.
    """

    chat: ChatSettings = field(default_factory=ChatSettings)
    personas: Mapping[str, Persona] = field(default_factory=lambda: PERSONAS, repr=False)
    history: HistorySettings = field(default_factory=HistorySettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    moderation: ModerationSettings = field(default_factory=ModerationSettings)
    tools: ToolSettings = field(default_factory=ToolSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    api: EndpointSettings = field(default_factory=EndpointSettings)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    logs: LogSettings = field(default_factory=LogSettings)
    plugins: PluginSettings = field(default_factory=PluginSettings)
    file: Path | None = None
    tree: Tree = field(default_factory=Tree, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def offline(self) -> bool:
        """Whether the built-in stand-in answers instead of a real endpoint."""
        if self.api.offline is not None:
            return self.api.offline
        return self.secret("OPENAI_API_KEY") is None and self.api.base_url == EndpointSettings().base_url

    def secret(self, name: str) -> SecretStr | None:
        """A secret by the name of its variable, from the environment or `.env`; None where it is not set."""
        value = self.environment.get(name)
        return SecretStr(value) if value is not None else None

    def secrets(self, names: Iterable[str]) -> dict[str, str]:
        """Those of these variables that are set, in the clear: what an adapter gets that named them."""
        return {name: self.environment[name] for name in names if name in self.environment}

    def secret_values(self) -> frozenset[str]:
        """Every text that must not reach a log: values of variables and settings whose names say secret."""
        named = {value for name, value in self.environment.items() if faults.is_secret(name)}
        given = {str(value) for path, value in leaves(self.tree.values) if faults.is_secret(path[-1])}
        return frozenset(named | given | faults.passwords(*self.environment.values(), self.store.url))

    def section(self, name: str) -> Mapping[str, Json]:
        """The raw table of an adapter's section, variables merged in (as text, except JSON lists and tables)."""
        return self.tree.table((name,))

    def plugin(self, name: str) -> Mapping[str, Json]:
        """The raw table [plugins.NAME]."""
        return self.tree.table(("plugins", name))

    def settings(self, name: str, model: type[Model]) -> Model:
        """An adapter's section, validated. Raises ConfigError, a line for each thing wrong."""
        return read(model, self.tree, (name,))

    def plugin_settings(self, name: str, model: type[Model]) -> Model:
        """A plugin's table, validated. Raises ConfigError, a line for each thing wrong."""
        return read(model, self.tree, ("plugins", name))

    def require_plugins(self, known: Collection[str]) -> None:
        """Raise ConfigError where a table or `plugins.disabled` names a plugin that is not among the known."""
        found = [
            f"{self.tree.origin(('plugins', name))}: plugins.{name}: there is no such plugin; "
            + faults.unknown(name, known, prefix="plugins.")
            for name in _tables(self.tree.get(("plugins",)))
            if name not in known
        ]
        found += [
            f"{self.tree.origin(('plugins', 'disabled'))}: plugins.disabled: there is no plugin {name!r}; "
            + faults.unknown(name, known)
            for name in self.plugins.disabled
            if name not in known
        ]
        if found:
            raise ConfigError("\n".join(found))

    def source(self, key: str) -> str:
        """Where a setting (`section.key`) came from: a file, a variable, or 'default'."""
        return self.tree.origins.get(tuple(key.split(".")), "default")


def load_config(
    path: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    directory: Path | None = None,
    sections: Collection[str] | None = None,
) -> Config:
    """Read the settings: defaults, then the file, then `.env` and the environment.

    `path` names the file (else BOTCORE_CONFIG, config/botcore.toml, botcore.toml, or none), `directory` is the working
    directory, `sections` the adapters' (default: those installed). Raises ConfigError, a line for each thing wrong.
    """
    directory = Path.cwd() if directory is None else directory
    dotenv = files.read_dotenv(directory)
    variables = files.environment(os.environ if env is None else env, dotenv)
    tree = Tree()
    file = files.find(path, variables, directory)
    if file is not None:
        tree.add(files.read_toml(file, name := files.label(file, directory)), name)
    wrong = files.add_environment(tree, variables, dotenv)
    wrong += _unknown_sections(tree, sections)
    read_sections, more = _read_all(tree)
    config = Config(**read_sections, file=file, tree=tree, environment=variables)
    if wrong := wrong + more or _contradictions(config):
        raise ConfigError("\n".join(wrong))
    return config


def read(model: type[Model], tree: Tree, at: tuple[str, ...], *, but: Collection[str] = ()) -> Model:
    """The table at a path as a model, without the keys `but`. Raises ConfigError, a line for each thing wrong."""
    given = tree.get(at)
    if given is not None and not isinstance(given, dict):
        raise ConfigError(f"{tree.origin(at)}: {faults.dotted(at)}: expected a table; write [{faults.dotted(at)}]")
    try:
        table = tree.table(at, model)
    except ValueError as error:
        text, path = error.args
        raise ConfigError(f"{tree.origin(path)}: {faults.dotted(path)}: {text}") from error
    try:
        return model.model_validate({key: value for key, value in table.items() if key not in but})
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise ConfigError("\n".join(faults.lines(found, tree, at, model, _KEYS))) from error


def _read_all(tree: Tree) -> tuple[dict[str, Any], list[str]]:
    """The core's sections, and a line for each thing wrong in them."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, model in SECTIONS.items():
        tables = _tables(tree.get((name,))) if name == "plugins" else ()
        try:
            found[name] = read(model, tree, (name,), but=tables)
        except ConfigError as error:
            wrong.append(str(error))
    if not isinstance(tree.get(("personas",)) or {}, dict):
        wrong.append(f"{tree.origin(('personas',))}: personas: expected tables; write [personas.NAME] for each")
    personas = _with_defaults(tree)
    characters: dict[str, Persona] = {}
    for name in personas.values.get("personas", {}):
        try:
            characters[name] = read(Persona, personas, ("personas", name))
        except ConfigError as error:
            wrong.append(str(error))
    found["personas"] = {name: persona for name, persona in characters.items() if persona.prompt.strip()}
    return found, wrong


def _with_defaults(given: Tree) -> Tree:
    """The personas that come with the bot, and over them those of the operator, key by key."""
    tree = Tree()
    tree.add({"personas": {name: persona.model_dump(exclude_none=True) for name, persona in PERSONAS.items()}}, "")
    own = given.get(("personas",))
    if isinstance(own, dict):
        tree.add({"personas": own}, "")
    tree.origins, tree.texts = given.origins, given.texts
    return tree


def _tables(table: Json) -> tuple[str, ...]:
    """The names of the tables in a table."""
    return tuple(key for key, value in table.items() if isinstance(value, dict)) if isinstance(table, dict) else ()


def _unknown_sections(tree: Tree, sections: Collection[str] | None) -> list[str]:
    """A line for each section that neither the core nor an adapter has."""
    strange = [name for name in tree.values if name not in SECTIONS and name != "personas"]
    if not strange:
        return []
    installed = {point.name for point in entry_points(group="botcore.adapters")} if sections is None else set(sections)
    known = {*SECTIONS, "personas", *installed}
    return [
        f"{tree.origin((name,))}: {_stray(name, tree.values[name], known)}" for name in strange if name not in known
    ]


def _stray(name: str, value: Json, known: Collection[str]) -> str:
    """What is to be said about a name at the top of the file that is no section."""
    what = f"[{name}]: unknown section" if isinstance(value, dict) else f"{name}: stands in no section"
    if faults.is_secret(name):
        return f"{what}; secrets belong in the environment or .env, see config/example.env"
    for section, keys in _KEYS.items():
        if name in keys and not isinstance(value, dict):
            return f"{what}; put it below [{section}]"
    return f"{what}; {faults.unknown(name, known)}"


def _contradictions(config: Config) -> list[str]:
    """A line for each setting that is right by itself and wrong together with others."""
    wrong: list[str] = []

    def say(key: str, text: str) -> None:
        wrong.append(f"{config.tree.origin(tuple(key.split('.'))) or 'defaults'}: {key}: {text}")

    if config.chat.persona not in config.personas:
        say(
            "chat.persona",
            f"no persona {config.chat.persona!r}; {faults.unknown(config.chat.persona, config.personas)}",
        )
    if config.budget.usd_per_day and config.chat.model not in config.budget.prices:
        say("budget.usd_per_day", f"needs the price of {config.chat.model!r}; add it to budget.prices")
    if (config.chat.answer_tokens or 0) >= config.chat.context_tokens:
        say("chat.answer_tokens", f"must be less than chat.context_tokens ({config.chat.context_tokens})")
    return wrong
