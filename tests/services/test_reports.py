"""Reports: what is exported is what is shown, it can be traced, and asked again it is the same."""

import csv
import io
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from projections.indicators import folding
from projections.indicators.behind import Part
from projections.indicators.definitions import catalogue
from projections.indicators.periods import period_of
from projections.indicators.questions import Asked
from projections.indicators.readers import Reader
from projections.indicators.scope import Scope
from services.log.bells import Bells
from services.log.positions import NotYetWritten
from services.log.reader import Log
from services.projector.projector import Projector, rebuild
from services.reports.activity import OneCommunity, activity, contract_year, entries
from services.reports.annual import as_pdf
from services.reports.asking import (
    Ask,
    UnknownCommunity,
    facts,
    report,
)
from services.reports.discretion import NotAMonthsBeginning, NotOverYet, NotTheirPeriod
from services.reports.lines import fingerprint, lines
from services.reports.parquet import as_parquet
from services.reports.table import COLUMNS, as_csv, rows
from services.reports.tracing import NotTraced, trace
from services.reports.workbook import as_workbook
from tests.examples import HOUR, NEVERS, NOON
from tests.running import running
from tests.talking import opened, request_told, slot_told, tell
from tests.year import COMMUNITIES, Year, write

WHOLE = Part(cell=None, part=None, denominator=False)
FORMULA = "=HYPERLINK(0)"


def ask(period="2026-11", by=None, community=NEVERS, **how):
    return Ask(Asked(Scope(community=community), period_of(period), by), **how)


@pytest.fixture
async def reported(house):
    """A month with two requests, targets, a note of the journal and a figure from elsewhere."""
    await opened(house)
    await tell(house, "slot", slot_told(NOON + 3 * HOUR, labels=["SNP"]))
    for _ in range(2):
        await tell(house, "care-request", request_told())
    year = {"begins": "2026-03-01", "ends": "2027-02-28"}
    aims = [
        {"indicator": "fulfilment_rate", "at_least": 0.8},
        {"indicator": "places_lost", "at_most": 10},
        {"indicator": "active_effectors", "at_least": 5},
    ]
    await tell(house, "targets", {"finess": NEVERS, "year": year, "targets": aims})
    note = {"finess": NEVERS, "topic": "CONTEXT", "text": "Grippe, et Dr Durand en congé."}
    await tell(house, "journal-note", note)
    figure = {
        "indicator": "call_pickup_rate",
        "begins": "2026-11-02",
        "ends": "2026-11-08",
        "numerator": 9,
        "denominator": 10,
        "source": FORMULA,
    }
    await tell(house, "figures", {"finess": NEVERS, "figures": [figure]})
    await house.settled()
    return house


async def report_of(house, asked):
    return await report(house.pool, house.settings, asked)


def figure(found, code):
    return next(line for line in lines(found, "en") if line.code == code and not line.part)


async def test_a_figure_says_what_it_is_of_how_many_and_whether_it_is_enough(reported):
    found = await report_of(reported, ask())

    served = figure(found, "fulfilment_rate")
    assert (served.value, served.numerator, served.denominator) == (100.0, 2, 2)
    assert (served.at_least, served.reached) == (80.0, True)
    lost = figure(found, "places_lost")
    assert (lost.value, lost.at_most, lost.reached) == (0, 10, True)
    assert figure(found, "active_effectors").reached is False
    assert figure(found, "call_pickup_rate").source == FORMULA
    assert figure(found, "noshow_rate").reached is None


async def test_targets_are_those_of_the_contract_year_a_period_is_in(reported):
    assert figure(await report_of(reported, ask("2026-03")), "fulfilment_rate").at_least == 80.0
    assert figure(await report_of(reported, ask("2026")), "fulfilment_rate").at_least is None
    year = await contract_year(reported.pool, NEVERS, date(2026, 11, 23))
    assert (year.begins, year.ends) == (date(2026, 3, 1), date(2027, 2, 28))
    assert await contract_year(reported.pool, NEVERS, date(2027, 3, 1)) is None


async def test_a_table_has_every_figure_with_its_meaning_and_no_formula(reported):
    found = await report_of(reported, ask(by="label"))
    read = list(csv.DictReader(io.StringIO(as_csv(found, "fr").decode())))

    assert list(read[0]) == list(COLUMNS)
    assert len(read) == len(lines(found, "fr"))
    places = {row["cell"]: row for row in read if row["code"] == "places_offered"}
    assert {label: row["value"] for label, row in places.items()} == {"SNP": "2.0", "CPTS": "1.0"}
    assert places["SNP"]["name"] == catalogue()["places_offered"][-1].name.fr
    assert places["SNP"]["formula"]
    assert {row["fingerprint"] for row in read} == {fingerprint(found, lines(found, "fr"))}
    whole = csv.DictReader(io.StringIO(as_csv(await report_of(reported, ask()), "fr").decode()))
    (elsewhere,) = (row for row in whole if row["code"] == "call_pickup_rate")
    assert elsewhere["source"] == f"'{FORMULA}"


