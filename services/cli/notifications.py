"""`snp notifications`: what practitioners were told, and what did not reach them."""

from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from services.cli import words
from services.cli.errors import Told
from services.cli.session import Session, console, in_session, say, show_table
from services.notify.outbox import STATES

_COLOURS = {"delivered": "green", "waiting": "yellow", "failed": "red", "unreachable": "red"}
_QUERY = """
select notice_id, kind, rpps, community, request_id, until, state, attempts, channels, created_at
from notifications
where (%(rpps)s::text is null or rpps = %(rpps)s) and (%(only)s::text is null or state = %(only)s)
order by created_at desc, notice_id limit %(limit)s
"""


def show_notifications(
    rpps: str | None, only: str | None, limit: int, state: Path | None, *, as_json: bool
) -> None:
    """The newest first."""
    if only is not None and only not in STATES:
        msg = f"no such state: {only}; there are {', '.join(STATES)}"
        raise Told(msg, code="usage", status=2)

    async def work(session: Session) -> list[dict[str, Any]]:
        async with session.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(_QUERY, {"rpps": rpps, "only": only, "limit": limit})
            return await cursor.fetchall()

    found = in_session(state, work)
    if as_json:
        say({"notifications": found})
        return
    if not found:
        console.print("Nobody was told anything. Addresses: snp practitioner contacts RPPS --sms …")
        return
    lines = [
        [
            words.clock(row["created_at"]),
            f"[{_COLOURS.get(row['state'], 'dim')}]{row['state'].replace('_', ' ')}[/]",
            row["rpps"],
            row["kind"].replace("_", " "),
            ", ".join(row["channels"] or ()),
            str(row["attempts"]),
            str(row["request_id"] or "")[:8],
        ]
        for row in found
    ]
    show_table(("when", "state", "to", "what", "by", "tries", "request"), lines)
