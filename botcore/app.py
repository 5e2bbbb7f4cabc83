"""The composition root: the only place that wires the parts to a bot, starts them in order and stops them again."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from botcore import openai
from botcore.adapter import Adapter, Outlet, Setup
from botcore.commands.gate import Gate
from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.conversation import finish
from botcore.conversation.admission import Admission
from botcore.conversation.budget import Budget, CommandBudget
from botcore.conversation.context import Services
from botcore.conversation.moderation import Moderator
from botcore.conversation.overrides import EVERY, PersonaModels
from botcore.conversation.respond import Responder
from botcore.conversation.talk import Model
from botcore.conversation.tokens import TokenCounter
from botcore.conversation.turn import ConversationTurn
from botcore.delivery import inbox
from botcore.delivery.capacity import Capacity
from botcore.delivery.desk import Desk, DeskSettings
from botcore.delivery.drain import Drain, DrainSettings
from botcore.delivery.runner import EmbeddedRunner
from botcore.delivery.work import Database as DatabaseLike
from botcore.discovery import load_plugins, platforms
from botcore.errors import ConfigError
from botcore.fetching import Fetcher
from botcore.gateway import EngineGateway
from botcore.heartbeat import watched
from botcore.jobs import Jobs
from botcore.store.database import Database
from botcore.upkeep import Upkeep, token_counter

log = logging.getLogger(__name__)


class Engine:
    """A whole bot. `async with Engine(config) as engine:` runs it; `adapters` and `database` replace the configured."""

    def __init__(
        self, config: Config, *, adapters: Sequence[Adapter] | None = None, database: DatabaseLike | None = None
    ) -> None:
        self._config = config
        self._given_adapters = adapters
        self._given_database = database
        self._stack = AsyncExitStack()
        self.adapters: list[Adapter] = []
        self.started: Sequence[str] = ()
        """The platforms that run: some may not be there for the first start."""
        self.registry = Registry()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        """Build from the ground up; the stack takes it down in the opposite order."""
        config = self._config
        load_plugins(config, self.registry)  # before anything is opened: a wrong setting shows here
        self.adapters = list(self._given_adapters) if self._given_adapters is not None else build_adapters(config)
        database = await self._open_database()
        api = await self._stack.enter_async_context(opened_api(config))
        models = PersonaModels(database)
        await models.refresh()
        counter = await token_counter(database)
        capacity = Capacity(config.delivery.open_total)
        self._wire(database, api, models, counter, capacity)
        upkeep = Upkeep(
            database,
            capacity,
            counter,
            platforms=[adapter.platform for adapter in self.adapters],
            kept=[adapter.platform for adapter in self.adapters if adapter.outlet.limits.transcript],
            keep_days=config.delivery.keep_days,
        )
        await upkeep.recount()
        self._stack.push_async_callback(upkeep.close)
        self._stack.push_async_callback(self._drained)
        names = self.started = await self._start_adapters()
        self.runner.wake_all(await database.read(partial(inbox.open_conversations, platforms=names)))
        jobs = Jobs(self.registry)
        jobs.add("persona models", EVERY, models.refresh)
        upkeep.add_to(jobs)
        jobs.start()
        self._stack.push_async_callback(jobs.stop)

    async def _open_database(self) -> DatabaseLike:
        if self._given_database is not None:
            return self._given_database
        store = self._config.store
        database = await Database.open(store.url, synchronous=store.synchronous, threads=store.threads)
        self._stack.push_async_callback(database.close)
        return database

    def _wire(
        self, database: DatabaseLike, api: openai.Api, models: PersonaModels, counter: TokenCounter, capacity: Capacity
    ) -> None:
        config, registry = self._config, self.registry
        admission = Admission(config.access, config.chat, config.history, registry)
        budget = Budget(config.budget)
        moderator = Moderator(api, config.moderation.model)
        fetcher = Fetcher(config.fetch, origins=[api.base_url])
        gate = Gate(registry, CommandBudget(budget), config.tools.granted, config.tools.disabled)
        services = Services(database, api, registry, config, models, moderator, fetcher, gate)
        model = Model(api, config.chat, counter, budget)
        responder = Responder(services, admission, model, gate)
        turn = ConversationTurn(services, admission, responder, self.outlet, metered=budget.limited)
        delivery = config.delivery
        settings = DrainSettings(
            worker=f"{socket.gethostname()}/{os.getpid()}",
            placeholder=delivery.placeholder,
            plain_sends=delivery.plain_sends,
            attempts=delivery.attempts,
            join_seconds=delivery.join_seconds,
            growing=responder.offered(finish.STOP),
        )
        self._drain = Drain(database, turn, self.outlet, capacity, settings)
        self.runner = EmbeddedRunner(self._drain)
        caps = DeskSettings(delivery.open_per_conversation, delivery.busy_notice_at)
        self._desk = Desk(database, self.runner, self._drain.claim, admission, self.outlet, capacity, caps)
        services.accept = self._desk.accept
        self.gateway = EngineGateway(self._desk, registry, database)

    def outlet(self, platform: str) -> Outlet:
        """The way out to a platform."""
        for adapter in self.adapters:
            if adapter.platform == platform:
                return adapter.outlet
        raise LookupError(f"no adapter for {platform!r}")

    async def _start_adapters(self) -> list[str]:
        """Start each, and name those that run; one that cannot is left out, unless it is the only one."""
        started: list[str] = []
        for adapter in self.adapters:
            self._stack.push_async_callback(adapter.close)  # what failed half-way has connections open, too
            try:
                await adapter.start(self.gateway)
            except ConfigError as error:
                if len(self.adapters) == 1:
                    raise
                log.error("%s is not started: %s", adapter.platform, error)  # noqa: TRY400 - one line for the operator
                continue
            started.append(adapter.platform)
        if not started:
            tokens = "TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN"
            raise ConfigError(f"nothing is started: set {tokens}, or leave web.enabled true")
        # Exits run in opposite order: no more messages in, running turns to their end, then the connections.
        self._stack.push_async_callback(self._drained)
        self._stack.push_async_callback(self._deaf)
        return started

    async def _deaf(self) -> None:
        await asyncio.gather(*(adapter.stop_receiving() for adapter in self.adapters), return_exceptions=True)

    async def _drained(self) -> None:
        self._drain.finish()
        await self.runner.stop(self._config.delivery.drain_seconds)
        await self._desk.close()


@asynccontextmanager
async def opened_api(config: Config) -> AsyncGenerator[openai.Api]:
    """The API as it is configured; where that is the stand-in, it runs as long. Raises ConfigError."""
    settings = api_settings(config)
    async with AsyncExitStack() as stack:
        if config.offline:
            from botcore.testing.openai_server import OfflineSettings, offline_api  # noqa: PLC0415 - often not needed

            # whatever chat.model says; no switches for faults; uploads and trained models are there the next time
            kept = Path(config.store.folder, "offline-api")
            offline = OfflineSettings(any_model=True, control=False, data_dir=kept)
            try:
                server = await stack.enter_async_context(offline_api(offline, port=config.api.offline_port))
            except OSError as error:
                raise ConfigError(
                    f"api.offline_port {config.api.offline_port}: {error.strerror}; 0 takes any"
                ) from error
            # the key belongs to the real endpoint: nobody else gets to see it
            settings = replace(settings, base_url=server.url, api_key=None, organization=None, project=None)
            log.warning("no language model: answers come from the offline stand-in at %s", server.url)
        yield await stack.enter_async_context(openai.Api(settings))


def api_settings(config: Config) -> openai.ApiSettings:
    """The client's settings, from the configuration and the secrets."""
    api, key = config.api, config.secret("OPENAI_API_KEY")
    organization, project = config.secret("OPENAI_ORG_ID"), config.secret("OPENAI_PROJECT_ID")
    return openai.ApiSettings(
        base_url=api.base_url,
        api_key=openai.Secret(key.get_secret_value()) if key is not None else None,
        organization=organization.get_secret_value() if organization is not None else None,
        project=project.get_secret_value() if project is not None else None,
        timeouts=openai.Timeouts(connect=api.connect_seconds, read=api.read_seconds),
        max_attempts=api.attempts,
        deadline=api.deadline,
        max_body_bytes=api.max_body_mb * 1024 * 1024,
    )