async def test_a_workbook_has_the_figures_their_definitions_and_what_was_asked(reported):
    found = await report_of(reported, ask())
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(found, "fr")))
    figures, definitions, asked = book.worksheets

    cells = {row[0].value: row for row in figures.iter_rows()}
    served = cells[catalogue()["fulfilment_rate"][-1].name.fr]
    assert [cell.value for cell in served[2:7]] == [100, None, 2, 2, "≥ 80,0 %"]
    elsewhere = cells[catalogue()["call_pickup_rate"][-1].name.fr]
    assert (elsewhere[1].value, elsewhere[1].data_type) == (FORMULA, "s")
    assert definitions.max_row == 1 + len(found.definitions)
    told = {row[0].value: row[1].value for row in asked.iter_rows()}
    assert (told["community"], told["position"]) == (NEVERS, found.position)


async def test_parquet_has_types_and_says_what_was_asked(reported):
    found = await report_of(reported, ask())
    table = pq.read_table(io.BytesIO(as_parquet(found, "en")))

    assert table.num_rows == len(lines(found, "en"))
    assert table.to_pylist() == [
        dict(zip(COLUMNS, row.values(), strict=True)) for row in rows(found, "en")
    ]
    assert str(table.schema.field("value").type) == "double"
    assert str(table.schema.field("reached").type) == "bool"
    mark = fingerprint(found, lines(found, "en")).encode()
    assert table.schema.metadata[b"snp.fingerprint"] == mark


@pytest.mark.parametrize(
    ("period", "language", "said"),
    [
        ("2026-03-01/2027-02-28", "fr", ["Rapport d'activité", "Objectifs", "01/03/2026", ">= 80"]),
        ("2026-11", "en", ["Report of activity", "Targets", "30/11/2026"]),
        ("2025", "en", ["No target"]),
    ],
)
async def test_the_annual_report_has_targets_charts_chapters_and_the_journal(
    reported, period, language, said
):
    asked = ask(period)
    told = await activity(reported.pool, reported.settings, reported.vault, asked, "a coordinator")
    body = as_pdf(told, language)
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)

    for words in ["CPTS Nevers", *said]:
        assert words in text, words
    assert ("Dr Durand" in text) == (period != "2025")
    assert fingerprint(told.report, lines(told.report, language)) in text
    assert as_pdf(told, language) == body, "the same figures are the same bytes"


async def test_reading_the_journal_is_journalled(reported):
    async def reads():
        async with reported.pool.connection() as connection:
            cursor = await connection.execute(
                "select actor, reason from reveals order by revealed_at"
            )
            return await cursor.fetchall()

    before = await reads()
    (note,) = await entries(
        reported.pool, reported.vault, NEVERS, period_of("2026-11"), "a coordinator"
    )

    assert note.text == "Grippe, et Dr Durand en congé."
    (read,) = [one for one in await reads() if one not in before]
    assert read == ("a coordinator", "journal 2026-11")
    nothing = await entries(reported.pool, reported.vault, NEVERS, period_of("2025"), "x")
    assert not nothing


async def test_the_events_behind_a_figure_are_in_the_log(reported):
    asked = ask()
    async with facts(reported.pool, reported.settings, asked) as known:
        found = await trace(known, asked, catalogue()["fulfilment_rate"][-1], WHOLE, 3)
        whole = await trace(known, asked, catalogue()["fulfilment_rate"][-1], WHOLE, 100)

    assert (found.facts, len(found.events), found.more) == (2, 3, True)
    assert {one.name for one in whole.events} == {"request.received", "request.assigned"}
    assert (len(whole.events), whole.more) == (4, False)
    for one in whole.events:
        (fact,) = await reported.log.after(one.position - 1, limit=1)
        assert (fact.meta.event_id, fact.stream) == (one.event_id, one.stream)


