"""The endpoints that a server is asked for: one of each row of the API."""

from typing import Final

from botcore.openai.audio import SPEECH, TRANSCRIPTIONS, TRANSLATIONS
from botcore.openai.chat import COMPLETIONS as CHAT
from botcore.openai.completions import COMPLETIONS
from botcore.openai.edits import EDITS
from botcore.openai.embeddings import EMBEDDINGS
from botcore.openai.files import LIST as FILES
from botcore.openai.fine_tunes import LIST as FINE_TUNES
from botcore.openai.fine_tuning import LIST as FINE_TUNING
from botcore.openai.images import EDITS as IMAGE_EDITS
from botcore.openai.images import GENERATIONS, VARIATIONS
from botcore.openai.models import LIST as MODELS
from botcore.openai.moderations import MODERATIONS
from botcore.openai.probe import Probed

PROBED: Final = (
    Probed(MODELS),
    Probed(CHAT),
    Probed(COMPLETIONS),
    Probed(EDITS),
    Probed(EMBEDDINGS),
    Probed(MODERATIONS),
    Probed(GENERATIONS),
    Probed(IMAGE_EDITS, form=True),
    Probed(VARIATIONS, form=True),
    Probed(TRANSCRIPTIONS, form=True),
    Probed(TRANSLATIONS, form=True),
    Probed(SPEECH),
    Probed(FILES),
    Probed(FINE_TUNING),
    Probed(FINE_TUNES),
)
"""In the order of the table that people see."""
