"""A report as a table: a row a figure, with what it means and what was asked."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from projections.indicators.definitions import Definition
from services.reports.asking import Report
from services.reports.lines import Line, fingerprint, lines

_ASKED = (
    "community",
    "departement",
    "begins",
    "ends",
    "by",
    "reader",
    "position",
    "as_of",
    "fingerprint",
)


_MEANING = ("formula", "numerator_is", "denominator_is", "readers", "valid_from", "basis", "events")
_WRITTEN_BY_PEOPLE = ("cell_name", "part_name", "source")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (*_ASKED, *(field.name for field in fields(Line)), *_MEANING)


def as_csv(report: Report, language: str) -> bytes:
    """UTF-8, commas, a line a figure; what was asked is in every line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows(report, language):
        writer.writerow(row | {name: _plain(row[name]) for name in _WRITTEN_BY_PEOPLE})
    return text.getvalue().encode()


def _plain(text: str) -> str:
    """A spreadsheet would compute what begins like a formula.

    Source: OWASP, CSV injection.
    """
    return f"'{text}" if text.startswith(_FORMULAS) else text


def rows(report: Report, language: str) -> list[dict[str, Any]]:
    """By column."""
    found = lines(report, language)
    asked = asked_of(report, found)
    return [
        asked | asdict(line) | meaning_of(report.definitions[line.code], language) for line in found
    ]


def asked_of(report: Report, found: Sequence[Line]) -> dict[str, Any]:
    """What was asked, of which state of the log, and the fingerprint of the answer."""
    asked, at = report.ask.asked, report.ask.at
    return {
        "community": asked.scope.community or "",
        "departement": asked.scope.departement or "",
        "begins": asked.period.begins.isoformat(),
        "ends": asked.period.ends.isoformat(),
        "by": asked.by or "",
        "reader": str(report.ask.reader),
        "position": report.position,
        "as_of": at.isoformat() if at else "",
        "fingerprint": fingerprint(report, found),
    }


def meaning_of(definition: Definition, language: str) -> dict[str, str]:
    """What an indicator is, in words."""
    return {
        "formula": definition.formula.of(language),
        "numerator_is": definition.numerator.of(language),
        "denominator_is": definition.denominator.of(language) if definition.denominator else "",
        "readers": " ".join(definition.readers),
        "valid_from": definition.valid_from.isoformat(),
        "basis": definition.basis,
        "events": " ".join(definition.events),
    }
