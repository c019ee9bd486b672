"""`/fhir/Practitioner`: the national platform keeps accounts of its regulators here (INT_R02)."""

from typing import Any
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain import account as accounts
from domain.account import Closed
from events import streams
from events.roles import Role
from services.access.gate import permitted
from services.access.names import Name
from services.access.permissions import Look, Principal, Scope
from services.api.asking import ask
from services.api.desk import AtDesk, Desk, Who
from services.api.fhir import PREFIX, answer, base_of, refused
from services.fhir.regulators import (
    AlreadyAnAccount,
    NotFhir,
    Regulator,
    name_in,
    regulator_in,
)
from services.intake.cloudevents import told
from services.messaging import subjects
from services.messaging.subjects import Kind

router = APIRouter(tags=["fhir"], prefix=PREFIX)


@router.post("/Practitioner")
async def create(request: Request, desk: AtDesk, who: Who) -> Response:
    """A regulator's account: 201 and where it is; one that is there already is refused."""
    permitted(who, Look.REGULATORS, Scope())
    document = _document(await request.body())
    regulator = regulator_in(document)
    account_id = uuid4()
    if not await desk.names.claim(account_id, regulator.names):
        raise AlreadyAnAccount
    return await _kept(request, desk, who, account_id, regulator, document, status=201)


@router.put("/Practitioner")
async def update(request: Request, desk: AtDesk, who: Who) -> Response:
    """The account with this identifier is this from now on; unknown, it is made."""
    permitted(who, Look.REGULATORS, Scope())
    named = name_in(request.url.query)
    document = _document(await request.body())
    regulator = regulator_in(document)
    found = await _open_account(desk, named)
    others = {one for name in regulator.names if (one := await _open_account(desk, name))}
    if found is None and len(others) == 1:
        (found,) = others
    if others - {found}:
        raise AlreadyAnAccount  # one of these numbers is somebody else's
    status = 201 if found is None else 200
    account_id = found or uuid4()  # a number may be another's by now: never whose it was before
    return await _kept(request, desk, who, account_id, regulator, document, status=status)


async def _open_account(desk: Desk, name: Name) -> UUID | None:
    """Whose number it is; of an account that was closed, nobody's."""
    account_id = await desk.names.find(name)
    if account_id is None:
        return None
    state = await desk.house.log.state(accounts.decider, streams.account(account_id))
    if isinstance(state, Closed):
        await desk.names.bind(account_id, ())
        return None
    return account_id


async def _kept(
    request: Request,
    desk: Desk,
    who: Principal,
    account_id: UUID,
    regulator: Regulator,
    document: dict[str, Any],
    *,
    status: int,
) -> Response:
    grant = {"role": Role.REGULATOR, "community": None, "rpps": None}
    grants = [grant] if regulator.active else []
    sheet = {
        "account_id": str(account_id),
        "title": regulator.title,
        "identifiers": [one._asdict() for one in regulator.names],
        "grants": grants,
    }
    answered = await _tell(desk, who, Kind.ACCOUNT, sheet)
    if not regulator.active and grant in answered.get("grants", ()):
        answered = await _tell(
            desk, who, Kind.ROLE_REVOCATION, {"account_id": str(account_id), "grant": grant}
        )
    if "code" in answered:
        return refused(str(answered["code"]), str(answered["message"]))
    # Who is no longer active has no name here: it may be another's.
    await desk.names.bind(account_id, regulator.names if regulator.active else ())
    made = answer(document | {"id": str(account_id)}, status)
    made.headers["Location"] = f"{base_of(desk, request)}/Practitioner/{account_id}"
    return made


async def _tell(desk: Desk, who: Principal, kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    message = told(kind, data, source=who.ref, role=Role.PLATFORM)
    return await ask(desk.house, subjects.ask(subjects.ANY_COMMUNITY, kind), message)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as malformed:
        raise NotFhir from malformed
    if not isinstance(document, dict) or document.get("resourceType") != "Practitioner":
        raise NotFhir("resourceType")
    return document
