"""`snp targets`, `snp journal`, `snp import figures`: what a community accounts for itself."""

import getpass
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.markup import escape

from events.roles import Role
from projections.indicators.definitions import catalogue
from projections.indicators.folding import projection
from projections.indicators.periods import NotAPeriod, Period, period_of
from projections.indicators.tables import contract_years
from services.cli.errors import Told
from services.cli.freshness import with_what_was_just_told
from services.cli.importing import Wrong, number_of, rows_of, tell_wrong
from services.cli.look import asked, communities_of
from services.cli.session import Session, console, in_session, say, show_table
from services.cli.tell import about
from services.cli.words import HERE
from services.intake.accounts import GivenFigure
from services.intake.rejections import Problem
from services.messaging.subjects import Kind
from services.reports import wording
from services.reports.activity import Entry, entries
from services.reports.lines import scaled, unscaled

_TARGET = re.compile(r"^\s*([a-z][a-z0-9_]*)\s*(>=|<=)\s*(-?[0-9]+(?:[.,][0-9]+)?)\s*%?\s*$")
FIGURES = ("indicator", "period", "numerator", "denominator", "source")


def agree_targets(
    finess: str,
    agreed: Sequence[str],
    year: str | None,
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    """Whole: they replace what was agreed before for that year."""
    if year is None:
        raise Told("say which year: --year 2026-03-01/2027-02-28", code="usage", status=2)
    period = _period(year)
    data = {
        "finess": finess,
        "year": {"begins": str(period.begins), "ends": str(period.ends)},
        "targets": [_target(text) for text in agreed],
    }
    about(Kind.TARGETS, data, state, role=role, as_json=as_json)


def _target(text: str) -> dict[str, Any]:
    said = _TARGET.match(text)
    if said is None:
        msg = f"{text}: write 'fulfilment_rate>=80', in the unit of the indicator, in quotes"
        raise Told(msg, code="not_a_target", status=2)
    code, sign, number = said.groups()
    if code not in catalogue():
        msg = f"no indicator is called {code}: snp indicators list"
        raise Told(msg, code="unknown_indicator", status=2)
    value = unscaled(float(number.replace(",", ".")), catalogue()[code][-1].unit)
    if not isfinite(value):
        raise Told(f"{text}: no indicator is that great", code="not_a_target", status=2)
    return {"indicator": code, "at_least" if sign == ">=" else "at_most": value}


def _period(text: str) -> Period:
    try:
        return period_of(text)
    except NotAPeriod as unknown:
        raise Told(f"{text}: {unknown}", code="not_a_period", status=2) from unknown


def show_targets(finess: str, state: Path | None, *, as_json: bool) -> None:
    """Year by year, the last first."""

    async def work(session: Session) -> list[dict[str, Any]]:
        await communities_of(session, finess)
        await with_what_was_just_told(session, projection)
        years = contract_years.c
        query = contract_years.select().where(years.finess == finess)
        return await asked(session, query.order_by(years.begins.desc()))

    found = in_session(state, work)
    if as_json:
        say({"years": found})
        return
    if not found:
        console.print("No targets were agreed yet:")
        console.print(
            f"snp targets {finess} --year 2026-03-01/2027-02-28 'fulfilment_rate>=80'", style="dim"
        )
    for year in found:
        console.print(f"[bold]{year['begins']} to {year['ends']}[/bold]")
        for target in year["targets"]:
            definition = catalogue()[target["indicator"]][-1]
            for name, sign in (("at_least", "≥"), ("at_most", "≤")):
                value = scaled(target[name], definition.unit)
                if value is not None:
                    number = wording.number(value, definition.unit, "en")
                    console.print(
                        f"  {definition.name.en} {sign} {number}  [dim]{definition.code}[/dim]"
                    )


def import_figures(
    finess: str, file: Path, state: Path | None, *, role: Role, as_json: bool
) -> None:
    """A line a figure: all of the file, or nothing and what is wrong where."""
    found, wrong = [], []
    for line, row in rows_of(file, FIGURES):
        if (told := _not_reported(row["indicator"])) is not None:
            wrong.append(Wrong(line, told.code, str(told)))
            continue
        try:
            found.append(_figure(row).model_dump(mode="json"))
        except ValidationError as error:
            problems = [Problem.of(one) for one in error.errors(include_input=False)]
            wrong += [Wrong(line, one.code, f"{one.field}: {one.message}") for one in problems]
        except NotAPeriod as unknown:
            wrong.append(Wrong(line, "not_a_period", f"{row['period']}: {unknown}"))
    if wrong:
        tell_wrong(file, wrong, as_json=as_json)
    if not found:
        raise Told(f"{file}: no line below the header", code="nothing_to_import", status=2)
    about(Kind.FIGURES, {"finess": finess, "figures": found}, state, role=role, as_json=as_json)


def _not_reported(code: str) -> Told | None:
    if code not in catalogue():
        msg = f"no indicator is called {code or '(nothing)'}: snp indicators list"
        return Told(msg, code="unknown_indicator", status=2)
    if not catalogue()[code][-1].external:
        msg = f"{code} is counted from events: nothing is to be imported"
        return Told(msg, code="not_reported", status=2)
    return None


def _figure(row: dict[str, str]) -> GivenFigure:
    period = period_of(row["period"])
    return GivenFigure.model_validate(
        {
            "indicator": row["indicator"],
            "begins": period.begins,
            "ends": period.ends,
            "numerator": number_of(row["numerator"]),
            "denominator": number_of(row["denominator"]) if row["denominator"] else None,
            "source": row["source"],
        }
    )


def write_note(
    finess: str,
    text: str,
    topic: str,
    day: datetime | None,
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    """Sealed where it arrives."""
    said = sys.stdin.read() if text == "-" else text
    data = {"finess": finess, "topic": topic, "text": said.strip()}
    data |= {"day": day.date().isoformat()} if day else {}
    about(Kind.JOURNAL_NOTE, data, state, role=role, as_json=as_json)


def show_notes(finess: str, period: str | None, state: Path | None, *, as_json: bool) -> None:
    """The oldest first."""

    async def work(session: Session) -> Sequence[Entry]:
        await communities_of(session, finess)
        await with_what_was_just_told(session, projection)
        this_year = str((await session.now()).astimezone(HERE).year)
        of = _period(period or this_year)
        return await entries(session.pool, session.vault, finess, of, getpass.getuser())

    found = in_session(state, work)
    if as_json:
        say({"notes": found})
        return
    if not found:
        console.print("No note was written: snp journal write")
        return
    rows = [
        [str(one.day), one.topic.lower(), escape(one.text or "(destroyed)"), str(one.entry_id)]
        for one in found
    ]
    show_table(["day", "about", "note", "id"], rows, cut={"note"})


def strike_note(
    finess: str, entry: UUID, state: Path | None, *, sure: bool, role: Role, as_json: bool
) -> None:
    """Struck, and its text destroyed."""
    if not sure and as_json:
        raise Told("it cannot be undone: say --yes", code="not_sure", status=2)
    if not sure:
        typer.confirm("The text of the note cannot be brought back. Strike it?", abort=True)
    data = {"finess": finess, "entry_id": str(entry)}
    about(Kind.JOURNAL_STRIKE, data, state, role=role, as_json=as_json)
