"""From an old version of an event to the next, a JSON object to a JSON object, one step at a time.

A step is named after what it does and says why in its docstring:

    def slot_published_v1_to_v2(payload: Payload) -> Payload:
        '''Before v2 every slot was an office.'''
        return payload | {"modes": ["AMB"]}

and is entered below under (stored name, version it starts from).
"""

from collections.abc import Callable, Mapping

from events.base import Payload

Upcast = Callable[[Payload], Payload]


def request_handed_back_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 nobody was asked."""
    return payload | {"asked": []}


def practitioner_consented_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 nobody was asked beyond their agenda, and a day had no cap of its own."""
    return payload | {"daily_cap": None, "overbook": None}


UPCASTERS: Mapping[tuple[str, int], Upcast] = {
    ("request.handed_back", 1): request_handed_back_v1_to_v2,
    ("practitioner.consented", 1): practitioner_consented_v1_to_v2,
}


def lifted(
    name: str,
    version: int,
    payload: Payload,
    *,
    to: int,
    steps: Mapping[tuple[str, int], Upcast] = UPCASTERS,
) -> Payload:
    """The payload as version `to` would have written it. Raises KeyError if a step is missing."""
    for step in range(version, to):
        payload = steps[name, step](payload)
    return payload
