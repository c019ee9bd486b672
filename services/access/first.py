"""The first administrator of a machine of one's own: somebody has to let the others in."""

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import orjson

from domain import account as accounts
from domain.account import Open
from events.roles import Role
from services.access.credentials import Credentials
from services.messaging import subjects
from services.messaging.subjects import Kind

if TYPE_CHECKING:
    from services.app import House


async def first_administrator(house: "House") -> dict[str, str] | None:
    """An account with its secret, shown once; None where there is an administrator."""
    histories: dict[str, accounts.Account] = {}
    for recorded in await house.log.of_kind("account"):
        before = histories.get(recorded.stream, accounts.decider.initial)
        histories[recorded.stream] = accounts.evolve(before, recorded.event)  # type: ignore[arg-type]  # its stream
    for known in histories.values():
        if isinstance(known, Open) and any(g.role is Role.ADMINISTRATOR for g in known.grants):
            return None
    message = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "snp-up",
        "type": f"snp.{Kind.ACCOUNT}.v1",
        "actorrole": Role.OPERATOR,
        "data": {"title": "First administrator", "grants": [{"role": Role.ADMINISTRATOR}]},
    }
    subject = subjects.ask(subjects.ANY_COMMUNITY, Kind.ACCOUNT)
    told = await house.reception.take_in(orjson.dumps(message), subject)
    account_id = UUID(told["id"])
    secret = await Credentials(house.pool, house.vault.sealer).make(account_id)
    return {"client_id": str(account_id), "client_secret": secret}
