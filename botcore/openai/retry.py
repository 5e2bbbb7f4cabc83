"""Trying again: full jitter, the server's own wish, and one deadline over everything."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from botcore.errors import ApiError, ApiTimeout
from botcore.openai.call import Body, Endpoint
from botcore.openai.settings import ApiSettings, Backoff

_log = logging.getLogger("botcore.openai")
Result = TypeVar("Result")


def pause(backoff: Backoff, failed: int, asked: float | None) -> float:
    """Seconds to wait after the given number of failed attempts.

    What the server asked for (`Retry-After`) is a minimum; jitter is added to it, so that everybody who was told the
    same second does not come back in it.
    """
    jitter = random.uniform(0.0, min(backoff.cap, backoff.base * 2.0 ** (failed - 1)))  # noqa: S311 - no secret hangs on it
    return jitter if asked is None else asked + jitter


async def persist(
    attempt: Callable[[], Awaitable[Result]],
    *,
    endpoint: Endpoint,
    settings: ApiSettings,
    attempts: int | None = None,
    body: Body | None = None,
) -> Result:
    """Await `attempt()` until it succeeds, fails for good, or the attempts or the deadline are used up.

    A body that can be read once is not sent again, and a large one has `transfer_deadline` seconds.

    Raises the last attempt's `ApiError`, or `ApiTimeout` when the deadline cut an attempt short; `attempts` is set on
    it. A pause that would pass the deadline is not waited for: the error comes at once, with its `retry_after`.
    """
    now = asyncio.get_running_loop().time
    deadline = settings.deadline if body is None or body.small else settings.transfer_deadline
    ends = now() + deadline
    limit = attempts or settings.max_attempts
    before = ""
    for tries in range(1, limit + 1):
        error: ApiError | None = None
        try:
            async with asyncio.timeout_at(ends):
                return await attempt()
        except TimeoutError:
            pass  # the error is made below, outside, where nothing of the cut attempt is chained to it
        except ApiError as failure:
            error = failure
        if error is None:
            error = ApiTimeout(f"{endpoint}: no answer within the deadline of {deadline:g} s{before}")
        error.attempts = tries
        wait = pause(settings.backoff, tries, error.retry_after)
        spent = body is not None and not body.repeatable
        if not error.retryable or spent or tries == limit or now() + wait >= ends:
            raise error
        before = f"; before that: {error}"
        _log.info("%s failed (%s), attempt %d of %d in %.2f s", endpoint, type(error).__name__, tries + 1, limit, wait)
        await asyncio.sleep(wait)
    raise AssertionError("unreachable: the last attempt returns or raises")
