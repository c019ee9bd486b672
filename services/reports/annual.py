"""The annual report of activity as PDF: targets, charts, chapters, journal, definitions."""

import io
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from projections.indicators.values import theme_name, value_name
from services.reports import charts, wording
from services.reports.activity import Activity
from services.reports.lines import Line, fingerprint, lines

_DARK = HexColor("#1F4E79")
_GOOD, _BAD, _RULE = HexColor("#1E7B34"), HexColor("#B3261E"), HexColor("#C9CED6")
_MARGIN, _PADDING = 16 * mm, 6  # points: what a frame leaves around
_WIDTHS = (78 * mm, 38 * mm, 38 * mm, 24 * mm)

_SAMPLE = getSampleStyleSheet()
_BODY = ParagraphStyle("body", parent=_SAMPLE["BodyText"], fontSize=8.5, leading=11)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7, leading=9, textColor=HexColor("#555555"))
_H1 = ParagraphStyle("h1", parent=_SAMPLE["Title"], fontSize=20, textColor=_DARK, alignment=0)
_H2 = ParagraphStyle("h2", parent=_SAMPLE["Heading2"], fontSize=12, textColor=_DARK)

_SAID = {
    "fr": {
        "title": "Rapport d'activité",
        "about": "Soins non programmés, accord conventionnel interprofessionnel (ACI)",
        "period": "du {begins} au {ends}",
        "made_of": "Établi sur le journal des événements jusqu'à la position {position}{as_of}."
        " Qui pose la même question obtient les mêmes chiffres ; empreinte {fingerprint}.",
        "as_of": ", tel qu'il était le {at}",
        "restricted": "Les nombres de patients de dix ou moins ne sont pas montrés ; les autres"
        " sont donnés à deux près.",
        "targets": "Objectifs de l'année",
        "no_targets": "Aucun objectif n'a été convenu pour cette année : snp targets.",
        "charts": "Mois par mois",
        "head": ("Indicateur", "Valeur", "Sur", "Objectif"),
        "journal": "Journal qualitatif",
        "no_journal": "Aucune note n'a été écrite : snp journal write.",
        "journal_kept": "Ses notes peuvent nommer quelqu'un : à la communauté de les transmettre.",
        "destroyed": "(texte détruit)",
        "definitions": "Ce que mesurent les indicateurs",
        "page": "page {page}",
        "requests": "Demandes",
        "served": "avec rendez-vous",
        "received": "reçues",
        "rates": "Taux de réponse et de présence (%)",
        "answered": "réponse sous 48 h",
        "attended": "présence",
        "delays": "Délais médians",
        "to_place": "jusqu'à l'attribution (min)",
        "to_visit": "jusqu'au rendez-vous (h)",
        "places": "Places",
        "used": "utilisées",
        "lost": "perdues",
        "withdrawn": "retirées",
        "open": "libres",
    },
    "en": {
        "title": "Report of activity",
        "about": "Same-day care, under the interprofessional agreement (ACI)",
        "period": "from {begins} to {ends}",
        "made_of": "Made of the log of events up to position {position}{as_of}. Whoever asks the"
        " same has the same figures; fingerprint {fingerprint}.",
        "as_of": ", as it was on {at}",
        "restricted": "Numbers of patients of ten or fewer are not shown; others are right to two.",
        "targets": "Targets of the year",
        "no_targets": "No targets were agreed for this year: snp targets.",
        "charts": "Month by month",
        "head": ("Indicator", "Value", "Of", "Target"),
        "journal": "Qualitative journal",
        "no_journal": "No note was written: snp journal write.",
        "journal_kept": "Its notes may name somebody: they are the community's to hand over.",
        "destroyed": "(text destroyed)",
        "definitions": "What the indicators measure",
        "page": "page {page}",
        "requests": "Requests",
        "served": "given a visit",
        "received": "received",
        "rates": "Fulfilment and attendance (%)",
        "answered": "within 48 h",
        "attended": "attended",
        "delays": "Median delays",
        "to_place": "to a place (min)",
        "to_visit": "to the visit (h)",
        "places": "Places",
        "used": "used",
        "lost": "lost",
        "withdrawn": "withdrawn",
        "open": "open",
    },
}


def as_pdf(activity: Activity, language: str) -> bytes:
    """The document."""
    said: dict[str, Any] = _SAID[language]
    found = lines(activity.report, language)
    mark = fingerprint(activity.report, found)
    sink = io.BytesIO()
    document = SimpleDocTemplate(
        sink,
        pagesize=A4,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"{said['title']} · {activity.title}",
        author="SNP Dispatch",
        invariant=1,  # the same figures are the same bytes
    )

    def footer(canvas: Canvas, _: Any) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(_MARGIN, 10 * mm, f"{activity.title} · {mark}")
        canvas.drawRightString(
            A4[0] - _MARGIN, 10 * mm, said["page"].format(page=canvas.getPageNumber())
        )

    story = [
        *_cover(activity, said, mark),
        *_targets(found, said, language),
        *_charts(activity, said, language),
        PageBreak(),
        *_chapters(found, said, language),
        *_journal(activity, said, language),
        PageBreak(),
        *_definitions(activity, said, language),
    ]
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return sink.getvalue()


