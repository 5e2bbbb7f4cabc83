"""A small bar chart of scores, as a PNG. Drawn in a thread of the caller's choice."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 640
ROW: Final = 30
MARGIN: Final = 16
NAMES: Final = 230
"""Pixels for the names, left of the bars."""
_PAPER, _INK, _SOFT, _CALM, _ALARM = "#ffffff", "#202124", "#e8eaed", "#5b8def", "#d93025"


def chart(title: str, scores: Sequence[tuple[str, float, bool]]) -> bytes:
    """Bars for scores of 0..1 with their names; those that are marked stand out."""
    height = MARGIN * 2 + ROW * (len(scores) + 1)
    picture = Image.new("RGB", (WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(picture)
    head, body = ImageFont.load_default(size=18), ImageFont.load_default(size=15)
    draw.text((MARGIN, MARGIN), title, fill=_INK, font=head)
    left, right = MARGIN + NAMES, WIDTH - MARGIN - 50
    for number, (name, score, marked) in enumerate(scores, 1):
        top = MARGIN + ROW * number
        share = min(max(score, 0.0), 1.0)
        draw.text((MARGIN, top + 5), name, fill=_ALARM if marked else _INK, font=body)
        draw.rounded_rectangle((left, top + 5, right, top + ROW - 5), radius=4, fill=_SOFT)
        if (end := left + round((right - left) * share)) > left:
            draw.rounded_rectangle((left, top + 5, end, top + ROW - 5), radius=4, fill=_ALARM if marked else _CALM)
        draw.text((right + 8, top + 5), f"{score:.2f}", fill=_INK, font=body)
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
