"""Every error the framework raises on purpose, in one tree.

    BotcoreError
    ├── ConfigError               a key, a value or a secret is wrong: one line that names file, key and remedy
    ├── PluginError               a plugin or adapter could not be loaded or registered; names the guilty one
    │   ├── NameTaken             two plugins want the same command, tool or setting
    │   └── HandlerFailed         a plugin's handler crashed or overran its deadline; the chat goes on
    ├── Refusal                   a person asked for something that is not to be: shown to them as it is
    │   ├── UsageError            an argument is missing or wrong; carries the usage line
    │   ├── NotAllowed            permission is missing
    │   ├── RateExceeded          too many messages in a short time; carries retry_after
    │   ├── BudgetExceeded        the person's tokens or money for this period are used up
    │   ├── Moderated             the moderation said no
    │   └── Unsuitable            input that cannot be worked with: empty, too long, an unknown format
    ├── ApiError                  the OpenAI-style API; carries status, code and request_id
    │   ├── ApiUnreachable        no connection, or it broke before an answer began
    │   ├── ApiTimeout            the deadline passed
    │   ├── RateLimited           429, worth repeating after retry_after
    │   ├── QuotaExceeded         429 insufficient_quota, never repeated
    │   ├── ContextOverflow       400 context_length_exceeded: trim and repeat once
    │   ├── ContentFiltered       the API refused the content
    │   ├── AuthFailed            401 and 403
    │   ├── EndpointMissing       404, 405 or 501 of a whole endpoint: a feature is off here
    │   ├── NotFound              404 of one model, file or job
    │   ├── BadRequest            any other 4xx: our request was wrong
    │   ├── Unavailable           5xx
    │   ├── BadResponse           not JSON, not the shape, cut in the middle, an error inside a stream
    │   └── StreamBroken          a stream ended before its end; what came before it was delivered
    ├── DeliveryError
    │   ├── Fenced                another attempt owns this message now; whatever we hold is stale
    │   ├── SendFailed            the platform refused for good (blocked, chat deleted, text refused)
    │   ├── SendUnknown           a send that timed out: it may have landed
    │   ├── SendLater             flood control; carries retry_after
    │   └── MessageGone           the message to edit or delete is no longer there
    └── StoreError
        ├── StoreUnavailable      the database does not answer now
        └── SchemaMismatch        the database is newer than this program

`str(error)` is for the operator and may name internals (never a secret). `error.said` is for the person in the chat:
one friendly sentence with no internals.
"""

from collections.abc import Mapping
from typing import ClassVar


class BotcoreError(Exception):
    """Root of the tree. `said` is the sentence a chat user may see, in English."""

    said: str = "Something went wrong on my side. Your message is kept; the operator can see why."

    def __init__(self, message: str = "", *, said: str | None = None) -> None:
        super().__init__(message or said or self.said)
        if said is not None:
            self.said = said


def summary(error: BotcoreError) -> str:
    """An error in one line of the log. A refusal often quotes what the person wrote, so only its name is told."""
    return type(error).__name__ if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"


class ConfigError(BotcoreError):
    """A setting or secret is missing or wrong. The message is one line: where, which key, what to do."""


class PluginError(BotcoreError):
    """A plugin or adapter cannot be used; the message names it."""

    said = "That part of me is switched off because of a fault. The operator has been told."

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(f"plugin {plugin!r}: {message}")
        self.plugin = plugin


class NameTaken(PluginError):
    """Two plugins, or one of them twice, registered the same name."""

    def __init__(self, plugin: str, kind: str, name: str, holder: str) -> None:
        by = "this very plugin" if holder == plugin != name else f"plugin {holder!r}"
        super().__init__(plugin, f"{kind} {name} is already taken by {by}")
        self.holder = holder


class HandlerFailed(PluginError):
    """A plugin's handler crashed, overran its deadline or returned what cannot be sent; `handler` is its name."""

    def __init__(self, plugin: str, handler: str, message: str, *, said: str | None = None) -> None:
        super().__init__(plugin, f"{handler}: {message}")
        self.handler = handler
        self.said = said or f"{handler} failed because of a fault in it. The operator can see why."


class Refusal(BotcoreError):
    """A request that is refused with a reason for the person: the message is shown to them as it is."""

    def __init__(self, said: str) -> None:
        super().__init__(said, said=said)


