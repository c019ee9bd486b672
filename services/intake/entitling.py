"""Decides about accounts. What somebody is called is sealed beside."""

from typing import assert_never
from uuid import UUID, uuid5

from domain import account as accounts
from domain.account import (
    Account,
    AccountCommand,
    CloseAccount,
    GrantRole,
    OpenAccount,
    RevokeRole,
)
from events import streams
from services.intake.about import given
from services.intake.arrival import Arrival
from services.intake.entitlements import (
    AccountClosing,
    AccountSheet,
    Entitlement,
    RoleGrant,
    RoleRevocation,
)
from services.intake.naming import account_of
from services.log.commands import Answer
from services.log.execute import Decision, Executor
from services.log.vault import ACCOUNT, Sealer


class EntitlementDesk:
    """Decides about accounts."""

    def __init__(self, executor: Executor, sealer: Sealer) -> None:
        self._executor = executor
        self._sealer = sealer

    async def tell(self, came: Arrival, told: Entitlement) -> Answer:
        """What the account is from now on."""
        command = _command(came, told)
        stream = streams.account(command.account_id)

        async def decide(decision: Decision) -> Answer:
            before = await decision.state(accounts.decider, stream)
            happened = accounts.decide(command, before)
            decision.write(stream, happened)
            if isinstance(told, AccountSheet) and told.title:
                decision.sealed = [
                    self._sealer.seal(
                        told.title.encode(),
                        kind=ACCOUNT,
                        ref=came.command_id,
                        subject=command.account_id,
                    )
                ]
            after = accounts.decider.replay(happened, since=before)
            return {"id": str(command.account_id), **_said(after)}

        return await self._executor.execute(given(came, None), decide)


def _command(came: Arrival, told: Entitlement) -> AccountCommand:
    match told:
        case AccountSheet(account_id=UUID() as account_id):
            return OpenAccount(account_id, told.grants, came.at)
        case AccountSheet(issuer=str(issuer), subject=str(subject)):
            return OpenAccount(account_of(issuer, subject), told.grants, came.at)
        case AccountSheet():
            return OpenAccount(uuid5(came.command_id, "account"), told.grants, came.at)
        case RoleGrant():
            return GrantRole(told.account_id, told.grant, came.at)
        case RoleRevocation():
            return RevokeRole(told.account_id, told.grant, came.at)
        case AccountClosing():
            return CloseAccount(told.account_id, came.at)
        case _:
            assert_never(told)


def _said(account: Account) -> Answer:
    match account:
        case accounts.Open(grants):
            listed = sorted((g.model_dump(mode="json") for g in grants), key=str)
            return {"state": "open", "grants": listed}
        case accounts.Closed():
            return {"state": "closed", "grants": []}
        case accounts.NotOpened():
            return {"state": "not_opened", "grants": []}
        case _:
            assert_never(account)
