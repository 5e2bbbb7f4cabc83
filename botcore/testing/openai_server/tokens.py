"""The stand-in's token rule: one token for every four bytes of UTF-8, rounded up.

A request costs 3 tokens, plus 4 for each message, plus its texts (content, name, tool calls, tool definitions as
compact JSON), plus 85 for each picture. It is not a real tokeniser's count and does not try to be: what matters is
that a plain and a streamed answer count the same and that longer texts cost more.
"""

BYTES_PER_TOKEN = 4
PER_REQUEST = 3
PER_MESSAGE = 4
PER_IMAGE = 85  # the public API's price of a low-detail picture


def count(text: str) -> int:
    """Tokens of `text`."""
    size = len(text) if text.isascii() else len(text.encode())
    return -(-size // BYTES_PER_TOKEN)


def cut(text: str, limit: int) -> str:
    """The longest beginning of `text` that costs at most `limit` tokens; never breaks a character."""
    if count(text) <= limit:
        return text
    return text.encode()[: max(limit, 0) * BYTES_PER_TOKEN].decode(errors="ignore")
