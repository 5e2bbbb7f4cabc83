# ruff: noqa: E501 - the lines an operator sees stand here whole, as they are searched for
"""Settings: where they come from, which one wins, and what is said when one is wrong."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from botcore.config import Config, load_config
from botcore.config.printing import toml as as_toml
from botcore.errors import ConfigError
from botcore.plugin import Settings

Load = Callable[..., Config]


class Colours(Settings):
    """Settings of some adapter."""

    sky: str = "blue"
    """Above."""
    grass: tuple[str, ...] = ()
    """Below."""
    shades: int = 3
    """How many."""
    token: SecretStr = SecretStr("")
    """A secret."""


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load settings from a file's text, `.env`'s text and variables, in an empty directory."""

    def load(
        toml: str | None = None, *, dotenv: str | None = None, sections: tuple[str, ...] = ("paint",), **env: str
    ) -> Config:
        if toml is not None:
            (tmp_path / "botcore.toml").write_text(toml, encoding="utf-8")
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return load_config(env=env, directory=tmp_path, sections=sections)

    return load


def complaints(load: Load, toml: str | None = None, **how: str) -> list[str]:
    """The lines of the ConfigError that these settings raise."""
    with pytest.raises(ConfigError) as caught:
        load(toml, **how)
    return str(caught.value).splitlines()


# ---- where settings come from --------------------------------------------------------------------------------


def test_without_anything_the_defaults_hold(load: Load) -> None:
    config = load()
    assert config.chat.model == "gpt-5-mini"
    assert config.access.mode == "pairing"
    assert config.file is None
    assert config.source("chat.model") == "default"
    assert config.offline


def test_config_without_arguments_is_what_an_empty_directory_loads(load: Load) -> None:
    loaded, plain = load(), Config()
    assert (loaded.chat, loaded.delivery, loaded.personas) == (plain.chat, plain.delivery, plain.personas)


def test_the_environment_wins_over_dotenv_which_wins_over_the_file(load: Load) -> None:
    file, dotenv = '[chat]\nmodel = "file"', "BOTCORE_CHAT__MODEL=dotenv"
    assert load(file).chat.model == "file"
    assert load(file).source("chat.model") == "botcore.toml"
    assert load(file, dotenv=dotenv).chat.model == "dotenv"
    assert load(file, dotenv=dotenv).source("chat.model") == ".env: BOTCORE_CHAT__MODEL"
    both = load(file, dotenv=dotenv, BOTCORE_CHAT__MODEL="environment")
    assert both.chat.model == "environment"
    assert both.source("chat.model") == "environment: BOTCORE_CHAT__MODEL"


def test_an_empty_variable_counts_as_not_set(load: Load) -> None:
    config = load(dotenv="OPENAI_API_KEY=\nBOTCORE_CHAT__MODEL=\n", DATABASE_URL="  ")
    assert config.secret("OPENAI_API_KEY") is None
    assert config.chat.model == "gpt-5-mini"
    assert config.store.url == "sqlite:///data/botcore.db"


def test_the_file_is_looked_for_in_config_first(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/botcore.toml").write_text('[chat]\nmodel = "inner"')
    (tmp_path / "botcore.toml").write_text('[chat]\nmodel = "outer"')
    (tmp_path / "other.toml").write_text('[chat]\nmodel = "other"')
    assert load_config(env={}, directory=tmp_path).chat.model == "inner"
    assert load_config(env={"BOTCORE_CONFIG": "other.toml"}, directory=tmp_path).chat.model == "other"
    named = load_config("botcore.toml", {"BOTCORE_CONFIG": "other.toml"}, directory=tmp_path)
    assert named.chat.model == "outer"


def test_a_named_file_has_to_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^BOTCORE_CONFIG: there is no file gone\.toml; "):
        load_config(env={"BOTCORE_CONFIG": "gone.toml"}, directory=tmp_path)
    with pytest.raises(ConfigError, match=r"^--config: there is no file lost\.toml; "):
        load_config("lost.toml", {}, directory=tmp_path)


def test_a_file_from_windows_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "botcore.toml").write_bytes(b'\xef\xbb\xbf[chat]\r\nmodel = "x"\r\n')
    assert load_config(env={}, directory=tmp_path).chat.model == "x"