def _cover(activity: Activity, said: dict[str, Any], mark: str) -> Iterable[Flowable]:
    report = activity.report
    asked, at = report.ask.asked, report.ask.at
    dates = said["period"].format(begins=_day(asked.period.begins), ends=_day(asked.period.ends))
    yield Paragraph(said["title"], _H1)
    yield Paragraph(f"<b>{_say(activity.title)}</b> · FINESS {asked.scope.community}", _BODY)
    yield Paragraph(f"{said['about']}, {dates}", _BODY)
    yield Spacer(0, 4 * mm)
    as_of = said["as_of"].format(at=f"{at:%d/%m/%Y %H:%M %Z}") if at else ""
    made_of = said["made_of"].format(position=report.position, as_of=as_of, fingerprint=mark)
    yield Paragraph(made_of, _SMALL)
    if report.restricted:
        yield Paragraph(said["restricted"], _SMALL)


def _targets(found: Sequence[Line], said: dict[str, Any], language: str) -> Iterable[Flowable]:
    yield Paragraph(said["targets"], _H2)
    aimed = [line for line in found if line.at_least is not None or line.at_most is not None]
    if aimed:
        yield _table(aimed, said, language)
    else:
        yield Paragraph(said["no_targets"], _BODY)


def _charts(activity: Activity, said: dict[str, Any], language: str) -> Iterable[Flowable]:
    asked = activity.report.ask.asked
    months = [month.name for month in asked.period.months()]
    names = [name[5:] for name in months]
    by = {(line.code, line.cell, line.part): line for line in lines(activity.by_month, language)}

    def of(code: str, part: str = "", scale: float = 1.0) -> list[float | None]:
        found = [by.get((code, month, part)) for month in months]
        return [line.value / scale if line and line.value is not None else None for line in found]

    served = [(said["served"], of("requests_answered_as", "SERVED"))]
    requests = [(said["received"], of("requests_received")), *served]
    rates = [(said["answered"], of("fulfilment_rate")), (said["attended"], of("attendance_rate"))]
    delays = [
        (said["to_place"], of("time_to_assign")),
        (said["to_visit"], of("time_to_appointment", scale=60)),
    ]
    places = [(said[what], of(f"places_{what}")) for what in ("used", "lost", "withdrawn", "open")]
    drawn = [
        [
            charts.bars(said["requests"], names, requests, stacked=False),
            charts.lines(said["rates"], names, rates, most=100),
        ],
        [
            charts.lines(said["delays"], names, delays, most=None),
            charts.bars(said["places"], names, places, stacked=True),
        ],
    ]
    yield KeepTogether([Paragraph(said["charts"], _H2), _side_by_side(drawn)])


def _side_by_side(drawn: list[list[Drawing]]) -> Table:
    return Table(drawn, colWidths=[89 * mm, 89 * mm], style=[("LEFTPADDING", (0, 0), (-1, -1), 0)])


def _chapters(found: Sequence[Line], said: dict[str, Any], language: str) -> Iterable[Flowable]:
    for theme, group in groupby(found, key=lambda line: line.theme):
        table = _table(list(group), said, language)
        yield KeepTogether([Paragraph(theme_name(theme, language), _H2), table])


def _table(found: Sequence[Line], said: dict[str, Any], language: str) -> Table:
    rows: list[list[Any]] = [list(said["head"])]
    style: list[Any] = [
        ("FONT", (0, 0), (-1, -1), "Helvetica", 8),
        ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, _RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
    for nth, line in enumerate(found, 1):
        name = f"&nbsp;&nbsp;&nbsp;{_say(line.part_name)}" if line.part else _say(line.name)
        rows.append(
            [
                Paragraph(name, _SMALL if line.part else _BODY),
                _latin(wording.value(line, language)),
                _latin(wording.of_how_many(line, language)),
                _latin(wording.target(line, language)),
            ]
        )
        if line.reached is not None:
            style.append(("TEXTCOLOR", (1, nth), (3, nth), _GOOD if line.reached else _BAD))
    return Table(rows, colWidths=list(_WIDTHS), repeatRows=1, style=TableStyle(style))


def _journal(activity: Activity, said: dict[str, Any], language: str) -> Iterable[Flowable]:
    entries = activity.entries
    yield Paragraph(said["journal"], _H2)
    if activity.report.restricted:
        yield Paragraph(said["journal_kept"], _BODY)
        return
    if not entries:
        yield Paragraph(said["no_journal"], _BODY)
    for entry in entries:
        topic = value_name("topic", entry.topic, language)
        text = _say(entry.text) if entry.text is not None else said["destroyed"]
        yield Paragraph(f"<b>{_day(entry.day)}</b> · {topic} · {text}", _BODY)


def _definitions(activity: Activity, said: dict[str, Any], language: str) -> Iterable[Flowable]:
    yield Paragraph(said["definitions"], _H2)
    for definition in activity.report.definitions.values():
        name, formula = definition.name.of(language), definition.formula.of(language)
        yield Paragraph(
            f"<b>{_say(name)}</b> ({definition.code}, v{definition.version}). {_say(formula)}"
            f" <i>{_say(definition.basis)}</i>",
            _SMALL,
        )


def _day(day: Any) -> str:
    return f"{day:%d/%m/%Y}"


def _say(text: str) -> str:
    """For a paragraph: nothing somebody wrote is markup."""
    return escape(_latin(text))


def _latin(text: str) -> str:
    """What the fonts every reader of PDF has can draw; a question mark for what they cannot."""
    for sign, drawn in (
        ("≥", ">="),
        ("≤", "<="),
        ("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"),
    ):
        text = text.replace(sign, drawn)
    return text.encode("cp1252", "replace").decode("cp1252")
