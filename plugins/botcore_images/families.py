"""What the kinds of picture models take, by OpenAI's reference ("Create image", "Create image edit").

A model of another name is somebody else's: it is asked for what the person wants, and says itself what it does not do.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from botcore.errors import Unsuitable
from botcore_images.preparing import Fit

Size: TypeAlias = Literal[
    "auto",
    "square",
    "wide",
    "tall",
    "256x256",
    "512x512",
    "1024x1024",
    "1536x1024",
    "1024x1536",
    "1792x1024",
    "1024x1792",
]
Quality: TypeAlias = Literal["auto", "low", "medium", "high"]


@dataclass(frozen=True, slots=True)
class Family:
    """The models of one kind.

    `sizes` by shape; `more` are further sizes, and None takes any. `qualities`: what the model calls each. `together`:
    pictures of one request; more are asked for one by one. `prompt`: its longest, in characters. `edits`: what a
    picture to be changed has to be like, None: it changes none. `links`: it can be asked for data instead of links.
    """

    sizes: dict[str, str]
    more: frozenset[str] | None
    qualities: dict[str, str]
    together: int
    prompt: int
    edits: Fit | None
    links: bool = True

    def size(self, wanted: str, model: str) -> str | None:
        """The size as the API takes it, None where it is the model's choice. Raises Unsuitable."""
        if wanted in self.sizes:
            return self.sizes[wanted]
        if wanted == "auto":
            return None
        offered = sorted({*self.sizes.values(), *(self.more or ())} - {"auto"}, key=_pixels)
        if wanted in offered or self.more is None:
            return wanted
        raise Unsuitable(f"{model} does not draw in {wanted}; it takes {', '.join(offered)}.")

    def check(self, prompt: str, model: str) -> None:
        """Raise Unsuitable for a prompt that is too long."""
        if len(prompt) > self.prompt:
            raise Unsuitable(
                f"Your description has {len(prompt):,} characters; {model} takes {self.prompt:,}. Please shorten it."
            )


GPT: Final = Family(
    sizes={"auto": "auto", "square": "1024x1024", "wide": "1536x1024", "tall": "1024x1536"},
    more=frozenset(),
    qualities={"low": "low", "medium": "medium", "high": "high"},
    together=10,
    prompt=32_000,
    edits=Fit(longest=2048, most_bytes=20_000_000),
    links=False,
)
"""gpt-image-1 and its like: they answer with data alone, and take pictures of up to 50 MB; less is uploaded faster."""

GPT_FREE: Final = Family(
    sizes=GPT.sizes,
    more=None,
    qualities=GPT.qualities,
    together=GPT.together,
    prompt=GPT.prompt,
    edits=GPT.edits,
    links=False,
)
"""gpt-image-2: any size."""

DALL_E_3: Final = Family(
    sizes={"square": "1024x1024", "wide": "1792x1024", "tall": "1024x1792"},
    more=frozenset(),
    qualities={"low": "standard", "medium": "standard", "high": "hd"},
    together=1,
    prompt=4000,
    edits=None,
)

DALL_E_2: Final = Family(
    sizes={"square": "1024x1024"},
    more=frozenset({"256x256", "512x512"}),
    qualities={},
    together=10,
    prompt=1000,
    edits=Fit(shape="padded", alpha=True, longest=1024, most_bytes=4_000_000),
)
"""A picture to be changed is a square PNG of less than 4 MB, painted anew where it, or the mask, is transparent."""

OTHER: Final = Family(
    sizes={"square": "1024x1024", "wide": "1536x1024", "tall": "1024x1536"},
    more=None,
    qualities={"low": "low", "medium": "medium", "high": "high"},
    together=10,
    prompt=32_000,
    edits=Fit(longest=1536, most_bytes=4_000_000),
)

VARIED: Final = Fit(shape="cropped", longest=1024, alpha=True, most_bytes=4_000_000)
"""A picture for /images/variations: a square PNG of less than 4 MB."""


def family_of(model: str) -> Family:
    """The family of a model, by its name."""
    name = model.rpartition("/")[2]  # gateways put the vendor's name before it
    if name.startswith("gpt-image-2"):
        return GPT_FREE
    if "gpt-image" in name or name == "chatgpt-image-latest":
        return GPT
    if name.startswith("dall-e-3"):
        return DALL_E_3
    return DALL_E_2 if name.startswith("dall-e-2") else OTHER


def _pixels(size: str) -> int:
    width, _, height = size.partition("x")
    return int(width) * int(height)
