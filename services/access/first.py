"""The first administrator of a machine of one's own: somebody has to let the others in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from domain import account as accounts
from domain.account import Open
from events.roles import Role
from services.access.credentials import Credentials
from services.intake.cloudevents import told
from services.messaging import subjects
from services.messaging.subjects import Kind

if TYPE_CHECKING:
    from services.app import House


async def first_administrator(house: "House") -> dict[str, str] | None:
    """An account with its secret, shown once; None where there is an administrator."""
    for known in (await house.log.states(accounts.decider, "account")).values():
        if isinstance(known, Open) and any(g.role is Role.ADMINISTRATOR for g in known.grants):
            return None
    sheet = {"title": "First administrator", "grants": [{"role": Role.ADMINISTRATOR}]}
    account_id, secret = await opened_with_secret(house, sheet, source="snp-up")
    return {"client_id": str(account_id), "client_secret": secret}


async def opened_with_secret(
    house: "House", sheet: Mapping[str, Any], *, source: str
) -> tuple[UUID, str]:
    """An account opened by the operator of this machine, and the secret it signs in with."""
    message = told(Kind.ACCOUNT, dict(sheet), source=source, role=Role.OPERATOR)
    subject = subjects.ask(subjects.ANY_COMMUNITY, Kind.ACCOUNT)
    opened = await house.reception.take_in(orjson.dumps(message), subject)
    account_id = UUID(opened["id"])
    return account_id, await Credentials(house.pool, house.vault.sealer).make(account_id)
