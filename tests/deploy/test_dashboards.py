"""Dashboards and alerts: figures that exist, expressions that parse, SQL that runs and is right."""

import json
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import promql_parser
import psycopg
import pytest
import yaml
from prometheus_client import REGISTRY

from projections.availability import Which, counted_by
from projections.availability import projection as availability
from projections.indicators import folding
from projections.indicators.periods import period_of
from projections.indicators.questions import Asked
from projections.indicators.scope import Scope
from services import telemetry
from services.projector.projector import rebuild, show
from services.projector.queries import rows
from services.projector.readers import READER, make_reader
from services.projector.statements import Statements
from services.reports.asking import Ask, report
from tests.examples import (
    HOUR,
    MINUTE,
    NEVERS,
    called,
    consented,
    enrolled,
    formed,
    published,
)
from tests.recording import recorded
from tests.year import COMMUNITIES, Year, write

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARDS = {
    file.stem: json.loads(file.read_text("utf-8"))
    for file in (DEPLOY / "grafana" / "dashboards").glob("*.json")
}
SOURCES = yaml.safe_load(
    (DEPLOY / "grafana" / "provisioning" / "datasources" / "snp.yml").read_text()
)["datasources"]
# Prometheus's own, and those of every process.
OF_OTHERS = {"up", "process_resident_memory_bytes"}


def shown(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in shown(DASHBOARDS["operations"]) for target in panel["targets"]
]
QUERIES = {panel["title"]: panel["targets"][0] for panel in shown(DASHBOARDS["communities"])}


def figures_of(expression):
    """The names a PromQL expression asks for."""
    if isinstance(expression, promql_parser.VectorSelector):
        return {expression.name}
    if isinstance(expression, promql_parser.MatrixSelector):
        return figures_of(expression.vector_selector)
    parts = [getattr(expression, name, None) for name in ("expr", "lhs", "rhs")]
    parts += getattr(expression, "args", None) or []
    return set().union(*(figures_of(part) for part in parts if part is not None))


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_asks_for_figures_that_exist(text):
    assert telemetry.appended_events, "they are defined there"
    known = {
        name
        for family in REGISTRY.collect()
        for name in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }
    asked = figures_of(promql_parser.parse(text))

    assert asked
    assert asked <= known | OF_OTHERS


def test_an_alert_says_what_to_do_and_whom_to_wake():
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
    watched = set().union(*(figures_of(promql_parser.parse(rule["expr"])) for rule in RULES))
    assert watched >= {
        "snp_relay_lag_seconds",
        "snp_projection_age_seconds",
        "snp_oldest_untimed_request_seconds",
        "snp_oldest_next_instant_seconds",
        "snp_lost_races_total",
        "snp_dead_letters_total",
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus is not installed here")
def test_promtool_agrees():
    for what, file in (("rules", "alerts.yml"), ("config", "prometheus.yml")):
        subprocess.run(["promtool", "check", what, DEPLOY / "prometheus" / file], check=True)


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))
def test_a_dashboard_is_whole(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in shown(dashboard):
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] in {source["uid"] for source in SOURCES}
        assert panel["targets"]


def test_dashboards_are_told_apart_and_the_reader_reads_them():
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    (of_places,) = (source for source in SOURCES if source["uid"] == "snp")
    assert of_places["user"] == READER
    for query in QUERIES.values():
        # A dashboard's variable comes from its address: it is quoted, or it is SQL.
        assert "$community" not in query["rawSql"]


