"""`botcore run` with a clock in its event loop (see rig/lag.py): for the figures that only the inside can tell."""

from benchmarks.rig.lag import LagProbe
from botcore import logs, loop
from botcore.app import run
from botcore.config import load_config


async def _run() -> int:
    config = load_config()
    logs.configure(config.logs, config.secret_values())
    probe = LagProbe.start()
    code = await run(config)
    del probe
    return code


if __name__ == "__main__":
    raise SystemExit(loop.run(_run()))