def build_adapters(config: Config) -> list[Adapter]:
    """Each platform whose secrets are there and which is not switched off."""
    adapters: list[Adapter] = []
    for platform in platforms():
        secrets = config.secrets(platform.secrets)
        settings = config.settings(platform.name, platform.settings)
        if all(name in secrets for name in platform.needs) and getattr(settings, "enabled", True):
            setup = Setup(settings, secrets, offline=config.offline, data_dir=config.store.folder)
            adapters.append(platform.build(setup))
    return adapters


async def run(config: Config, *, ready: Callable[[], None] | None = None) -> int:
    """Run the bot until SIGINT or SIGTERM, then drain. Returns the exit code. Raises ConfigError, StoreError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Engine(config) as engine:
        log.info("ready: %s", ", ".join(engine.started))
        # Modules and settings live as long as the program: the garbage collector need not walk through them again,
        # which would hold up every conversation for about 50 ms each time.
        gc.collect()
        gc.freeze()
        if ready is not None:
            ready()
        with watched():
            await stop.wait()
        for number in (signal.SIGINT, signal.SIGTERM):  # whoever asks twice does not want to wait
            loop.add_signal_handler(number, engine.runner.hurry)
        log.info("stopping: running answers may take up to %g s", config.delivery.drain_seconds)
    return 0
