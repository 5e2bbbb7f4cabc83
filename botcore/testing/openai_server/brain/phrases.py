"""The set phrases, in the three languages that the brain can tell apart."""

from collections.abc import Mapping
from types import MappingProxyType

from botcore.testing.openai_server.brain.talk import Language

# Every language says "offline stand-in" in English too, so that it can be looked for.
INTRODUCTION: Mapping[Language, str] = MappingProxyType(
    {
        "en": "I am the offline stand-in: there is no language model here, I answer by simple rules.",
        "zh": "我是离线替身(offline stand-in):这里没有语言模型,我按简单的规则回答。",
        "ja": "私はオフラインの代役(offline stand-in)です。言語モデルはなく、簡単な規則で答えます。",
    }
)
NOTED: Mapping[Language, str] = MappingProxyType(
    {"en": "I will remember: {what}.", "zh": "记住了:{what}。", "ja": "覚えました:{what}。"}
)
RECALLED: Mapping[Language, str] = MappingProxyType(
    {"en": "You told me: {what}.", "zh": "你告诉过我:{what}。", "ja": "前に聞きました:{what}。"}
)
UNKNOWN: Mapping[Language, str] = MappingProxyType(
    {
        "en": "You have not told me that in this conversation: {what}.",
        "zh": "你在这次对话里还没有告诉我:{what}。",
        "ja": "この会話ではまだ聞いていません:{what}。",
    }
)
ECHO: Mapping[Language, str] = MappingProxyType(
    {"en": "You said: “{what}”.", "zh": "你说:“{what}”。", "ja": "「{what}」とおっしゃいました。"}
)
GREETING: Mapping[Language, str] = MappingProxyType({"en": "Hello{who}!", "zh": "你好{who}!", "ja": "こんにちは{who}!"})
HELP = (
    "I can:\n\n"
    "- remember what you tell me (`my name is Ada`, `remember that the door code is 4711`) and tell it back\n"
    "- say what you said first or last, or list and count your messages\n"
    "- do sums (`12 * (3 + 4)`) and count (`count to 5`, `how many words are in ...`)\n"
    "- repeat after you (`say ...`), show code, a table or a list, write `200 words`\n"
    "- call a tool that I am offered (`use the tool ...`)\n\n"
    "For anything more, set an API key or the address of a real model's server."
)
