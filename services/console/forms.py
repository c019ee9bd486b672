"""What a page sent."""

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request

from services.console.refusals import FieldsWrong

_MOST_FIELDS = 400


async def fields_of(request: Request) -> dict[str, list[str]]:
    """Every field with all its values. Raises FieldsWrong for what is no form."""
    try:
        text = (await request.body()).decode()
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as wrong:
        raise FieldsWrong("?") from wrong


async def form_of(request: Request, several: Collection[str] = ()) -> dict[str, Any]:
    """The last value of each field; of `several`, always the list of them."""
    found = await fields_of(request)
    one: dict[str, Any] = {name: values[-1].strip() for name, values in found.items()}
    return one | {name: [v for v in found.get(name, []) if v] for name in several}
