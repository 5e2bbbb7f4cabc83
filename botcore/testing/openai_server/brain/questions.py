"""How people ask: the patterns that the skills look for in a message, in English, Chinese and Japanese."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re


def either(*ways: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern that matches any of the ways, in any case."""
    return re.compile("|".join(ways), re.IGNORECASE | flags)


WHO_ARE_YOU = either(
    r"\bwho are you\b",
    r"\bwhat are you\b(?! (?:doing|talking|saying))",
    r"\bwhat(?:'s| is) your name\b",
    r"\bintroduce yourself\b",
    r"\b(?:which|what) (?:language )?model\b",
    r"\bare you (?:really )?(?:an? |the )?(?:real|human|person|bot|ai|robot|machine|model|chatgpt|gpt|offline)",
    r"你是谁|你叫什么|你是什么",
    r"(?:あなた|君)は(?:誰|だれ|何)|お名前は",
)
WHAT_CAN_YOU_DO = either(
    r"\bwhat can you do\b", r"\bwhat do you (?:know how|offer)\b", r"^help\W*$", r"你能做什么", r"何ができ"
)
WHAT_I_SAID = either(
    r"\bwhat (?:was|were|did i (?:say|ask|write|tell you)|have i said) ?(?:my |the )?"
    r"(?P<which>first|last|previous|before|second|third)?(?: thing| message| question)?",
    r"我(?:刚才|之前|先)?说(?:了|过)什么",
    r"(?:さっき|最初に|前に)何(?:を|と)言",
)
ABOUT_SAYING = either(r"\b(?:i|my)\b.*\b(?:said?|say|ask(?:ed)?|wr[io]te|tell|told|message|question)\b", r"说", r"言")
MY_MESSAGE = either(r"\bmy (?P<which>first|last|previous|second|third) (?:message|question|sentence|words?)\b")
ALL_I_SAID = either(
    r"\blist (?:everything|all|what) .*\b(?:i|my)\b",
    r"\b(?:everything|all) (?:that )?i(?:'ve| have)? (?:said|asked|told|wr)",
    r"\bsummar[iy]",
)
WHAT_YOU_SAID = either(
    r"\bwhat (?:did you (?:just )?(?:say|answer)|was your (?:last )?answer)\b", r"你(?:刚才)?说了什么"
)
HOW_MANY_MESSAGES = either(
    r"\bhow many (?:messages|questions|things|times)\b.*\bi\b", r"\bhow many messages\b", r"多少条消息"
)
DESCRIBE_ALONE = either(r"\bdescri(?:be|ption)\b.*\balone\b", flags=re.DOTALL)
REPEAT = either(
    r"^(?:please |now |can you |could you )*"
    r"(?:say|repeat(?: after me)?|echo|reply with|answer with|respond with|write exactly|"
    r"请说|重复|跟我说|(?:次を)?繰り返して)"
    r"(?: exactly| only| just| the words?)?\s*[:：]?\s*(?P<what>\S.*)",
    flags=re.DOTALL,
)
GREETING = either(
    r"^(?:hi|hello|hey|good (?:morning|evening|afternoon|day)|greetings|howdy|hallo|hola|salut|ciao|/start|"
    r"你好|您好|嗨|こんにちは|おはよう|もしもし)\b[\s,.!?。！👋🙂😊\w]{0,30}$"
)
THANKS = either(r"^(?:many )?(?:thanks|thank you|thx|cheers|谢谢|ありがとう)")

_KEY = r"(?P<key>[\w][\w' -]{0,40}?)"
_END = r"\s*(?:[?.!]|$)"

# (question, what it asks for); the named group `key`, where there is one, takes the place of the latter
ABOUT_ME: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        either(
            r"\bwho am i\b",
            r"\bwhat am i called\b",
            r"我叫什么|我的名字(?:是|叫)什么|我是谁",
            r"(?:私|僕|俺)の名前(?:は(?:何|なん)|を覚えて)",
        ),
        "name",
    ),
    (either(r"\bwhere (?:do|did|am) i (?:live|living)\b", r"我住在?(?:哪|什么)", r"どこに住んで"), "home"),
    (either(r"\bwhere (?:am i|do i come|are we) from\b"), "origin"),
    (either(r"\bwhere do i work\b", r"\bwhat do i (?:do for a living|work as)\b"), "work"),
    (either(r"\bhow old am i\b"), "age"),
    (either(r"\bwhat do i (?P<key>like|love|prefer)\b"), ""),
    (
        either(
            r"\b(?:what|who|where|when|which|how)(?:'s|s| is| are| was| were)? (?:the name of )?my "
            rf"{_KEY}(?: again| called| named)?{_END}"
        ),
        "",
    ),
    (
        either(
            r"\b(?:do you (?:still )?(?:know|remember|recall)|tell me|remind me(?: of| what)?|say|repeat) (?:what )?my "
            rf"{_KEY}(?: is| was)?{_END}"
        ),
        "",
    ),
    (either(r"我的(?P<key>[^是]{1,12})是(?:什么|谁|多少|哪|几)"), ""),
    (either(r"(?:私|僕|俺)の(?P<key>[^は]{1,12})は(?:何|なん|誰|どこ|いくつ)"), ""),
)
ALL_ABOUT_ME = either(
    r"\bwhat (?:do|did) you (?:know|remember|learn) (?:about|of|from) (?:me|us)\b",
    r"\bwhat (?:have|did) i (?:told?|tell|ask(?:ed)?) you(?: about me| to remember)",
    r"\bwhat do you remember\b",
    r"你记得什么|你知道我什么",
    r"何を覚えて",
)
ABOUT_THE_THING = either(rf"\b(?:what|who|where|when|which)(?:'s| is| are| was) (?:the|our) {_KEY}\s*[?.!]*$")
