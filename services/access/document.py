"""The table of permissions as a page: `python -m services.access.document > docs/access.md`."""

import sys

from events.roles import Role
from services.access.permissions import TABLE, Look, Reach
from services.api.doors import DOORS

_HEAD = """# Who may do what

Written from `services/access/permissions.py`, which every door asks; a test goes through it cell by
cell over HTTP. What is empty is allowed to nobody.

- **their communities**: of a regulator or a reader those of their account, or all; of a
  practitioner those they are enrolled in.
- **their own**: their agenda, consent and offers; of a delegate or a structure manager those of
  the practitioner in whose name they act.
- **their patients**: who has, or had, a place with them, until the time of care is over
  (`SNP_CARE_HOURS_AFTER_VISIT`, 48 hours after the visit).

An account is opened and granted a role by an administrator (`snp account`, `POST /v1/accounts`).
Who signs in with a provider that vouches for their RPPS number is a practitioner, for themselves,
without one.
"""
_ROLES = [role for role in Role if role not in {Role.OPERATOR, Role.SYSTEM}]
_MARKS = {
    Reach.EVERYWHERE: "everywhere",
    Reach.HERE: "their communities",
    Reach.OWN: "their own",
    Reach.CARE: "their patients",
}


def page() -> str:
    """In Markdown."""
    doors = {str(door.kind): f"`{door.method} {door.path}`" for door in DOORS}
    doors |= {str(look): path for look, path in _LOOKS.items()}
    head = ["what", *(role.replace("_", " ") for role in _ROLES), "door"]
    lines = [_row(head), _row(["---"] * len(head))]
    for action, reaches in TABLE.items():
        cells = [_MARKS[reaches[role]] if role in reaches else "" for role in _ROLES]
        lines.append(_row([f"`{action}`", *cells, doors[str(action)]]))
    return _HEAD + "\n" + "\n".join(lines) + "\n"


_LOOKS = {
    Look.AVAILABILITY: "`GET /v1/availability`",
    Look.REQUESTS: "`GET /v1/requests`",
    Look.ONE_REQUEST: "`GET /v1/requests/{request_id}`, `…/history`",
    Look.CANDIDATES: "`GET /v1/requests/{request_id}/candidates`",
    Look.TAKE: "`POST /v1/requests/{request_id}/place`",
    Look.IDENTITY: "`POST /v1/requests/{request_id}/identity`",
    Look.EVENTS: "`GET /v1/events`, `/v1/webhooks`",
    Look.SLOTS: "`GET /v1/practitioners/{rpps}/slots`, `…/calendar`, `…/agendas/{agenda}`",
    Look.OFFERS: "`GET /v1/practitioners/{rpps}/offers`",
    Look.SLOT_SEARCH: "`GET /fhir/Slot`, `/fhir/Schedule`, `/fhir/$bulk-publish`, `/booking`",
    Look.REGULATORS: "`POST`, `PUT /fhir/Practitioner`",
    Look.INDICATORS: "`GET /v1/communities/{finess}/indicators`",
    Look.AGREEMENTS: "`GET /v1/communities/{finess}`",
    Look.REVEALS: "`GET /v1/communities/{finess}/reveals`",
    Look.ACCOUNTS: "`GET /v1/accounts/{account_id}`",
    Look.SECRET: "`POST /v1/accounts/{account_id}/secret`",
}


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
