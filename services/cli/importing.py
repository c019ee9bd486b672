"""`snp import`: communities and practitioners from CSV, all of a file or nothing of it."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError
from rich.markup import escape

from events.roles import Role
from services.cli.errors import Told
from services.cli.session import console, in_session, say
from services.cli.tell import Answer, told_or_refused
from services.intake.messages import CommunitySheet, PractitionerLine
from services.intake.rejections import Problem
from services.messaging.subjects import Kind

COMMUNES = ("insee", "commune", "population", "lat", "lon")
COMMUNITIES = ("finess", "title", "departement", "zone", *COMMUNES)
PRACTITIONERS = (
    "rpps",
    "profession",
    "communities",
    "setting",
    "specialty",
    "sources",
    "weekly_cap",
    "daily_cap",
    "min_age",
    "max_age",
    "protocols",
    "new_patients",
    "paused",
)
_OPTIONAL = {"zone", *PRACTITIONERS} - {"rpps", "profession"}
_BEYOND = ""  # where cells beyond the last column go
MOST_LINES = 1000
_YES = {"1", "true", "yes", "oui", "x"}
_NO = {"0", "false", "no", "non"}


@dataclass(frozen=True)
class Wrong:
    """A line of the file, and what is wrong with it."""

    line: int
    code: str
    message: str


class Contradicted(Exception):
    """Two lines of one community say different things of it."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__()
        self.wrong = wrong


def import_communities(file: Path, state: Path | None, *, role: Role, as_json: bool) -> None:
    """A line a commune; the lines of one FINESS number are one community."""
    _import(
        file, COMMUNITIES, _communities, CommunitySheet, None, state, role=role, as_json=as_json
    )


def import_practitioners(
    file: Path, community: str | None, state: Path | None, *, role: Role, as_json: bool
) -> None:
    """A line a practitioner."""
    _import(
        file,
        PRACTITIONERS,
        _practitioners,
        PractitionerLine,
        community,
        state,
        role=role,
        as_json=as_json,
    )


_Sheets = Iterator[tuple[list[int], dict[str, Any]]]
"""Sheet by sheet: the numbers of the lines it is made of, and what they say."""


def _import(
    file: Path,
    columns: Sequence[str],
    read: Callable[[list[tuple[int, dict[str, str]]]], _Sheets],
    model: type[BaseModel],
    community: str | None,
    state: Path | None,
    *,
    role: Role,
    as_json: bool,
) -> None:
    lines, sheets, wrong = [], [], list[Wrong]()
    try:
        read_sheets = list(read(rows_of(file, columns)))
    except Contradicted as contradicted:
        tell_wrong(file, [contradicted.wrong], as_json=as_json)
    for of, sheet in read_sheets:
        try:
            model.model_validate(sheet)
        except ValidationError as error:
            problems = [Problem.of(found) for found in error.errors(include_input=False)]
            wrong += [Wrong(_line(p, of), p.code, f"{p.field}: {p.message}") for p in problems]
        lines.append(of[0])
        sheets.append(sheet)
    if not sheets:
        msg = f"{file}: no line below the header"
        raise Told(msg, code="nothing_to_import", status=2)
    if not wrong:
        answer = in_session(
            state,
            lambda session: told_or_refused(
                session, Kind.IMPORT, {"sheets": sheets}, role, community
            ),
        )
        if "code" not in answer:
            _say(answer, as_json=as_json)
            return
        wrong = _refused(answer, lines)
    tell_wrong(file, wrong, as_json=as_json)


def _line(problem: Problem, of: Sequence[int]) -> int:
    """The line that says what is wrong: of a community, its nth commune's."""
    where = problem.field.split(".")
    if where[0] == "communes" and len(where) > 1 and where[1].isdigit():
        return of[int(where[1])]
    return of[0]


