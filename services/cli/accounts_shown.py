"""Accounts in the terminal, and the secrets that are shown once."""

from pathlib import Path
from typing import Any
from uuid import UUID

from rich.markup import escape

from domain import account as accounts
from domain.account import NotOpened, Open
from events import streams
from events.roles import Role
from services.access.credentials import Credentials
from services.cli import words
from services.cli.errors import Told
from services.cli.session import Session, console, in_session, say, show_table
from services.cli.tell import tell_of
from services.log.reader import Log
from services.messaging.subjects import Kind


def open_and_show(data: dict[str, Any], state: Path | None, *, as_json: bool) -> None:
    """The account, and a secret for who signs in here."""

    async def work(session: Session) -> dict[str, Any]:
        answer = await tell_of(session, Kind.ACCOUNT, data, Role.ADMINISTRATOR)
        if data["issuer"] is not None:
            return answer
        return answer | {"secret": await _new_secret(session, UUID(answer["id"]))}

    _show_secret(in_session(state, work), as_json=as_json)


def show_secret(identity: str, state: Path | None, *, as_json: bool) -> None:
    """Another one."""

    async def work(session: Session) -> dict[str, Any]:
        account_id = _uuid(identity)
        known = await Log(session.pool).state(accounts.decider, streams.account(account_id))
        if not isinstance(known, Open):
            raise Told("there is no such account: snp account list", code="no_such_account")
        return {"id": str(account_id), "secret": await _new_secret(session, account_id)}

    _show_secret(in_session(state, work), as_json=as_json)


def show_accounts(state: Path | None, *, as_json: bool) -> None:
    """By when they were opened."""

    async def work(session: Session) -> list[dict[str, Any]]:
        found = []
        every = await Log(session.pool).states(accounts.decider, "account")
        for name, known in every.items():
            account_id = UUID(name)
            assert not isinstance(known, NotOpened), "it has a history"
            grants = sorted(known.grants, key=str) if isinstance(known, Open) else []
            found.append(
                {
                    "id": str(account_id),
                    "title": await session.vault.title_of(account_id),
                    "state": "open" if isinstance(known, Open) else "closed",
                    "grants": [grant.model_dump(mode="json") for grant in grants],
                    "said": [words.capacity(grant) for grant in grants],
                }
            )
        return found

    found = in_session(state, work)
    if as_json:
        told = [{k: v for k, v in one.items() if k != "said"} for one in found]
        say({"accounts": told})
        return
    if not found:
        console.print("No account yet: snp account open --role regulator")
        return
    rows = [
        [one["id"], one["state"], escape(one["title"] or ""), escape(", ".join(one["said"]))]
        for one in found
    ]
    show_table(("account", "state", "who", "may act as"), rows, cut={"who"})


def _show_secret(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say(told)
        return
    console.print(f"account  [bold]{told['id']}[/bold]")
    if "secret" in told:
        console.print(f"secret   [bold]{told['secret']}[/bold]")
        console.print("It is shown this once. A token: POST /v1/token with both.", style="dim")


async def _new_secret(session: Session, account_id: UUID) -> str:
    return await Credentials(session.pool, session.vault.sealer).make(account_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        msg = f"{text} is no id of an account: snp account list"
        raise Told(msg, code="no_such_account", status=2) from malformed
