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


def request_received_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 only the professions asked for were looked for, and no treating doctor first."""
    return payload | {
        "complaint": None,
        "pathways": [],
        "registration": "UNKNOWN",
        "treating_doctor": None,
    }


def request_escalated_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 there were members and neighbours, and no crisis."""
    return payload | {"settings": ["PS"], "specialties": {}, "only": None, "crisis": False}


def request_escalated_v2_to_v3(payload: Payload) -> Payload:
    """Before v3 why a request went on was not kept."""
    return payload | {"explanation": None}


def request_handed_back_v2_to_v3(payload: Payload) -> Payload:
    """Before v3 nothing was suggested."""
    return payload | {"suggested": None}


def request_handed_back_v5_to_v6(payload: Payload) -> Payload:
    """Before v6 the times that members proposed were in their answers alone."""
    return payload | {"asked": [one | {"start": None} for one in payload["asked"]]}


def practitioner_enrolled_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 everybody was of the first line, in town."""
    return payload | {"setting": "PS", "specialty": None}


def practitioner_consented_v2_to_v3(payload: Payload) -> Payload:
    """Before v3 there were no protocols, no crisis, and nobody was asked to take new patients."""
    return payload | {"in_crisis": None, "protocols": [], "new_patients": False}


def slot_published_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 every slot was of the first line, in town, whatever happened."""
    return payload | {"setting": "PS", "specialty": None, "surge": False}


def slot_place_taken_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 nobody was known as anybody's own patient."""
    return payload | {"own_patient": False}


def community_ladder_adopted_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 a ladder had no hours and no partners: what is not said is said by default."""
    return payload


_NOTHING_WEIGHED = {
    "price": 0.0,
    "continuity": 0.0,
    "fairness": 0.0,
    "scarcity": 0.0,
    "fragility": 0.0,
}


def explained_by_loss_to_explained_by_price(payload: Payload) -> Payload:
    """Before the matching looked ahead there were waiting and travel, and nothing was kept."""

    def option(weighed: Payload) -> Payload:
        return weighed | {"terms": weighed["terms"] | _NOTHING_WEIGHED, "kept_for": None}

    return _with_options(payload, option)


def explained_without_tours_to_explained_with(payload: Payload) -> Payload:
    """Before that the way to a home visit was nobody's cost."""

    def option(weighed: Payload) -> Payload:
        return weighed | {"terms": weighed["terms"] | {"tours": 0.0}}

    return _with_options(payload, option)


def slot_place_taken_v2_to_v3(payload: Payload) -> Payload:
    """Before v3 an agenda did not tell where its home visits were."""
    return payload | {"where": None}


def slot_place_held_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 an agenda did not tell how, or where, who holds a place would be seen."""
    return payload | {"mode": "AMB", "own_patient": False, "where": None}


_NO_ADDRESS = {"address": None, "structure": None, "phone": None}


def place_without_to_with_address(payload: Payload) -> Payload:
    """Before that a place was a name and a point."""
    return payload | {"place": payload["place"] | _NO_ADDRESS}


def practitioner_consented_v3_to_v4(payload: Payload) -> Payload:
    """Before v4 a place was a name and a point."""
    overbook = payload["overbook"]
    return payload | {"overbook": place_without_to_with_address(overbook) if overbook else None}


def community_weights_agreed_v1_to_v2(payload: Payload) -> Payload:
    """Before v2 nobody weighed the way to a home visit."""
    return payload | {"weights": payload["weights"] | {"tours": 0.0}}


def _with_options(payload: Payload, option: Upcast) -> Payload:
    before = payload["explanation"]
    explanation = before | {
        "chosen": option(before["chosen"]) if before["chosen"] else None,
        "alternatives": [option(weighed) for weighed in before["alternatives"]],
    }
    return payload | {"explanation": explanation}


UPCASTERS: Mapping[tuple[str, int], Upcast] = {
    ("request.handed_back", 1): request_handed_back_v1_to_v2,
    ("practitioner.consented", 1): practitioner_consented_v1_to_v2,
    ("practitioner.consented", 2): practitioner_consented_v2_to_v3,
    ("practitioner.enrolled", 1): practitioner_enrolled_v1_to_v2,
    ("request.received", 1): request_received_v1_to_v2,
    ("request.escalated", 1): request_escalated_v1_to_v2,
    ("request.escalated", 2): request_escalated_v2_to_v3,
    ("request.handed_back", 2): request_handed_back_v2_to_v3,
    ("slot.published", 1): slot_published_v1_to_v2,
    ("slot.place_taken", 1): slot_place_taken_v1_to_v2,
    ("slot.place_taken", 2): slot_place_taken_v2_to_v3,
    ("slot.place_held", 1): slot_place_held_v1_to_v2,
    ("slot.published", 2): place_without_to_with_address,
    ("slot.moved", 1): place_without_to_with_address,
    ("practitioner.consented", 3): practitioner_consented_v3_to_v4,
    ("community.weights_agreed", 1): community_weights_agreed_v1_to_v2,
    ("community.ladder_adopted", 1): community_ladder_adopted_v1_to_v2,
    ("request.assigned", 1): explained_by_loss_to_explained_by_price,
    ("request.searching", 1): explained_by_loss_to_explained_by_price,
    ("request.handed_back", 3): explained_by_loss_to_explained_by_price,
    ("request.assigned", 2): explained_without_tours_to_explained_with,
    ("request.searching", 2): explained_without_tours_to_explained_with,
    ("request.handed_back", 4): explained_without_tours_to_explained_with,
    ("request.handed_back", 5): request_handed_back_v5_to_v6,
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
