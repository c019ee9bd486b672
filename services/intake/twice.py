"""Fields a message says twice: RFC 8259 (section 4) leaves it open which of them is meant."""

import json
from typing import Any

from domain.request import is_emergency
from events.codes import CareLevel, Priority

_URGENT = {priority for priority in Priority if is_emergency(priority, None)} | {
    level for level in CareLevel if is_emergency(Priority.P3, level)
}


def urgent_reading(body: bytes) -> Any:
    """The JSON document, of what it says twice what tells an emergency, or else the last.

    None where nothing is said twice, or nothing can be read: nested too deeply, or no JSON.
    """
    ears = _Ears()
    try:
        document = json.loads(body, object_pairs_hook=ears.hear)
    except (ValueError, RecursionError):
        return None
    return document if ears.said_twice else None


class _Ears:
    """Hear every object, the innermost first."""

    def __init__(self) -> None:
        self.said_twice = False
        # Objects that tell one, by identity; kept, or another might have the identity later.
        self._urgent: dict[int, dict[str, Any]] = {}

    def hear(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The object, with one value for each name."""
        found: dict[str, Any] = {}
        for name, value in pairs:
            self.said_twice |= name in found
            if name not in found or not self._tells(found[name]):
                found[name] = value
        if any(map(self._tells, found.values())):
            self._urgent[id(found)] = found
        return found

    def _tells(self, value: Any) -> bool:
        match value:
            case str():
                return value in _URGENT
            case dict():
                return id(value) in self._urgent
            case list():
                return any(map(self._tells, value))
            case _:
                return False