class UsageError(Refusal):
    """A command's argument is missing or wrong. `usage` is the one-line synopsis."""

    def __init__(self, said: str, *, usage: str = "") -> None:
        super().__init__(f"{said}\nUsage: {usage}" if usage else said)
        self.usage = usage


class NotAllowed(Refusal):
    """The person lacks the permission."""


class RateExceeded(Refusal):
    """Too many messages in a short time; `retry_after` is in seconds."""

    def __init__(self, said: str, *, retry_after: float) -> None:
        super().__init__(said)
        self.retry_after = retry_after


class BudgetExceeded(Refusal):
    """The tokens or the money of this period are used up."""


class Moderated(Refusal):
    """The moderation refused the text; `categories` names why, for the operator's audit."""

    def __init__(self, said: str, *, categories: tuple[str, ...] = ()) -> None:
        super().__init__(said)
        self.categories = categories


class Unsuitable(Refusal):
    """Input that cannot be worked with."""


class ApiError(BotcoreError):
    """The OpenAI-style API failed.

    `status` is the HTTP status (None where no answer came), `code` the API's own error code, `request_id` what the
    API's operator asks for, `attempts` how often it was tried, `headers` the answer's rate-limit headers by lower-case
    name.
    """

    said = "The language model's service failed just now. Please try again in a moment."
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        said: str | None = None,
    ) -> None:
        super().__init__(message, said=said)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = 1
        self.headers: Mapping[str, str] = {}

    def __str__(self) -> str:
        facts = [f"{name} {value}" for name in ("status", "code", "request_id") if (value := getattr(self, name))]
        if self.attempts > 1:
            facts.append(f"after {self.attempts} attempts")
        text = super().__str__()
        return f"{text} ({', '.join(facts)})" if facts else text


class ApiUnreachable(ApiError):
    """No connection, or it broke before an answer began."""

    said = "I cannot reach the language model's service right now. Please try again in a moment."
    retryable = True


class ApiTimeout(ApiError):
    """The deadline passed before the answer was complete."""

    said = "The language model took too long to answer. Please try again."


class RateLimited(ApiError):
    """429 for too many requests; `retry_after` in seconds where the API said it."""

    said = "The language model's service is busy (rate limit). Please try again in a moment."
    retryable = True


class QuotaExceeded(ApiError):
    """429 with `insufficient_quota`: repeating does not help."""

    said = "The quota at the language model's service is used up. The operator has to see to it."


class ContextOverflow(ApiError):
    """400 with `context_length_exceeded`."""

    said = "This conversation is too long for the model. /reset starts afresh."


class ContentFiltered(ApiError):
    """The API's content filter refused the request."""

    said = "The language model's service refused this content."


class AuthFailed(ApiError):
    """401 or 403: the key, the organisation or the project is wrong."""

    said = "The language model's service does not accept my key. The operator has to see to it."


class EndpointMissing(ApiError):
    """The server has no such endpoint: that feature is off with this server."""

    said = "The language model's service does not offer this."


class NotFound(ApiError):
    """One model, file or job does not exist."""

    said = "The language model's service does not know that."


class BadRequest(ApiError):
    """The API refused the request as wrong."""

    said = "The language model's service did not accept my request. The operator can see why."


class Unavailable(ApiError):
    """5xx."""

    said = "The language model's service has a fault right now. Please try again in a moment."
    retryable = True


class BadResponse(ApiError):
    """An answer that is not JSON, not of the described shape, or an error object inside a stream."""

    said = "The language model's service sent something I could not read. Please try again."


class StreamBroken(BadResponse):
    """A stream that was cut: what came before was already delivered."""

    said = "The answer was cut off in the middle. /retry asks again."


class DeliveryError(BotcoreError):
    """A message could not be delivered as meant."""


class Fenced(DeliveryError):
    """Another attempt owns the message now. The holder drops what it has and writes nothing."""


class SendFailed(DeliveryError):
    """The platform refused for good: the bot is blocked, the chat is gone, the content is refused."""


class SendUnknown(DeliveryError):
    """A send that timed out or broke: it may have landed. Never blindly repeated."""


class SendLater(DeliveryError):
    """Flood control. `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MessageGone(DeliveryError):
    """The message to edit or delete no longer exists."""


class StoreError(BotcoreError):
    """The database."""

    said = "My memory does not answer right now. Please try again in a moment."


class StoreUnavailable(StoreError):
    """The database cannot be reached, is locked or is full. What was not confirmed is not stored."""


class SchemaMismatch(StoreError):
    """The database was written by a newer version than this program."""
