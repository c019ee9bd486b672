"""`snp deliveries`: what other systems were told, and how far each has heard."""

from pathlib import Path
from typing import Any

from services.cli import words
from services.cli.errors import Told
from services.cli.session import Session, console, in_session, say, show_table
from services.deliver.ledger import STATES, Ledger, destinations, listed
from services.hub_sante import sent

_COLOURS = {
    "delivered": "green",
    "sent": "cyan",
    "waiting": "yellow",
    "refused": "red",
    "left_out": "red",
}


def show_deliveries(
    destination: str | None, only: str | None, limit: int, state: Path | None, *, as_json: bool
) -> None:
    """Who is told, and the newest of what they were told."""
    if only is not None and only not in STATES:
        msg = f"no such state: {only}; there are {', '.join(STATES)}"
        raise Told(msg, code="usage", status=2)

    async def work(session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with session.pool.connection() as connection:
            found = await listed(connection, destination=destination, state=only, limit=limit)
            return await destinations(connection), found

    there, found = in_session(state, work)
    if as_json:
        say({"destinations": there, "deliveries": found})
        return
    if not there:
        console.print(
            "Nobody is told anything. The national platform: SNP_PLATFORM_URL; partners: webhooks,"
            " POST /v1/webhooks."
        )
        return
    show_table(
        ("destination", "heard up to", "behind", "how it is"),
        [
            [one["name"], str(one["position"]), str(one["behind"]), _standing(one)]
            for one in there
            if destination in {None, one["name"]}
        ],
    )
    if not found:
        console.print("Nothing was told yet.")
        return
    lines = [
        [
            words.clock(row["created_at"]),
            f"[{_COLOURS[row['state']]}]{row['state'].replace('_', ' ')}[/]",
            row["destination"],
            row["what"],
            row["about"].partition("-")[2][:8],
            str(row["attempts"]),
            row["detail"] or "",
        ]
        for row in found
    ]
    show_table(("when", "state", "to", "what", "about", "tries", "why"), lines, cut={"why"})
    if any(row["state"] == "refused" for row in found):
        console.print(
            "After a fix: snp deliveries DESTINATION --since POSITION tells it all again."
        )


def tell_again(destination: str, since: int | None, state: Path | None, *, as_json: bool) -> None:
    """From a position, or from where it stopped."""

    async def work(session: Session) -> None:
        ledger = Ledger(session.pool)
        if await ledger.cursor(destination) is None:
            async with session.pool.connection() as connection:
                known = ", ".join(one["name"] for one in await destinations(connection))
            msg = f"no such destination: {destination}; there are {known or 'none'}"
            raise Told(msg, code="no_such_destination")
        if since is None:
            await ledger.resume(destination)
        else:
            forgetting = sent.FORGETTING if destination == sent.NAME else ()
            await ledger.back(destination, since, forgetting)

    in_session(state, work)
    if as_json:
        say({"destination": destination, "since": since})
    else:
        console.print(f"{destination} is told again in a moment.")


def _standing(one: dict[str, Any]) -> str:
    if one["suspended_at"] is not None:
        return f"[red]suspended[/] {words.clock(one['suspended_at'])}; --resume goes on"
    if one["waiting"]:
        since = words.clock(one["failing_since"])
        return f"[yellow]does not answer[/] since {since}: {one['detail'] or 'first try'}"
    return "[green]hears[/]"
