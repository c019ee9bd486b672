"""Options many commands have."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from events.roles import Role
from services.cli.errors import Told

HERE_NAME = os.environ.get("SNP_ZONE", "Europe/Paris")
"""The zone of the times a terminal shows and is given."""


def _folder(name: str) -> Path:
    """The folder of that name. What a shell made of a variable it does not know names none."""
    if not name:
        msg = "name a folder, or leave --state away"
        raise typer.BadParameter(msg)
    return Path(name)


State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="Folder of the embedded servers.",
        envvar="SNP_STATE",
        metavar="PATH",
        parser=_folder,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Community = Annotated[
    str | None, typer.Option("--community", "-c", help="FINESS number of a community.")
]
HttpPort = Annotated[int | None, typer.Option(help="Port of HTTP on 127.0.0.1 (8000).")]
SlotId = Annotated[str, typer.Argument(metavar="ID", help="Slot, or the beginning of its id.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="Request or case.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
As = Annotated[
    Role, typer.Option("--as", help="In what capacity: practitioner, delegate, regulator, …")
]
Instant = Annotated[
    datetime,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M", "%H:%M", "%Y-%m-%dT%H:%M%z"], help="14:30 (today), or a date."
    ),
]


def codes(text: str | None) -> list[str] | None:
    """`SAS,CPTS` → both; None where nothing was said."""
    return None if text is None else [code.strip().upper() for code in text.split(",") if code]


def one_of(codes: type[StrEnum], text: str | None, option: str) -> str | None:
    """The code that was meant, whatever its case. Raises Told, naming those there are."""
    if text is None or text.upper() in set(codes):
        return None if text is None else text.upper()
    msg = f"{option} {text}: there are {', '.join(codes)}"
    raise Told(msg, code="unknown_code", status=2)


_LONGEST_POSITION = 18  # digits: PostgreSQL's numbers end there
FIRST_YEAR, LAST_YEAR = 2000, 2199


def instant_or_position(text: str, zone: ZoneInfo) -> datetime | int:
    """What `--at` means: `2026-11-23T14:00` there, or a position of the log. Raises Told."""
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_POSITION:
        return int(text)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as wrong:
        msg = f"--at {text}: write 2026-11-23, 2026-11-23T14:00, or a position of the log"
        raise Told(msg, code="usage", status=2) from wrong
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        msg = f"--at {text}: an instant of this century or the next"
        raise Told(msg, code="usage", status=2)
    return given if given.tzinfo else given.replace(tzinfo=zone)


def zone_named(name: str) -> ZoneInfo:
    """`Indian/Reunion`. Raises Told for what is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        msg = f"no time zone is called {name}: Europe/Paris, Indian/Reunion, America/Martinique…"
        raise Told(msg, code="unknown_zone", status=2) from unknown
