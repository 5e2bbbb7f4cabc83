"""Going on with a text, which is what the older completions are: an answer where one is known, and else words."""

# Chinese and Japanese punctuation is meant as it stands.

from botcore.testing.openai_server.brain import skills, writing
from botcore.testing.openai_server.brain.talk import listen
from botcore.testing.openai_server.turns import Turn

_KNOWN: tuple[skills.Skill, ...] = (
    skills.who,
    writing.code,
    writing.counting,
    writing.long_text,
    skills.sums,
    skills.repeat,
    writing.samples,
)
_PARTS = (
    "in the morning the small robot swept its quiet workshop",
    "at noon it counted the bright brass screws, one by one",
    "when the rain came it listened to the roof",
    "a letter lay on the bench, and nobody had opened it",
    "in the evening it wound the old clock and wrote down the time",
)
_END = "and that is all that an offline stand-in without a language model can think of."


def go_on(prompt: str, variant: int = 0) -> str:
    """What follows the prompt: an answer to what can be answered, else a text, another for each variant."""
    talk = listen((Turn("user", prompt),))
    for skill in _KNOWN:
        answer = skill(talk)
        if answer is not None:
            return f"\n\n{answer}"
    match talk.language:
        case "zh":
            return "……故事就这样继续下去:清晨,小机器人打扫了安静的工坊。离线替身没有语言模型,只能写到这里。"
        case "ja":
            return (
                "……そして物語は続く。朝、小さなロボットが静かな工房を掃いた。"
                "言語モデルのない代役が書けるのはここまでです。"
            )
        case "en":
            begun = variant % len(_PARTS)
            parts = (*_PARTS[begun:], *_PARTS[:begun])
            lead = "" if prompt[-1:].isspace() or not prompt else " "
            return f"{lead}… {'; '.join(parts)}; {_END}"


def between(prompt: str, suffix: str, variant: int = 0) -> str:
    """What stands between a beginning and an end: it tells that it has read both."""
    lead = "" if prompt[-1:].isspace() or not prompt else " "
    tail = "" if suffix[:1].isspace() or not suffix else " "
    begun, ended = skills.quoted(prompt)[-40:], skills.quoted(suffix)[:40]
    middle = f"({_PARTS[variant % len(_PARTS)]}, after “{begun}” and before “{ended}”)"
    return f"{lead}{middle}{tail}"