def test_by_default_the_process_environment_and_the_working_directory_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOTCORE_CHAT__PERSONA", "chef")
    for name in [name for name in os.environ if name.startswith("BOTCORE_") and name != "BOTCORE_CHAT__PERSONA"]:
        monkeypatch.delenv(name)
    assert load_config().chat.persona == "chef"


# ---- values in variables -------------------------------------------------------------------------------------


def test_variables_get_the_types_of_their_settings(load: Load) -> None:
    config = load(
        BOTCORE_CHAT__PREFIXES="bot, hey bot",
        BOTCORE_CHAT__STREAM="false",
        BOTCORE_CHAT__TEMPERATURE="0.5",
        BOTCORE_ACCESS__ALLOW='["1", 2, "telegram:-100"]',
        BOTCORE_ACCESS__OWNERS="77",
        BOTCORE_BUDGET__PRICES='{"m": {"input": 1, "output": 2.5}}',
        BOTCORE_LOGS__LEVEL="debug",
        BOTCORE_MODERATION__CHATS='{"telegram:-1": {"input": "block"}}',
    )
    assert config.chat.prefixes == ("bot", "hey bot")
    assert config.chat.stream is False
    assert config.chat.temperature == 0.5
    assert config.access.allow == ("1", "2", "telegram:-100")
    assert config.access.owners == ("77",)
    assert config.budget.prices["m"].output == 2.5
    assert config.logs.level == "DEBUG"
    assert config.moderation.rules("telegram:-1") == ("block", "off")
    assert config.moderation.rules("telegram:-2") == ("off", "off")


def test_a_text_that_looks_like_a_list_stays_a_text_where_a_text_is_wanted(load: Load) -> None:
    assert load(BOTCORE_CHAT__MODEL="[x]").chat.model == "[x]"


@given(st.lists(st.text(st.characters(blacklist_characters=",", blacklist_categories=("C", "Z")), min_size=1)))
def test_comma_separated_lists_come_back_as_they_were(words: list[str]) -> None:
    if words and words[0][:1] in "[{":
        return  # that is JSON
    config = load_config(env={"BOTCORE_TOOLS__GRANTED": ",".join(words)}, directory=Path("/nonexistent"), sections=())
    assert config.tools.granted == tuple(words)


def test_one_persona_can_be_added_or_changed_by_file_and_by_variable(load: Load) -> None:
    config = load(
        '[personas.pirate]\nprompt = "Arr."', BOTCORE_PERSONAS__POET__PROMPT="Rhyme.", BOTCORE_CHAT__PERSONA="poet"
    )
    assert config.personas["pirate"].prompt == "Arr."
    assert config.personas["pirate"].description == "Answers everything, arr"
    assert config.personas["poet"].prompt == "Rhyme."
    assert "assistant" in config.personas


def test_an_empty_prompt_takes_a_persona_off_the_list(load: Load) -> None:
    assert "pirate" not in load('[personas.pirate]\nprompt = ""').personas


# ---- secrets and what has a name of its own ------------------------------------------------------------------


def test_database_url_and_openai_base_url_win_over_their_settings(load: Load) -> None:
    config = load(
        '[store]\nurl = "sqlite:///a.db"\n[api]\nbase_url = "http://a/v1"',
        DATABASE_URL="postgresql://u:p@h/d",
        OPENAI_BASE_URL="http://127.0.0.1:1/v1/",
        BOTCORE_STORE__URL="sqlite:///b.db",
    )
    assert config.store.url == "postgresql://u:p@h/d"
    assert config.api.base_url == "http://127.0.0.1:1/v1"
    assert not config.offline


