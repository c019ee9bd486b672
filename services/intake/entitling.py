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
    IDENTIFIERS,
    AccountClosing,
    AccountSheet,
    Entitlement,
    RoleGrant,
    RoleRevocation,
)
from services.intake.naming import account_of
from services.log.commands import Answer, Sealed
from services.log.execute import Decision, Executor
from services.log.vault import ACCOUNT, NUMBERS, Sealer


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
            if isinstance(told, AccountSheet):
                decision.sealed = self._about(came.command_id, command.account_id, told)
            after = accounts.decider.replay(happened, since=before)
            return {"id": str(command.account_id), **_said(after)}

        return await self._executor.execute(given(came, None), decide)

    def _about(self, command_id: UUID, account_id: UUID, told: AccountSheet) -> list[Sealed]:
        """Who it is, and by which numbers others know them: what was said, sealed."""
        sealed = []
        if told.title:
            title = told.title.encode()
            sealed.append(
                self._sealer.seal(title, kind=ACCOUNT, ref=command_id, subject=account_id)
            )
        if told.identifiers:
            numbers = IDENTIFIERS.dump_json(told.identifiers)
            ref = uuid5(command_id, "identifiers")
            sealed.append(self._sealer.seal(numbers, kind=NUMBERS, ref=ref, subject=account_id))
        return sealed


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