@pytest.mark.parametrize("reader", [Reader.ARS, Reader.CPAM])
async def test_an_authority_is_shown_no_events_no_notes_and_no_days(reported, reader):
    asked = ask(reader=reader, today=date(2026, 12, 1))
    async with facts(reported.pool, reported.settings, asked) as known:
        with pytest.raises(NotTraced):
            await trace(known, asked, catalogue()["fulfilment_rate"][-1], WHOLE, 3)
    for unfit in (ask("2026-W48", reader=reader), ask(by="day", reader=reader)):
        with pytest.raises(NotTheirPeriod):
            await report_of(reported, unfit)
    for unfit in (ask(at=NOON, reader=reader), ask(position=3, reader=reader)):
        with pytest.raises(NotAMonthsBeginning):
            await report_of(reported, unfit)
    with pytest.raises(NotOverYet):
        await report_of(reported, ask("2199", reader=reader))
    found = await report_of(reported, asked)
    assert found.restricted
    assert figure(found, "requests_received").hidden
    told = await activity(reported.pool, reported.settings, reported.vault, asked, "somebody")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(as_pdf(told, "en"))).pages)
    assert "Durand" not in text
    assert "they are the community's to hand over" in text


async def test_what_cannot_be_asked_is_refused(reported):
    with pytest.raises(NotYetWritten):
        await report_of(reported, ask(position=20261123))
    with pytest.raises(UnknownCommunity):
        await report_of(reported, ask(community="999999999"))
    with pytest.raises(OneCommunity):
        await activity(
            reported.pool, reported.settings, reported.vault, ask(community=None), "nobody"
        )


async def test_the_same_question_of_the_same_log_has_the_same_fingerprint(reported):
    first = await report_of(reported, ask())
    mark = fingerprint(first, lines(first, "en"))

    await tell(reported, "care-request", request_told())
    await reported.settled()

    now = await report_of(reported, ask())
    then = await report_of(reported, ask(position=first.position))
    assert fingerprint(now, lines(now, "en")) != mark
    assert fingerprint(then, lines(then, "en")) == mark
    assert fingerprint(then, lines(then, "fr")) == mark, "in whatever language"


async def test_three_weeks_of_a_departement_are_the_same_followed_built_anew_and_looked_back_at(
    database_url, pool, settings
):
    with psycopg.connect(database_url) as connection:
        written = write(connection, Year(seed=3, calls=(8, 12)).days(20), 12_000)
    projector = Projector(pool, Log(pool), folding.projection, settings, Bells().listen())
    await projector.open()
    async with running(projector.run()):
        await projector.caught_up()
    questions = [
        Ask(Asked(Scope(departement="58"), period_of(period), by))
        for period in ("2026-01", "2026-W02", "2026")
        for by in (None, "community", "commune", "half_day", "month")
    ] + [ask("2026-01", community=finess) for finess in COMMUNITIES[:2]]
    live = [asdict(await report(pool, settings, one)) for one in questions]
    assert figure(await report(pool, settings, questions[0]), "requests_received").value > 500

    await rebuild(pool, folding.projection, settings)
    for one, before in zip(questions, live, strict=True):
        assert asdict(await report(pool, settings, one)) == before
    past = [replace(questions[nth], position=written) for nth in (0, 1, -1)]
    for one, nth in zip(past, (0, 1, -1), strict=True):
        looked = await report(pool, settings, one)
        assert asdict(looked)["cells"] == live[nth]["cells"]
    half = datetime(2026, 1, 10, tzinfo=UTC) + timedelta(hours=6)
    earlier = await report(pool, settings, replace(questions[0], at=half))
    received = figure(earlier, "requests_received").value
    assert 0 < received < live[0]["cells"]["requests_received", ""]["value"]


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ({"numerator": -5}, "invalid_value"),
        ({"denominator": 0}, "invalid_value"),
        ({"numerator": 1.7e308}, "invalid_value"),
        ({"numerator": 15}, "more_than_the_whole"),
        ({"denominator": None}, "of_how_many"),
        ({"denominator": 1e-9}, "invalid_value"),
        ({"indicator": "fulfilment_rate"}, "not_reported"),
        ({"begins": "2026-11-09"}, "not_a_figure"),
    ],
)
async def test_a_figure_that_cannot_be_is_refused(reported, figure, code):
    told = {
        "indicator": "call_pickup_rate",
        "begins": "2026-11-02",
        "ends": "2026-11-08",
        "numerator": 9,
        "denominator": 10,
        "source": "SAS 58",
    } | figure
    answer = await tell(reported, "figures", {"finess": NEVERS, "figures": [told]})
    assert answer["code"] == code


@pytest.mark.parametrize(
    "target",
    [
        {"indicator": "fulfilment_rate", "at_least": 1.5},
        {"indicator": "fulfilment_rate", "at_least": -0.1},
        {"indicator": "requests_by_source", "at_least": 3},
        {"indicator": "journal_entries", "at_least": 3},
    ],
)
async def test_a_target_that_cannot_be_is_refused(reported, target):
    year = {"begins": "2027-03-01", "ends": "2028-02-29"}
    told = {"finess": NEVERS, "year": year, "targets": [target]}
    assert (await tell(reported, "targets", told))["code"] == "nothing_to_aim_at"
