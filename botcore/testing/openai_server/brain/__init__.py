"""The stand-in's answers: plain rules over the conversation it is given. No model, no randomness, no memory of its own.

Each module knows one thing: `talk` the conversation, `memory` what was told, `persona` who to be, `tools` which tool is
meant and `arguments` with what, `skills` and `writing` the rest.
"""

from botcore.testing.openai_server.brain.phrases import INTRODUCTION
from botcore.testing.openai_server.brain.thinking import think

__all__ = ["INTRODUCTION", "think"]
