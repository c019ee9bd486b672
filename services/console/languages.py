"""French first, English second. A sentence is named by its French, as gettext does."""

from functools import cache
from pathlib import Path
from typing import Literal

import orjson

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
_ENGLISH = Path(__file__).parent / "english.json"


@cache
def english() -> dict[str, str]:
    """French → English, of every sentence on a page."""
    found: dict[str, str] = orjson.loads(_ENGLISH.read_bytes())
    return found


def said(sentence: str, language: Language) -> str:
    """In that language; what was never translated is said in French, and a test finds it."""
    return sentence if language == "fr" else english().get(sentence, sentence)
