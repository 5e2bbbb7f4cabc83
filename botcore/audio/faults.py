"""What can be wrong with a recording. `str(error)` is for the operator, `said` for the person."""

from botcore.errors import BotcoreError, Unsuitable


class SoundError(Unsuitable):
    """A recording that cannot be worked with."""

    said = "I cannot do anything with this recording."

    def __init__(self, message: str = "", *, said: str | None = None) -> None:
        BotcoreError.__init__(self, message, said=said)


class Empty(SoundError):
    """There are no bytes."""

    said = "This recording is empty."


class Undecodable(SoundError):
    """The bytes are no sound that can be decoded."""

    said = "I cannot read this recording: it is broken, or of a kind that I do not know."


class Soundless(SoundError):
    """Pictures without sound."""

    said = "There is no sound in this, only pictures."


class TooLong(SoundError):
    """It is longer than it may be."""

    said = "This recording is longer than I can listen to."


class NoDecoder(SoundError):
    """There is no ffmpeg."""

    said = "I cannot read this kind of recording here: a program for it is missing. The operator has been told."
