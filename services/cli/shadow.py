"""`snp shadow`: a candidate policy beside the one in force."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from services.cli.session import Session, console, in_session, say, show_table
from services.cli.words import HERE
from services.reports.wording import NOTHING

_COMPARED = """
select policy, count(*),
    count(*) filter (where live_slot is not distinct from shadow_slot),
    count(*) filter (where live_slot is not null),
    count(*) filter (where shadow_slot is not null),
    avg(live_loss) filter (where live_slot is not null and shadow_slot is not null),
    avg(shadow_loss) filter (where live_slot is not null and shadow_slot is not null)
from shadow_decisions
where decided_at >= %(since)s and (%(community)s::text is null or community = %(community)s)
group by policy order by policy
"""
_OTHERWISE = """
select decided_at, policy, request_id, live_loss, shadow_loss
from shadow_decisions
where decided_at >= %(since)s and (%(community)s::text is null or community = %(community)s)
    and live_slot is distinct from shadow_slot
order by decided_at desc limit %(limit)s
"""
_FIGURES = (
    "policy",
    "decisions",
    "alike",
    "live_placed",
    "shadow_placed",
    "live_loss",
    "shadow_loss",
)
_ROW = ("decided_at", "policy", "request", "live_loss", "shadow_loss")


def show_shadow(
    community: str | None, days: int, limit: int, state: Path | None, *, as_json: bool
) -> None:
    """How often both chose alike, and where they did not."""

    async def work(session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        since = await session.now() - timedelta(days=days)
        given = {"since": since, "community": community, "limit": limit}
        async with session.pool.connection() as connection:
            compared = await connection.execute(_COMPARED, given)
            figures = [dict(zip(_FIGURES, row, strict=True)) for row in await compared.fetchall()]
            found = await connection.execute(_OTHERWISE, given)
            rows = [dict(zip(_ROW, row, strict=True)) for row in await found.fetchall()]
        return figures, rows

    figures, rows = in_session(state, work)
    if as_json:
        say({"policies": figures, "otherwise": rows})
        return
    if not figures:
        console.print("No candidate was tried. Start with SNP_SHADOW_POLICY=earliest, for one.")
        return
    show_table(
        ["candidate", "decisions", "alike", "placed live", "by it", "loss live", "by it"],
        [
            [
                one["policy"],
                str(one["decisions"]),
                f"{100 * one['alike'] / one['decisions']:.0f} %",
                str(one["live_placed"]),
                str(one["shadow_placed"]),
                _loss(one["live_loss"]),
                _loss(one["shadow_loss"]),
            ]
            for one in figures
        ],
    )
    console.print("loss: of the patient alone, where both gave a place", style="dim")
    if rows:
        console.print("decided otherwise:")
    for row in rows:
        at = cast("datetime", row["decided_at"]).astimezone(HERE)
        console.print(
            f"  {at:%d %b %H:%M}  {row['policy']}  live {_loss(row['live_loss'])}, "
            f"by it {_loss(row['shadow_loss'])}  [dim]snp why {row['request']}[/dim]",
            highlight=False,
        )


def _loss(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"
