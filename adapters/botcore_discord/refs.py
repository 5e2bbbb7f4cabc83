"""How an attachment is referred to, so that it can be fetched later, in another process too.

A link to a file is valid for about a day (https://discord.com/developers/docs/reference#signed-attachment-cdn-urls).
A file of a message is therefore named `channel/message/attachment`, and its link is asked for anew when it is fetched;
a file given to a slash command belongs to no message, so its link is all there is.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of a message, by ids."""

    channel: int
    message: int
    attachment: int

    def __str__(self) -> str:
        return f"{self.channel}/{self.message}/{self.attachment}"


def read_ref(ref: str) -> FileRef | str:
    """What a reference names: a file of a message, or a link."""
    channel, _, rest = ref.partition("/")
    message, _, attachment = rest.partition("/")
    if channel.isdecimal() and message.isdecimal() and attachment.isdecimal():
        return FileRef(int(channel), int(message), int(attachment))
    return ref
