"""Who takes part: communities, and their practitioners."""

from pathlib import Path
from typing import Any

from rich.markup import escape

from domain import community as communities
from domain import practitioner as practitioners
from domain.community import Formed
from domain.practitioner import NotEnrolled, Paused, Practitioner, enrolment
from services.cli import words
from services.cli.look import communities_of
from services.cli.session import Session, console, in_session, say, show_table
from services.log.reader import Log


def show_communities(state: Path | None, *, as_json: bool) -> None:
    """By number."""

    async def work(session: Session) -> dict[str, Any]:
        return await Log(session.pool).states(communities.decider, "community")

    told = [
        {
            "finess": finess,
            "title": formed.title,
            "departement": formed.departement,
            "zone": formed.zone,
            "communes": len(formed.communes),
            "inhabitants": sum(commune.population for commune in formed.communes),
            "neighbours": list(formed.neighbours),
            "crisis": formed.crisis.title if formed.crisis else None,
        }
        for finess, formed in sorted(in_session(state, work).items())
        if isinstance(formed, Formed)
    ]
    if as_json:
        say({"communities": told})
        return
    if not told:
        console.print("No community yet: snp import communities FILE")
        return
    columns = ("finess", "title", "departement", "communes", "inhabitants", "zone")
    lines = [[escape(str(one[column])) for column in columns] for one in told]
    show_table(columns, lines, cut={"title"})


def show_members(community: str | None, state: Path | None, *, as_json: bool) -> None:
    """By number; of one community, or of all."""

    async def work(session: Session) -> dict[str, Practitioner]:
        await communities_of(session, community)
        return await Log(session.pool).states(practitioners.decider, "practitioner")

    told = []
    for rpps, practitioner in sorted(in_session(state, work).items()):
        if isinstance(practitioner, NotEnrolled):
            continue
        known = enrolment(practitioner)
        if community is not None and community not in known.communities:
            continue
        consent = known.consent
        told.append(
            {
                "rpps": rpps,
                "profession": known.profession,
                "setting": known.setting,
                "communities": list(known.communities),
                "sources": list(consent.sources) if consent else [],
                "weekly_cap": consent.weekly_cap if consent else None,
                "overbook": bool(consent and consent.overbook),
                "reached_by": list(known.channels),
                "paused": isinstance(practitioner, Paused),
            }
        )
    if as_json:
        say({"practitioners": told})
        return
    if not told:
        console.print("Nobody takes part yet: snp practitioner enrol, snp import practitioners")
        return
    columns = ("rpps", "", "profession", "where", "agrees to", "beyond the agenda", "reached by")
    show_table(columns, [_line(one) for one in told], cut={"where"})
    console.print("snp practitioner show RPPS tells everything about one of them.", style="dim")


def _line(one: dict[str, Any]) -> list[str]:
    return [
        one["rpps"],
        "[yellow]paused[/yellow]" if one["paused"] else "",
        words.PROFESSIONS[one["profession"]],
        words.SETTINGS[one["setting"]],
        " ".join(one["sources"]) or "nobody",
        "yes" if one["overbook"] else "",
        " ".join(one["reached_by"]) or "nothing",
    ]
