"""The operator's settings."""

from typing import Annotated

from pydantic import Field

from botcore.plugin import ModelFor, Settings
from botcore_images.families import Quality, Size


class ImagesSettings(Settings):
    """Pictures: /image and /vary, and changes by replying to one."""

    model: Annotated[str, ModelFor("pictures")] = Field(default="gpt-image-1", min_length=1)
    """The model that draws: a gpt-image, dall-e-3, dall-e-2, or whatever your endpoint offers."""
    edit_model: Annotated[str | None, ModelFor("changing pictures")] = Field(default=None, examples=["gpt-image-1"])
    """The model that changes pictures; not set: `model`."""
    vary_model: Annotated[str | None, ModelFor("varying pictures")] = Field(default=None, examples=["dall-e-2"])
    """The model of /images/variations; not set: pictures are varied by changing them, where the model can."""
    size: Size = "auto"
    """The size of pictures where nobody says another: auto, square, wide, tall, or width x height."""
    quality: Quality = "auto"
    """auto, low, medium or high; the price of a picture goes with it."""
    most: int = Field(default=4, ge=1, le=4)
    """Pictures that one may ask for at once."""
    most_mb: int = Field(default=20, ge=1, le=50)
    """The largest picture that is taken to be changed, in megabytes; it is made smaller before it is sent on."""
    picture_tokens: int = Field(default=1056, ge=0)
    """What a drawn picture counts in the budget, in tokens, where the service does not say."""
    edit_replies: bool = True
    """A reply to a picture of the bot's that asks nothing changes the picture; off: it is put to the model."""
