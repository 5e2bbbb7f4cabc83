"""Logs: structlog, text for people on a terminal and one JSON object a line elsewhere, without secrets and texts.

Modules log through `structlog.get_logger()` or `logging.getLogger()`, both come out alike. What people and the model
say goes under one of the keys in `TEXT_KEYS` and is written as its length, unless the operator wants it in full.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

if TYPE_CHECKING:
    from structlog.typing import Processor

    from botcore.config import LogSettings

TEXT_KEYS = frozenset({"text", "prompt", "answer", "caption", "transcript", "content"})
"""Keys of an event under which people's and the model's words stand."""

HIDDEN = "[hidden]"
_SHORTEST = 6  # characters; a shorter secret would blot out half of the log, and is none
_QUIET = ("httpx", "httpcore", "telegram", "discord", "aiohttp.access", "uvicorn", "alembic", "engineio", "socketio")
"""Libraries that tell each request at INFO; some quote whole URLs, and a Bot API URL holds the token."""

_SHAPES = re.compile(
    r"""
    (?P<address>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)  # a password in a URL
    | (?P<bearer>\bbearer\s+)[\w.~+/=-]{8,}                       # RFC 6750
    | \d{5,}(?::|%3a)[\w-]{30,}                                   # a Telegram bot's token
    | \b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}                      # a Discord bot's token
    | \b(?:sk|pk|rk|sess)-[\w-]{16,}                              # an API key
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    """Takes known secrets, and whatever looks like one, out of texts."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `HIDDEN`."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _SHAPES.sub(_hide, text)

    def value(self, value: Any) -> Any:
        """The same for a value of an event, however deep the text sits. Other objects stay as they are."""
        match value:
            case str():
                return self(value)
            case bytes():
                return self(value.decode("utf-8", "replace")).encode()
            case Mapping():
                return {key: self.value(inner) for key, inner in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self.value(inner) for inner in value]
            case _:
                return value


def _forms(secret: str) -> set[str]:
    """A secret as it may be written: as it is, in JSON, in a Python string, in a URL."""
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]} | {
        quote(secret, safe=safe) for safe in ("", "/", ":")
    }


def _hide(found: re.Match[str]) -> str:
    return (found["address"] or found["bearer"] or "") + HIDDEN


class RedactingFilter(logging.Filter):
    """For a handler of the standard library: no record gets past it with a secret in message, args or traceback."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact
        self._format = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, cleaned. The traceback becomes text, since its exception quotes the secret."""
        if isinstance(record.msg, dict):
            return True  # an event of structlog's, cleaned by its processors
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # wrong arguments are a slip of the caller, not a reason to lose it
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = self._redact(message), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self._format.formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redact(record.stack_info)
        return True


def configure(
    settings: "LogSettings", secrets: Iterable[str] = (), *, stream: TextIO | None = None
) -> Callable[[], None]:
    """Set logging up for the whole process; returns a function that takes it back.

    `secrets` are never written, `stream` is standard error unless given.
    """
    import structlog  # noqa: PLC0415 - 50 ms that `botcore --help` does not need

    out: TextIO = sys.stderr if stream is None else stream
    redact = Redactor(secrets)
    terminal = out.isatty()
    as_text = settings.format == "text" or (settings.format == "auto" and terminal)
    shared = _processors(redact, message_text=settings.message_text)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(redact))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_take_traceback, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(colors=terminal and not os.environ.get("NO_COLOR")) if as_text else _as_json(),
                lambda _logger, _method, line: redact(str(line)),  # the last word, whatever rendered it
            ],
        )
    )
    return _install(handler, settings.level)


def _processors(redact: Redactor, *, message_text: bool) -> "list[Processor]":
    import structlog  # noqa: PLC0415 - as above

    def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        internal = {key: value for key, value in event.items() if key.startswith("_")}
        return {**redact.value(event), **internal}

    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        *([] if message_text else [_hide_texts]),
        clean,
    ]


def _hide_texts(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in TEXT_KEYS & event.keys():
        value = event[key]
        event[key] = f"[{len(value)} characters]" if isinstance(value, str) else "[not shown]"
    return event


def _take_traceback(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The traceback that the filter turned into text."""
    if text := event["_record"].exc_text:
        event["exception"] = text
    return event


def _renderer(*, colors: bool) -> "Processor":
    import structlog  # noqa: PLC0415 - as above

    # Plain tracebacks: the coloured ones show local variables, and with them secrets and people's words.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _as_json() -> "Processor":
    import structlog  # noqa: PLC0415 - as above

    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _install(handler: logging.Handler, level: str) -> Callable[[], None]:
    """Make it the root logger's only handler and quieten the chatty libraries; returns how to take it back."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, {name: logging.getLogger(name).level for name in _QUIET})
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)

    def undo() -> None:
        handlers, old_level, quiet = before
        root.handlers[:] = handlers
        root.setLevel(old_level)
        for name, old in quiet.items():
            logging.getLogger(name).setLevel(old)
        logging.captureWarnings(capture=False)

    return undo
