"""Fields a message says twice: RFC 8259 (section 4) leaves it open which of them is meant."""

import json
from typing import Any


def first_said(body: bytes) -> dict[str, Any] | None:
    """The JSON object with the first of what it says twice; None where it says nothing twice.

    Our parser takes the last. What cannot be read, or is nested too deeply, says nothing twice.
    """
    said_twice = False

    def hear(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal said_twice
        found = dict(pairs)
        if len(found) < len(pairs):
            said_twice = True
            found = dict(reversed(pairs))
        return found

    try:
        document = json.loads(body, object_pairs_hook=hear)
    except (ValueError, RecursionError):
        return None
    return document if said_twice and isinstance(document, dict) else None
