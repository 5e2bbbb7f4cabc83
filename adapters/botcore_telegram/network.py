"""What a failed request to the Bot API means for the message that it carried.

telegram.error.NetworkError
├── NotSent                 the server never saw the request: repeating it is safe
│   └── NotSentInTime       the same by a timeout (connecting, or waiting for a free connection); also a TimedOut
└── Unanswered              the request went out, wholly or in part, and no answer came back: it may have landed
    ├── UnansweredInTime    the same by a timeout; also a TimedOut
    └── BadAnswer           an answer came and was not a Bot API answer

telegram.error.RetryAfter
└── FloodWait               429: refused, to be repeated after `seconds`
"""

from datetime import timedelta

from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut


class NotSent(NetworkError):
    """The request never reached the server; repeating it is safe."""

    __slots__ = ()


class NotSentInTime(NotSent, TimedOut):
    """No connection in time; the request never reached the server."""

    __slots__ = ()


class Unanswered(NetworkError):
    """The request left and no answer came: whether it had an effect is unknown."""

    __slots__ = ()


class UnansweredInTime(Unanswered, TimedOut):
    """No answer in time: whether the request had an effect is unknown."""

    __slots__ = ()


class BadAnswer(Unanswered):
    """The answer is not a Bot API answer (https://core.telegram.org/bots/api#making-requests)."""

    __slots__ = ()


class FloodWait(RetryAfter):
    """Flood control. Unlike its parent it does not warn with every instance of a change in the library to come."""

    __slots__ = ()

    @classmethod
    def of(cls, error: RetryAfter) -> "FloodWait":
        """The same as another bot's request tells it."""
        return cls(error._retry_after)  # noqa: SLF001 - the public attribute warns of a change to come

    @property
    def retry_after(self) -> timedelta:
        """How long to wait."""
        return self._retry_after

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self._retry_after.total_seconds()


def may_have_landed(error: TelegramError) -> bool:
    """Whether the request that ended with `error` may have had its effect all the same.

    False for what never left and for what the server refused (4xx). True for lost answers and for 5xx: a gateway may
    report a fault after the message went through.
    """
    return isinstance(error, NetworkError) and not isinstance(error, NotSent | BadRequest)


def told(error: BaseException) -> str:
    """What an error says, on one line and without the page that a front end answered with."""
    return str(error).partition(". Parsing the server response")[0] or "no answer in time"