@pytest.fixture
async def look(database_url, pool, settings):
    """Days of a département, and a way to run what Grafana runs, as whom it runs it."""
    with psycopg.connect(database_url) as connection:
        write(connection, Year(seed=5, calls=(8, 12)).days(8), 5_000)
    async with pool.connection() as connection:
        await make_reader(connection, "theirs")
    for projection in (availability, folding.projection):
        await rebuild(pool, projection, settings)
    _, _, place = database_url.rpartition("@")

    def run(text, community=COMMUNITIES[0]):
        given = {
            "${community:sqlstring}": f"'{community}'",
            "$__timeFrom()": "'2025-12-31T23:00:00Z'::timestamptz",
            "$__timeTo()": "'2026-01-31T12:00:00Z'::timestamptz",
        }
        for name, value in given.items():
            text = text.replace(name, value)
        assert not re.search(r"\$", text), text
        with psycopg.connect(f"postgresql://{READER}@{place}", password="theirs") as connection:  # noqa: S106 thrown away
            cursor = connection.execute(text)
            return [column.name for column in cursor.description], cursor.fetchall()

    return run


async def test_every_query_runs_and_says_what_the_reports_say(look, pool, settings):
    found = {}
    for title, target in QUERIES.items():
        columns, rows = look(target["rawSql"])
        found[title] = rows
        assert (columns[0] == "time") == (target["format"] == "time_series"), title
    _, named = look(DASHBOARDS["communities"]["templating"]["list"][0]["query"])
    assert {finess for _, finess in named} == set(COMMUNITIES)

    asked = Asked(Scope(community=COMMUNITIES[0]), period_of("2026-01"))
    cells = (await report(pool, settings, Ask(asked))).cells

    def figure(code):
        return cells[code, ""]

    assert found["Taux de réponse"] == [(pytest.approx(figure("fulfilment_rate").value, abs=1e-6),)]
    assert found["Venus au rendez-vous"] == [
        (pytest.approx(figure("attendance_rate").value, abs=1e-6),)
    ]
    assert found["Rendues au SAS"] == [(pytest.approx(figure("hand_back_rate").value, abs=1e-6),)]
    assert found["Demandes en cours"] == [(figure("requests_open").value,)]
    ((seconds,),) = found["Délai médian jusqu'à une place"]
    assert seconds / 60 == pytest.approx(figure("time_to_assign").value, abs=1e-3)
    days = found["Demandes reçues et servies"]
    assert sum(row[1] for row in days) == figure("requests_received").value
    assert days[0][0].date() >= date(2026, 1, 1)
    places = [sum(row[nth] for row in found["Places"]) for nth in range(1, 5)]
    assert places == [
        figure(f"places_{what}").value for what in ("used", "lost", "withdrawn", "open")
    ]
    became = dict(found["Ce que sont devenues les demandes"])
    assert sum(became.values()) == figure("requests_received").value
    assert (
        sum(row[1] for row in found["Réponses aux sollicitations"]) == figure("offers_sent").value
    )
    assert found["Membres"]


async def test_free_places_are_those_of_the_product_also_in_a_range_under_way(look, pool):
    """Found in review: what had begun was not counted, and what comes next week was."""
    now = datetime.now(UTC).replace(microsecond=0)
    places = {
        "under way": published(
            called("under way"), start=now - 20 * MINUTE, end=now + 3 * HOUR, capacity=6
        ),
        "ending": published(called("ending"), start=now - HOUR, end=now + 40 * MINUTE, capacity=2),
        "soon": published(called("soon"), start=now + HOUR, end=now + 2 * HOUR),
        "next week": published(
            called("next week"), start=now + timedelta(days=6), end=now + timedelta(days=6, hours=1)
        ),
    }
    events = recorded(formed(), enrolled(), consented(), *places.values())
    async with pool.connection() as connection:
        await show(connection, Statements(availability), events)
        await show(connection, Statements(folding.projection), events)

    for title, by in (("Places libres", None), ("Logiciels qui publient", None)):
        question = counted_by(by, Which(community=NEVERS))
        (told,) = await rows(pool, question.query, **question.given, at=datetime.now(UTC))
        _, found = look(QUERIES[title]["rawSql"], NEVERS)
        assert sum(row[-1] for row in found) == told["free"] >= 6, title