@pytest.mark.parametrize(
    ("env", "offline"),
    [
        ({}, True),
        ({"OPENAI_API_KEY": "sk-fake"}, False),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1"}, False),
        ({"BOTCORE_API__BASE_URL": "http://127.0.0.1:1"}, False),
        ({"OPENAI_API_KEY": "sk-fake", "BOTCORE_API__OFFLINE": "true"}, True),
        ({"BOTCORE_API__OFFLINE": "false"}, False),
    ],
)
def test_the_stand_in_answers_where_nothing_real_is_configured(load: Load, env: dict[str, str], offline: bool) -> None:
    assert load(**env).offline is offline


def test_an_adapter_gets_the_secrets_it_named_and_no_others(load: Load) -> None:
    config = load(dotenv="TELEGRAM_BOT_TOKEN='1:a'\nOPENAI_API_KEY=k", TELEGRAM_API_URL="http://t")
    named = config.secrets(["TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "TELEGRAM_PROXY"])
    assert named == {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "http://t"}


def test_secrets_show_up_neither_in_reprs_nor_in_errors(load: Load) -> None:
    secrets = ["openai-hush", "url-hush", "token-hush", "query-hush"]
    config = load(
        '[paint]\ntoken = "token-hush"',
        OPENAI_API_KEY="openai-hush",
        DATABASE_URL="postgresql://me:url-hush@db/x?password=query-hush",
    )
    shown = (
        repr(config)
        + str(config.store)
        + repr(config.secret("OPENAI_API_KEY"))
        + repr(config.settings("paint", Colours))
    )
    assert not [secret for secret in secrets if secret in shown]
    assert set(secrets) <= config.secret_values()
    lines = complaints(load, '[store]\nurl = "mysql://me:url-hush@db/x"\n[api]\nkey = "openai-hush"')
    assert len(lines) == 2
    assert "hush" not in "".join(lines)


# ---- sections of adapters and plugins ------------------------------------------------------------------------


def test_an_adapters_section_is_validated_by_its_own_settings(load: Load) -> None:
    config = load('[paint]\nsky = "grey"', BOTCORE_PAINT__GRASS="green,yellow", BOTCORE_PAINT__SHADES="5")
    assert config.section("paint") == {"sky": "grey", "grass": "green,yellow", "shades": "5"}
    assert config.settings("paint", Colours) == Colours(sky="grey", grass=("green", "yellow"), shades=5)
    assert config.section("absent") == {}
    assert config.settings("absent", Colours) == Colours()


def test_a_plugins_table_is_validated_by_its_own_settings(load: Load) -> None:
    config = load('[plugins]\nfolder = "mine"\n[plugins.paint]\nsky = "grey"', BOTCORE_PLUGINS__PAINT__SHADES="9")
    assert config.plugins.folder == "mine"
    assert config.plugin("paint") == {"sky": "grey", "shades": "9"}
    assert config.plugin_settings("paint", Colours) == Colours(sky="grey", shades=9)


def test_a_wrong_value_in_an_adapters_section_names_file_key_and_remedy(load: Load) -> None:
    config = load("[paint]\nsky = 3\nshdes = 4\n", BOTCORE_PAINT__GRASS="[1")
    with pytest.raises(ConfigError) as caught:
        config.settings("paint", Colours)
    assert str(caught.value).startswith("environment: BOTCORE_PAINT__GRASS: paint.grass: not valid JSON")
    config = load("[paint]\nsky = 3\nshdes = 4\n")
    with pytest.raises(ConfigError) as caught:
        config.settings("paint", Colours)
    assert str(caught.value).splitlines() == [
        "botcore.toml: paint.sky = 3: expected text in quotes (default: 'blue')",
        "botcore.toml: paint.shdes: unknown setting; did you mean paint.shades?",
    ]


def test_a_plugin_that_does_not_exist_is_named(load: Load) -> None:
    config = load('[plugins]\ndisabled = ["voise"]\n[plugins.imgaes]\nsize = 1')
    with pytest.raises(ConfigError) as caught:
        config.require_plugins(["images", "voice"])
    assert str(caught.value).splitlines() == [
        "botcore.toml: plugins.imgaes: there is no such plugin; did you mean plugins.images?",
        "botcore.toml: plugins.disabled: there is no plugin 'voise'; did you mean voice?",
    ]
    config.require_plugins(["imgaes", "voise"])


# ---- what is said when something is wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ('[chat]\nmodle = "x"', "botcore.toml: chat.modle: unknown setting; did you mean chat.model?"),
        ('[chat]\nscope = "user"', "botcore.toml: chat.scope: unknown setting; did you mean history.scope?"),
        ("[chatt]\n", "botcore.toml: [chatt]: unknown section; did you mean chat?"),
        ("[pant]\nx = 1", "botcore.toml: [pant]: unknown section; did you mean paint?"),
        ('model = "x"', "botcore.toml: model: stands in no section; put it below [chat]"),
        ('[access]\nmode = "closed"', "botcore.toml: access.mode = 'closed': expected 'pairing', 'allowlist' or 'open' (default: 'pairing')"),
        ('[access]\nallow = ["@me"]', "botcore.toml: access.allow[0] = '@me': expected a numeric id or platform:id, which /whoami tells; names change hands and do not count"),
        ('[access]\nallow = "1"', "botcore.toml: access.allow = '1': expected a list in brackets"),
        ('[delivery]\nattempts = "many"', "botcore.toml: delivery.attempts = 'many': expected a whole number (default: 4)"),
        ("[delivery]\nattempts = 0", "botcore.toml: delivery.attempts = 0: must be at least 1 (default: 4)"),
        ("[chat]\nstream = 7", "botcore.toml: chat.stream = 7: expected true or false (default: true)"),
        ("[chat]\ntemperature = 3", "botcore.toml: chat.temperature = 3: must be at most 2.0 (or leave it out)"),
        ("chat = 3", "botcore.toml: chat: expected a table; write [chat]"),
        ("[personas.x]\n", 'botcore.toml: personas.x.prompt: is missing; add it under [personas.x]: prompt = "..."'),
        ("personas = 1", "botcore.toml: personas: expected tables; write [personas.NAME] for each"),
        ('[chat]\npersona = "pirat"', "botcore.toml: chat.persona: no persona 'pirat'; did you mean pirate?"),
        ("[budget]\nusd_per_day = 1", "botcore.toml: budget.usd_per_day: needs the price of 'gpt-5-mini'; add it to budget.prices"),
        ("[chat]\nanswer_tokens = 16000", "botcore.toml: chat.answer_tokens: must be less than chat.context_tokens (16000)"),
        ('[moderation.chats.123]\ninput = "off"', "botcore.toml: moderation.chats: a chat is named platform:id, as in telegram:123"),
        ('openai_api_key = "x"', "botcore.toml: openai_api_key: stands in no section; secrets belong in the environment or .env, see config/example.env"),
        ('[api]\nkey = "x"', "botcore.toml: api.key: unknown setting; secrets do not belong in this file: put them into the environment or .env, see config/example.env"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_line_with_file_key_and_remedy(load: Load, toml: str, line: str) -> None:
    assert complaints(load, toml) == [line]


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"BOTCORE_CHAT__MODLE": "x"}, "environment: BOTCORE_CHAT__MODLE: chat.modle: unknown setting; did you mean chat.model?"),
        ({"BOTCORE_CHAT_MODEL": "x"}, "environment: BOTCORE_CHAT_MODEL: is not BOTCORE_SECTION__KEY (two underscores: BOTCORE_CHAT__MODEL); rename or unset it"),
        ({"BOTCORE_CONFG": "x"}, "environment: BOTCORE_CONFG: is not BOTCORE_SECTION__KEY (did you mean BOTCORE_CONFIG?); rename or unset it"),
        ({"BOTCORE_CAHT__MODEL": "x"}, "environment: BOTCORE_CAHT__MODEL: [caht]: unknown section; did you mean chat?"),
        ({"BOTCORE_DELIVERY__ATTEMPTS": "x"}, "environment: BOTCORE_DELIVERY__ATTEMPTS: delivery.attempts = 'x': expected a whole number (default: 4)"),
        ({"BOTCORE_BUDGET__PRICES": "x"}, 'environment: BOTCORE_BUDGET__PRICES: budget.prices: expected a JSON table such as {"key": "value"}'),
        ({"DATABASE_URL": "mysql://me:pw@h/d"}, "environment: DATABASE_URL: store.url: expected sqlite:///path or postgresql://user:password@host/database (default: 'sqlite:///data/botcore.db')"),
        ({"OPENAI_BASE_URL": "localhost:80"}, "environment: OPENAI_BASE_URL: api.base_url: expected an address such as http://127.0.0.1:11434/v1 (default: 'https://api.openai.com/v1')"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_environment_names_the_variable(load: Load, env: dict[str, str], line: str) -> None:
    assert complaints(load, **env) == [line]


def test_variables_of_the_tests_are_no_settings(load: Load) -> None:
    load(BOTCORE_TEST_POSTGRES_URL="x", BOTCORE_REQUIRE_BROWSER="1", BOTCORE_SHARED="/x", BOTCORE_CONFIG="")


def test_broken_toml_names_the_line(load: Load) -> None:
    (line,) = complaints(load, "[chat]\nmodel = gpt\n")
    assert line.startswith("botcore.toml: is not valid TOML: ")
    assert "line 2" in line


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "botcore.toml").write_bytes(b"[chat]\nmodel = '\xff'")
    with pytest.raises(ConfigError, match=r"^botcore\.toml: is not UTF-8 at byte 16; save it as UTF-8$"):
        load_config(env={}, directory=tmp_path)


def test_a_broken_line_in_dotenv_is_named(load: Load) -> None:
    assert complaints(load, dotenv="A=1\n'unclosed=\n") == [".env: line 2 is not NAME=value; quote values with spaces"]


def test_everything_that_is_wrong_is_said_at_once(load: Load) -> None:
    lines = complaints(
        load,
        '[chat]\nmodle = "x"\ntimeout = -1\n[acess]\n[personas.x]\n',
        BOTCORE_LOGS__FORMAT="xml",
        BOTCORE_NONSENSE="1",
    )
    assert len(lines) == 6
    for word in (
        "chat.modle",
        "chat.timeout",
        "[acess]",
        "personas.x.prompt",
        "BOTCORE_LOGS__FORMAT",
        "BOTCORE_NONSENSE",
    ):
        assert any(word in line for line in lines), word


def test_settings_cannot_be_changed_afterwards(load: Load) -> None:
    config = load()
    with pytest.raises(ValueError, match="frozen"):
        config.chat.model = "other"


_KEYS: Mapping[str, st.SearchStrategy[object]] = {
    "chat": st.dictionaries(st.sampled_from(["model", "timeout", "stream", "x"]), st.integers() | st.text(max_size=5) | st.none()),
    "access": st.dictionaries(st.sampled_from(["mode", "allow"]), st.lists(st.integers() | st.text(max_size=3)) | st.booleans()),
    "moderation": st.dictionaries(st.just("chats"), st.dictionaries(st.text(max_size=4), st.dictionaries(st.text(max_size=3), st.text(max_size=3)))),
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional={name: values | st.integers() for name, values in _KEYS.items()}))
def test_whatever_a_file_says_is_understood_or_explained_in_single_lines(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, object]
) -> None:
    directory = tmp_path_factory.mktemp("any")
    lines = [f"{name} = {as_toml(_without_none(value))}" for name, value in said.items()]
    (directory / "botcore.toml").write_text("\n".join(lines), encoding="utf-8")
    try:
        load_config(env={}, directory=directory, sections=())
    except ConfigError as error:
        for line in str(error).splitlines():
            assert line.startswith("botcore.toml: ")


def _without_none(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return value
