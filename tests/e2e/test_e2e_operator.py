"""What an operator types and reads: each mistake is one line that says what to do, with the right exit code."""

import asyncio
import re
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.telegram_server import TelegramServer, telegram_server

from .process import botcore, first_line, running, serving
from .surroundings import PATIENCE, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WRONG_TOKEN = "7000001:obviously-wrong-token-for-tests-0000"


WRONG: list[tuple[dict[str, str], str]] = [
    ({"TELEGRAM_BOT_TOKEN": WRONG_TOKEN}, r"TELEGRAM_BOT_TOKEN: [\d.:]+ does not accept it .*; copy .* @BotFather .*"),
    ({"TELEGRAM_BOT_TOKEN": "nonsense"}, r"TELEGRAM_BOT_TOKEN is no token .*: copy the token from @BotFather.*"),
    ({"TELEGRAM_API_URL": "127.0.0.1"}, r"TELEGRAM_API_URL is no root of a Bot API server: .*"),
    ({"TELEGRAM_BOT_TOKEN": ""}, r"nothing is started: set TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN, or .*"),
    ({"chat__modle": "x"}, r"environment: BOTCORE_CHAT__MODLE: .*unknown setting; did you mean chat\.model\?"),
    ({"access__mode": "closed"}, r"environment: BOTCORE_ACCESS__MODE: .*expected 'pairing', 'allowlist' or 'open'.*"),
    ({"DATABASE_URL": "mysql://x/y"}, r"environment: DATABASE_URL: .*expected sqlite:///path or postgresql://.*"),
]