def rows_of(file: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Number and fields of each line. Raises Told for a file that is none, or has other columns."""
    try:
        # Spreadsheets put a mark at the beginning, and semicolons in France.
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file}: {getattr(error, 'strerror', None) or 'not UTF-8: save it as CSV UTF-8'}"
        raise Told(msg, code="unreadable_file", status=2) from error
    header = text.partition("\n")[0]
    delimiter = next((one for one in (";", "\t") if one in header), ",")
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restkey=_BEYOND)
    found = [name.strip().lower() for name in reader.fieldnames or ()]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        msg = f"{file}: column {', '.join(twice)} twice"
        raise Told(msg, code="other_columns", status=2)
    missing = [name for name in columns if name not in found and name not in _OPTIONAL]
    unknown = [name for name in found if name not in columns]
    if missing or unknown:
        told = [
            *(f"no column {name}" for name in missing),
            *(f"unknown column {n}" for n in unknown),
        ]
        msg = f"{file}: {'; '.join(told)}. Columns: {', '.join(columns)}"
        raise Told(msg, code="other_columns", status=2)
    reader.fieldnames = found
    try:
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
    except csv.Error as error:
        msg = f"{file}: line {reader.line_num}: {error}"
        raise Told(msg, code="not_csv", status=2) from error
    for line, row in rows:
        if row.get(_BEYOND):
            msg = f"{file}: line {line} has more cells than there are columns"
            raise Told(msg, code="other_columns", status=2)
    if len(rows) > MOST_LINES:
        msg = f"{file}: {len(rows)} lines, at most {MOST_LINES} are taken at once: part the file"
        raise Told(msg, code="too_many_lines", status=2)
    return [
        (line, {name: (value or "").strip() for name, value in row.items()}) for line, row in rows
    ]


def communes_of(file: Path) -> list[dict[str, Any]]:
    """The communes a file names. Raises Told for one that has other columns."""
    return [_commune(row) for _, row in rows_of(file, COMMUNES)]


def _commune(row: dict[str, str]) -> dict[str, Any]:
    return {
        "insee": row["insee"],
        "title": row["commune"],
        "population": row["population"],
        "position": {"lat": number_of(row["lat"]), "lon": number_of(row["lon"])},
    }


def _communities(rows: list[tuple[int, dict[str, str]]]) -> _Sheets:
    of: dict[str, list[int]] = {}
    sheets: dict[str, dict[str, Any]] = {}
    for line, row in rows:
        finess = row["finess"]
        of.setdefault(finess, []).append(line)
        sheet = sheets.setdefault(
            finess,
            {"finess": finess, "title": row["title"], "departement": row["departement"]}
            | ({"zone": row["zone"]} if row.get("zone") else {})
            | {"communes": []},
        )
        sheet["communes"].append(_commune(row))
        for name in ("title", "departement", "zone"):
            said = row.get(name)
            if said and said != sheet.get(name, said):
                first = f"line {of[finess][0]} says another {name} of {finess}"
                raise Contradicted(Wrong(line, "contradicts", first))
    for finess, sheet in sheets.items():
        yield of[finess], sheet


def _practitioners(rows: list[tuple[int, dict[str, str]]]) -> _Sheets:
    """What a line says, and nothing it does not: of who is enrolled, the rest stays as it is."""
    for line, row in rows:
        consent: dict[str, Any] = {}
        if row.get("sources"):
            consent["sources"] = _words(row["sources"])
        for name in ("weekly_cap", "daily_cap", "min_age", "max_age"):
            if given := row.get(name):
                consent[name] = None if given.lower() in {"none", "aucun"} else given
        if row.get("protocols"):
            pairs = [word.partition(":") for word in _words(row["protocols"])]
            consent["protocols"] = [{"protocol": code, "by": by} for code, _, by in pairs]
        if row.get("new_patients"):
            consent["new_patients"] = _truth(row["new_patients"])
        sheet: dict[str, Any] = {name: row[name] for name in ("rpps", "profession")}
        sheet |= {name: row[name] for name in ("setting", "specialty") if row.get(name)}
        sheet |= {"communities": _words(row.get("communities")), "consent": consent}
        if row.get("paused"):
            sheet["paused"] = _truth(row["paused"])
        yield [line], sheet


def number_of(cell: str) -> str:
    """As French spreadsheets write it as well."""
    return cell.replace(",", ".")


def _words(cell: str | None) -> list[str]:
    return (cell or "").split()


def _truth(cell: str) -> bool | str:
    """What is neither yes nor no is left for the sheet to refuse."""
    said = cell.lower()
    return True if said in _YES else False if said in _NO else said


def _refused(answer: Answer, lines: Sequence[int]) -> list[Wrong]:
    found = []
    for problem in answer.get("problems", ()):
        nth = problem["field"].partition(".")[2].partition(".")[0]
        line = lines[int(nth)] if nth.isdigit() and int(nth) < len(lines) else 0
        message = problem["message"] + _INSTEAD.get(problem["code"], "")
        found.append(Wrong(line, problem["code"], message))
    return found or [Wrong(0, answer["code"], answer["message"])]


_INSTEAD = {"community_already_formed": " See snp community change."}


def _say(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        say(answer)
        return
    same = answer["lines"] - answer["changed"]
    console.print(f"[green]imported[/green]  {answer['changed']} new or changed, {same} as before")
    for insee, finess in sorted(answer.get("served_first_by", {}).items()):
        told = f"{insee} is served by {finess} as well, and before: its patients are sent there"
        console.print(f"[yellow]shared[/yellow]  {told}")


def tell_wrong(file: Path, wrong: Sequence[Wrong], *, as_json: bool) -> NoReturn:
    """Line by line. Raises Told."""
    for one in [] if as_json else wrong:
        where = f"line {one.line}" if one.line else "file"
        console.print(f"[red]{where}[/red]  {one.code}  [dim]{escape(one.message)}[/dim]")
    told = "; ".join(f"line {one.line}: {one.code} ({one.message})" for one in wrong)
    lines = len({one.line for one in wrong})
    summary = f"{file.name}: {lines} line{'s' * (lines > 1)} wrong, nothing was imported"
    raise Told(f"{summary}: {told}" if as_json else summary, code="import_refused")
