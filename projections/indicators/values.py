"""What the codes of a breakdown are called, in French and English."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from projections.indicators.definitions import Theme, Words
from projections.indicators.requests import UNKNOWN

_UNKNOWN = Words(fr="inconnu", en="unknown")


@cache
def _values() -> Mapping[str, Mapping[str, Words]]:
    text = files("projections.indicators").joinpath("data/values.toml").read_text("utf-8")
    return {
        dimension: {code: Words.model_validate(words) for code, words in codes.items()}
        for dimension, codes in tomllib.loads(text).items()
    }


def value_name(dimension: str, code: str, language: str) -> str:
    """`rendue au SAS`. A code that has no other name is its own: a commune, a month."""
    words = _values().get(dimension, {}).get(code)
    if words is None and code == UNKNOWN:
        words = _UNKNOWN
    return words.of(language) if words else code


def theme_name(theme: Theme, language: str) -> str:
    """The heading of a chapter."""
    return _values()["theme"][theme].of(language)