@pytest.mark.parametrize(("settings", "told"), WRONG, ids=lambda one: next(iter(one)) if isinstance(one, dict) else "")
async def test_a_wrong_setting_is_one_line(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi, settings: dict[str, str], told: str
) -> None:
    done = await botcore(tmp_path, environment(tmp_path, telegram, api, settings), "run")
    assert done.code == 2
    lines = [line for line in done.errors.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.errors
    assert re.fullmatch(f"botcore: {told}", lines[0]), lines[0]
    assert "Unclosed" not in done.errors
    assert WRONG_TOKEN not in done.errors


async def test_a_typo_in_the_file_names_file_key_and_remedy(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi
) -> None:
    (tmp_path / "botcore.toml").write_text('[chat]\nmodle = "gpt-4o"\n')
    for arguments in (["run"], ["doctor"], ["config"], ["chat"], ["db", "current"], ["access", "list"]):
        done = await botcore(tmp_path, environment(tmp_path, telegram, api), *arguments)
        assert done.code == 2
        assert done.errors == "botcore: botcore.toml: chat.modle: unknown setting; did you mean chat.model?\n"


async def test_a_taken_port_says_what_to_do(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        alone = {"TELEGRAM_BOT_TOKEN": "", "web__enabled": "true", "web__port": str(port)}
        done = await botcore(tmp_path, environment(tmp_path, telegram, api, alone), "run")
        assert done.code == 2
        assert f"botcore: web: port {port} is in use: stop the other program, take another port" in done.errors
        # beside another platform it is left out, and the bot goes on
        both = {"web__enabled": "true", "web__port": str(port)}
        async with running(tmp_path, environment(tmp_path, telegram, api, both)) as bot:
            await bot.says("web is not started")
            await bot.says("ready")
            ada = telegram.user("Ada")
            await ada.says("Hello")
            assert (await telegram.bot.answers(ada, timeout=PATIENCE)).text == "Hello!"
            assert await bot.ends() == 0


async def test_a_database_that_cannot_be_is_one_line(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    (tmp_path / "bot.db").mkdir()
    done = await botcore(tmp_path, environment(tmp_path, telegram, api), "run")
    assert (done.code, len(done.errors.splitlines())) == (2, 1)
    assert "bot.db cannot be used: Is a directory" in done.errors
    (tmp_path / "bot.db").rmdir()
    (tmp_path / "bot.db").write_text("This is a shopping list, and no database: milk, eggs, bread." * 20)
    done = await botcore(tmp_path, environment(tmp_path, telegram, api), "run")
    assert done.code != 0
    assert "not a database" in done.errors
    assert (tmp_path / "bot.db").read_text().startswith("This is a shopping list")


async def test_the_doctor_examines_everything(tmp_path: Path) -> None:
    async with telegram_server() as telegram, offline_api() as api:
        done = await botcore(tmp_path, environment(tmp_path, telegram, api), "doctor")
        assert done.code == 0, done.output
        for words in (
            "API: chat.completions",
            "@helper_bot",
            "privacy mode is on",
            "/setprivacy",
            "database",
            "ffmpeg",
        ):
            assert words in done.output
        wrong = environment(tmp_path, telegram, api, {"TELEGRAM_BOT_TOKEN": WRONG_TOKEN, "chat__model": "imaginary"})
        done = await botcore(tmp_path, wrong, "doctor")
        assert done.code == 1
        assert "does not accept the token (Unauthorized)" in done.output
        assert "imaginary (chat.model): the endpoint does not list it" in " ".join(done.output.split())
        assert WRONG_TOKEN not in done.output + done.errors


async def test_the_doctor_says_once_that_the_api_is_away(
    tmp_path: Path, telegram: TelegramServer, api: OfflineApi, unused_port: int
) -> None:
    away = {"OPENAI_BASE_URL": f"http://127.0.0.1:{unused_port}/v1"}
    done = await botcore(tmp_path, environment(tmp_path, telegram, api, away), "doctor")
    assert done.code == 1
    assert done.output.count("unreachable") == 1


async def test_the_doctor_asks_for_a_key_that_is_not_accepted(tmp_path: Path, telegram: TelegramServer) -> None:
    async with offline_api(OfflineSettings(keys=frozenset({"another"}))) as api:
        done = await botcore(tmp_path, environment(tmp_path, telegram, api), "doctor")
        assert done.code == 1
        assert "see OPENAI_API_KEY" in done.output


async def test_the_tables_revision(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    env = environment(tmp_path, telegram, api)
    assert "does not exist yet" in (await botcore(tmp_path, env, "db", "current")).output
    assert not (tmp_path / "bot.db").exists()
    assert "brought to revision" in (await botcore(tmp_path, env, "db", "upgrade")).output
    assert "which is the newest" in (await botcore(tmp_path, env, "db", "current")).output
    assert "already at revision" in (await botcore(tmp_path, env, "db", "upgrade")).output


async def test_a_chat_from_a_pipe(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    env = environment(tmp_path, telegram, api)
    api.script.reply("Hello, **Ada**.", when="My name")
    done = await botcore(
        tmp_path, env, "chat", stdin="My name is Ada.\n\nWhat is my name?\n/whoami\n/exit\nnever said\n"
    )
    assert (done.code, done.errors) == (0, "")
    assert "Hello, Ada." in done.output
    assert "Your name is Ada." in done.output
    assert "Role: owner" in done.output
    assert len(api.requests.to("/chat/completions")) == 2


async def test_the_settings_in_force_hold_no_secret(tmp_path: Path, telegram: TelegramServer, api: OfflineApi) -> None:
    env = environment(tmp_path, telegram, api, {"chat__model": "gpt-4o"})
    done = await botcore(tmp_path, env, "config")
    assert done.code == 0
    assert 'model = "gpt-4o"' in done.output
    assert "BOTCORE_CHAT__MODEL" in done.output  # where it comes from
    assert telegram.token not in done.output
    assert env["OPENAI_API_KEY"] not in done.output


async def test_without_anything_set_the_browser_chat_is_there_within_seconds(tmp_path: Path, unused_port: int) -> None:
    began = asyncio.get_running_loop().time()
    async with running(tmp_path, {"BOTCORE_WEB__PORT": str(unused_port)}) as bot:
        await bot.says(f"the browser chat is at http://127.0.0.1:{unused_port}")
        assert "stand-in" in bot.log
        async with aiohttp.ClientSession() as browser, browser.get(f"http://127.0.0.1:{unused_port}/") as page:
            assert page.status == 200
            assert "html" in page.headers["Content-Type"]
        assert asyncio.get_running_loop().time() - began < PATIENCE
        assert await bot.ends(by=signal.SIGINT) == 0
    assert (tmp_path / "data" / "botcore.db").exists()


async def test_the_simulated_telegram_and_the_stand_in_run_by_themselves(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, "-m", "botcore.testing.telegram_server", "--port", "0", "--user", "Ada") as simulator,
        serving(tmp_path, "-m", "botcore", "offline-api", "--port", "0") as stand_in,
    ):
        line = await first_line(simulator)
        root = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert root is not None, line
        token = re.search(r'"token": ?"([^"]+)"', line)
        assert token is not None, line
        offline = re.search(r"http://127\.0\.0\.1:\d+/v1", await first_line(stand_in))
        assert offline is not None
        env = {
            "TELEGRAM_BOT_TOKEN": token[1],
            "TELEGRAM_API_URL": root[0],
            "OPENAI_BASE_URL": offline[0],
            "BOTCORE_WEB__ENABLED": "false",
            "BOTCORE_ACCESS__MODE": "open",
        }
        async with running(tmp_path, env) as bot, aiohttp.ClientSession() as curl:
            await bot.says("ready")
            async with curl.post(f"{root[0]}/_simulator/says", json={"user": "Ada", "text": "My name is Ada."}) as said:
                assert said.status == 200
            async with curl.get(f"{root[0]}/_simulator/answer?user=Ada&timeout=20") as answer:
                assert "offline stand-in" in (await answer.json())["text"]
            assert await bot.ends() == 0
        assert urlsplit(root[0]).hostname == "127.0.0.1"
