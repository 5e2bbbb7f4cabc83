"""`botcore offline-api`."""

import asyncio
import signal
from contextlib import suppress

import typer

from botcore.errors import BotcoreError
from botcore.testing.openai_server import serve


def serve_offline(port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises BotcoreError where the port is taken."""
    try:
        asyncio.run(_serve(port))
    except OSError as error:
        raise BotcoreError(
            f"port {port}: {error.strerror}; choose another with --port, 0 takes any free one"
        ) from error


async def _serve(port: int) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await serve(port, ready=_announce)


def _announce(url: str) -> None:
    typer.echo(f"The stand-in answers at {url}")
    typer.echo(f"Use it with: OPENAI_BASE_URL={url} botcore run")
