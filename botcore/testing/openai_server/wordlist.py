"""What the moderation looks for: patterns by category. A crude list, meant to be predictable, not to judge people."""

import re
from collections.abc import Mapping
from types import MappingProxyType

CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip

# The categories whose score may come from a picture, as the public moderation model says.
WITH_IMAGES = frozenset(
    {"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence", "violence/graphic"}
)

_PEOPLE = r"(?:you|him|her|them|me|every(?:one|body)|people|some(?:one|body)|(?:my|your|that|those|these) \w+)"
_GROUPS = r"(?:immigrants|foreigners|women|men|jews|muslims|christians|gays|blacks|whites|gypsies|refugees)"

PATTERNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "harassment": (
            r"\byou(?:'re| are)? (?:such )?an? (?:stupid|worthless|pathetic) \w+",
            r"\byou(?:'re| are)? (?:an? )?(?:idiot|moron|scum|worthless|pathetic)\b",
            r"\bshut up,? you\b",
            r"你(?:是|这个)?(?:白痴|蠢货|废物)",
            r"(?:死ね|くたばれ)",
        ),
        "harassment/threatening": (
            rf"\bi(?:'ll| will| am going to|'m going to| want to) (?:hurt|kill|beat|stab) {_PEOPLE}",
        ),
        "hate": (rf"\b(?:i hate|down with|no more) (?:all )?{_GROUPS}\b", rf"\ball {_GROUPS} (?:are|should)\b"),
        "hate/threatening": (rf"\b(?:kill|shoot|burn|exterminate) (?:all )?(?:the )?{_GROUPS}\b",),
        "illicit": (
            r"\bhow (?:to|do i|can i) (?:shoplift|steal|launder|forge|counterfeit)\b",
            r"\b(?:buy|sell|cook|make) (?:meth|cocaine|heroin)\b",
        ),
        "illicit/violent": (r"\b(?:build|make|assemble) an? (?:pipe )?bomb\b", r"制造炸弹", r"爆弾の作り方"),
        "self-harm": (r"\b(?:kill|hurt|cut) myself\b", r"\bsuicide\b", r"自杀|自殘|自残", r"自殺"),
        "self-harm/instructions": (r"\bhow (?:to|do i|can i) (?:kill|hurt|cut) myself\b",),
        "self-harm/intent": (
            r"\bi(?:'ll| will| want to|'m going to| am going to) (?:kill|hurt|cut) myself\b",
            r"我想自杀",
            r"死にたい",
        ),
        "sexual": (r"\b(?:porn|pornographic|explicit sex|nude photos?)\b", r"色情|裸照"),
        "sexual/minors": (r"\b(?:sexual|nude|naked|porn)\w* (?:\w+ )?(?:child|children|minors?)\b",),
        "violence": (
            rf"\b(?:kill|murder|stab|shoot|strangle|behead) {_PEOPLE}\b",
            r"\bmass shooting\b",
            r"杀(?:了|死)(?:你|他|她|他们)",
            r"殺(?:す|してやる)",
        ),
        "violence/graphic": (r"\b(?:blood and guts|severed (?:head|limbs?)|disembowel\w*|gore)\b",),
    }
)


class WordList:
    """Compiled patterns. Besides them, the text `flagged:CATEGORY` raises just that category, for tests."""

    def __init__(self, more: Mapping[str, tuple[str, ...]]) -> None:
        names = (*CATEGORIES, *(name for name in more if name not in CATEGORIES))
        self.categories = names
        self._patterns = {
            name: [re.compile(text, re.IGNORECASE) for text in (*PATTERNS.get(name, ()), *more.get(name, ()))]
            for name in names
        }

    def scores(self, text: str) -> dict[str, float]:
        """A score between 0 and 1 for each category; from 0.5 on it counts as flagged."""
        lowered = text.lower()
        found: dict[str, float] = {}
        for place, name in enumerate(self.categories):
            hits = sum(1 for pattern in self._patterns[name] if pattern.search(text))
            hits += f"flagged:{name}" in lowered.split()
            # the small ones differ by category, so that a mixed-up mapping is seen
            found[name] = min(0.99, 0.7 + 0.1 * hits) if hits else round(0.0001 * (place + 1), 6)
        return found
