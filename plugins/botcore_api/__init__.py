"""The rest of the API in the chat: models, completions, edits, embeddings, moderation, files, fine-tuning, consent."""

from typing import Annotated

from pydantic import Field

from botcore.plugin import Bot, ModelFor, Plugin, Settings
from botcore_api import consent, keeping, moderation, texts, vectors

__all__ = ["ApiCommandSettings", "plugin"]


class ApiCommandSettings(Settings):
    """Commands for what the API offers beside chat."""

    completion_model: Annotated[str | None, ModelFor("/complete")] = Field(
        default=None, examples=["gpt-3.5-turbo-instruct"]
    )
    """The model of /complete; not set: the conversation's own, through chat where it must be."""
    complete_tokens: int = Field(default=256, ge=1, le=4096)
    """The longest text that /complete adds, in tokens."""
    edit_model: Annotated[str | None, ModelFor("/edit")] = Field(default=None, examples=["gpt-4o-mini"])
    """The model of /edit; not set: the conversation's own."""
    embedding_model: Annotated[str, ModelFor("embeddings")] = "text-embedding-3-small"
    """The model of /embed and /similar."""
    moderation_model: Annotated[str | None, ModelFor("/moderate")] = Field(
        default=None, examples=["omni-moderation-latest"]
    )
    """The model of /moderate; not set: the endpoint's own."""
    upload_mb: int = Field(default=20, ge=1, le=512)
    """The largest file that an administrator may send with /files, in megabytes."""


def setup(bot: Bot, settings: ApiCommandSettings) -> None:
    """Register the commands."""
    texts.register(
        bot, complete_with=settings.completion_model, edit_with=settings.edit_model, most=settings.complete_tokens
    )
    vectors.register(bot, model=settings.embedding_model)
    moderation.register(bot, model=settings.moderation_model)
    keeping.register(bot, most=settings.upload_mb * 1024 * 1024)
    consent.register(bot)


plugin = Plugin(
    name="api", settings=ApiCommandSettings, setup=setup, description="The API's other endpoints as commands"
)
