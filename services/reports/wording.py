"""Figures as people write them, in French or English."""

from services.reports.lines import Line

NOTHING = "\N{EN DASH}"
_DIGITS = {"n": 0, "%": 1, "min": 1, "h": 1, "index": 2, "/5": 1, "days": 1, "/1000": 1}
_UNITS = {
    "fr": {"n": "", "index": "", "days": " j", "%": " %", "/1000": " ‰"},
    "en": {"n": "", "index": "", "days": " days", "%": " %", "/1000": " ‰"},
}
_HIDDEN = {"fr": "10 ou moins", "en": "10 or fewer"}
_NARROW = "\N{NARROW NO-BREAK SPACE}"


def value(line: Line, language: str) -> str:
    """`83,3 %`, `2,0 min (90 % : 10,0)`."""
    if line.hidden:
        return _HIDDEN[language]
    if line.value is None:
        return NOTHING
    said = number(line.value, line.unit, language)
    if line.p90 is None:
        return said
    tail = number(line.p90, line.unit, language)
    return f"{said} (90 % : {tail})" if language == "fr" else f"{said} (90 %: {tail})"


def of_how_many(line: Line, language: str) -> str:
    """`3 / 4`; how many it is the median of; nothing for a plain count. And who says so."""
    counted = _counted(line, language)
    return " · ".join(said for said in (counted, line.source) if said)


def _counted(line: Line, language: str) -> str:
    if line.denominator is None or line.part:
        return ""
    whole = count(line.denominator, language)
    if line.numerator is None:
        return f"n = {whole}"
    return f"{count(line.numerator, language)} / {whole}"


def target(line: Line, language: str) -> str:
    """`≥ 50,0 %`."""
    said = []
    if line.at_least is not None:
        said.append(f"≥ {number(line.at_least, line.unit, language)}")
    if line.at_most is not None:
        said.append(f"≤ {number(line.at_most, line.unit, language)}")
    return ", ".join(said)


def number(amount: float, unit: str, language: str) -> str:
    """With its unit."""
    digits = 0 if unit == "n" and amount == int(amount) else _DIGITS[unit]
    if unit == "n" and amount != int(amount):
        digits = 1
    return _written(amount, digits, language) + _UNITS[language].get(unit, f" {unit}")


def count(amount: float, language: str) -> str:
    """How many; of hours and visits a week, with a digit."""
    return _written(amount, 0 if amount == int(amount) else 1, language)


def _written(amount: float, digits: int, language: str) -> str:
    said = f"{amount:,.{digits}f}"
    if language == "fr":
        said = said.replace(",", _NARROW).replace(".", ",")
    return said
