"""Signing in here with a secret, who one is, and accounts (RFC 6749, 4.4; RFC 7517)."""

from typing import Annotated, Any
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from domain import account as accounts
from domain.account import Closed, NoSuchAccount, NotOpened, Open
from domain.decider import Refused
from events import streams
from services.access.gate import permitted
from services.access.permissions import Look, Scope
from services.api import reading
from services.api.desk import AtDesk, Desk, Who, where_from
from services.api.members import FinessPath
from services.api.scopes import uuid_of
from services.api.telling import RESPONSES

router = APIRouter(tags=["accounts"], responses=RESPONSES)
_GRANT = "client_credentials"
_FORM = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "grant_type": {"const": _GRANT},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                    },
                }
            }
        }
    }
}
_basic = HTTPBasic(auto_error=False, description="The account's id and its secret.")


@router.post("/v1/token", openapi_extra=_FORM)
async def token(
    request: Request,
    desk: AtDesk,
    given: Annotated[HTTPBasicCredentials | None, Depends(_basic)] = None,
) -> Response:
    """A token for an account with a secret: by HTTP Basic, or in the form (client_credentials)."""
    desk.knocks(where_from(request))
    try:
        form = dict(parse_qsl((await request.body()).decode("latin-1"), max_num_fields=10))
    except ValueError as malformed:
        raise OtherGrant from malformed
    if form.get("grant_type", _GRANT) != _GRANT:
        raise OtherGrant
    name = given.username if given else form.get("client_id", "")
    secret = given.password if given else form.get("client_secret", "")
    account_id = await account_with(desk, name, secret)
    made = {
        "access_token": desk.tokens.made_for(account_id),
        "token_type": "Bearer",
        "expires_in": int(60 * desk.house.settings.token_minutes),
    }
    return reading.Json(made, headers={"Cache-Control": "no-store"})


@router.get("/v1/keys")
async def keys(desk: AtDesk) -> dict[str, Any]:
    """By which our tokens are checked."""
    return desk.tokens.public_keys


@router.get("/v1/me")
async def me(who: Who) -> dict[str, Any]:
    """As what, and where, you may act."""
    return {
        "account_id": who.account_id,
        "capacities": [
            {
                "role": one.role,
                "rpps": one.rpps,
                "communities": None if one.communities is None else sorted(one.communities),
            }
            for one in who.capacities
        ],
    }


@router.get("/v1/accounts/{account_id}")
async def account(account_id: str, desk: AtDesk, who: Who) -> dict[str, Any]:
    """What an account may be, and what it is called."""
    permitted(who, Look.ACCOUNTS, Scope())
    identity = uuid_of(account_id)
    state = await desk.house.log.state(accounts.decider, streams.account(identity))
    if isinstance(state, NotOpened):
        raise NoSuchAccount(identity)
    grants = sorted(state.grants, key=str) if isinstance(state, Open) else []
    return {
        "account_id": identity,
        "state": "open" if isinstance(state, Open) else "closed",
        "title": await desk.house.vault.title_of(identity),
        "grants": [grant.model_dump(mode="json") for grant in grants],
    }


@router.post("/v1/accounts/{account_id}/secret", status_code=201)
async def secret(account_id: str, desk: AtDesk, who: Who) -> dict[str, Any]:
    """A new secret, shown this once; the one before it is of no use any more."""
    permitted(who, Look.SECRET, Scope())
    identity = uuid_of(account_id)
    state = await desk.house.log.state(accounts.decider, streams.account(identity))
    if not isinstance(state, Open):
        raise NoSuchAccount(identity)
    return {"account_id": identity, "secret": await desk.credentials.make(identity)}


@router.get("/v1/communities/{finess}/reveals")
async def reveals(
    finess: FinessPath,
    desk: AtDesk,
    who: Who,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="`next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Who looked at whose identity, when and why: for the officer who answers for data."""
    permitted(who, Look.REVEALS, Scope(frozenset({finess})))
    found = await desk.house.vault.reveals(finess, before=before, limit=limit)
    more = found[-1].number if len(found) == limit else None
    return reading.Json({"reveals": [one._asdict() for one in found], "next": more})


class OtherGrant(Refused):
    """A secret is exchanged for a token as grant_type=client_credentials, and no other way."""

    code = "invalid_value"


class WrongSecret(Refused):
    """There is no such account with this secret."""

    code = "invalid_token"


async def account_with(desk: Desk, name: str, secret: str) -> UUID:
    """The account with that secret. Raises WrongSecret, that says no more than that."""
    try:
        account_id = UUID(name)
    except ValueError as malformed:
        raise WrongSecret from malformed
    if not await desk.credentials.check(account_id, secret):
        raise WrongSecret
    state = await desk.house.log.state(accounts.decider, streams.account(account_id))
    if isinstance(state, NotOpened | Closed):
        raise WrongSecret
    return account_id
