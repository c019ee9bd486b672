"""An instant as others write it: RFC 3339 text with an offset, within our century."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_DATE_AND_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _as_text(given: object) -> object:
    """Pydantic takes numbers for seconds since 1970, which say nothing of an offset."""
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str) or not _DATE_AND_TIME.match(given):
        kind = "datetime_parsing"
        message = "not a date and time with an offset"
        raise PydanticCustomError(kind, message)
    if not _FIRST_YEAR <= int(given[:4]) < _LAST_YEAR:
        kind = "datetime_out_of_range"
        message = "not within our century"
        raise PydanticCustomError(kind, message)
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_as_text)]


def years(born: date, on: date) -> int:
    """Whole years lived on that day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
