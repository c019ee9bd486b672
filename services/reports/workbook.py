"""A report as a workbook."""

import io
from typing import Any

import xlsxwriter

from projections.indicators.values import theme_name
from services.reports import wording
from services.reports.asking import Report
from services.reports.lines import lines
from services.reports.table import asked_of, meaning_of

_WIDE, _MIDDLE, _NARROW = 48, 24, 14  # characters
_FORMATS = {
    "n": "#,##0.##",
    "%": '0.0" %"',
    "min": '0.0" min"',
    "h": '#,##0.0" h"',
    "index": "0.00",
    "/5": '0.0" /5"',
    "days": "0.0",
    "/1000": "0.0",
}
_HEADINGS = {
    "fr": (
        "Indicateur",
        "Détail",
        "Valeur",
        "90e centile",
        "Numérateur",
        "Dénominateur",
        "Objectif",
    ),
    "en": ("Indicator", "Detail", "Value", "90th percentile", "Numerator", "Denominator", "Target"),
}
_AS_WRITTEN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_SHEETS = {"fr": ("Chiffres", "Définitions", "Demande"), "en": ("Figures", "Definitions", "Asked")}
_DEFINITION = {
    "fr": ("Code", "Version", "Nom", "Formule", "Numérateur", "Dénominateur", "Lecteurs", "Source"),
    "en": ("Code", "Version", "Name", "Formula", "Numerator", "Denominator", "Readers", "Source"),
}


def as_workbook(report: Report, language: str) -> bytes:
    """A sheet of figures by chapter, one of what they mean, one of what was asked."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, _AS_WRITTEN) as book:
        figures, meanings, asked = (book.add_worksheet(name) for name in _SHEETS[language])
        _figures(book, figures, report, language)
        _definitions(book, meanings, report, language)
        for nth, (name, value) in enumerate(asked_of(report, lines(report, language)).items()):
            asked.write_row(nth, 0, (name, value))
        asked.set_column(0, 1, _MIDDLE)
    return sink.getvalue()


def _figures(book: Any, sheet: Any, report: Report, language: str) -> None:
    bold = book.add_format({"bold": True, "bottom": 1})
    chapter = book.add_format({"bold": True, "font_color": "#1F4E79", "top": 1})
    formats = {unit: book.add_format({"num_format": text}) for unit, text in _FORMATS.items()}
    reached = book.add_format({"font_color": "#1E7B34"})
    missed = book.add_format({"font_color": "#B3261E"})
    sheet.write_row(0, 0, _HEADINGS[language], bold)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, _WIDE)
    sheet.set_column(1, 1, _MIDDLE)
    sheet.set_column(2, 6, _NARROW)
    nth, theme = 0, None
    for line in lines(report, language):
        nth += 1
        if line.theme != theme:
            theme = line.theme
            sheet.write_row(nth, 0, (theme_name(theme, language), *[""] * 6), chapter)
            nth += 1
        of = (line.cell_name, line.part_name, line.source)
        detail = " · ".join(name for name in of if name)
        sheet.write_row(nth, 0, ("" if line.part else line.name, detail))
        if line.hidden:
            sheet.write_string(nth, 2, wording.value(line, language))
        for column, number in ((2, line.value), (3, line.p90)):
            if number is not None:
                sheet.write_number(nth, column, number, formats[line.unit])
        for column, number in ((4, line.numerator), (5, line.denominator)):
            if number is not None:
                sheet.write_number(nth, column, number, formats["n"])
        if said := wording.target(line, language):
            sheet.write_string(nth, 6, said, reached if line.reached else missed)


def _definitions(book: Any, sheet: Any, report: Report, language: str) -> None:
    bold = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, _DEFINITION[language], bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 7, _MIDDLE)
    sheet.set_column(3, 3, _WIDE + _MIDDLE)
    for nth, definition in enumerate(report.definitions.values(), 1):
        meaning = meaning_of(definition, language)
        row = (
            definition.code,
            definition.version,
            definition.name.of(language),
            meaning["formula"],
            meaning["numerator_is"],
            meaning["denominator_is"],
            meaning["readers"],
            meaning["basis"],
        )
        sheet.write_row(nth, 0, row, wrapped)
