"""Definitions are data: what they name exists, and what they say is said in both languages."""

from datetime import date

import pytest

from projections.indicators import definitions
from projections.indicators.definitions import catalogue, in_force
from projections.indicators.dimensions import names, word_of
from projections.indicators.folding import projection
from projections.indicators.marks import MARKS, TABLES
from projections.indicators.readers import Reader

EVERY = [one for versions in catalogue().values() for one in versions]
COUNTED = [one for one in EVERY if hasattr(one.measure, "fact")]


@pytest.mark.parametrize("definition", COUNTED, ids=lambda one: one.code)
def test_what_is_counted_exists(definition):
    measure = definition.measure
    table, marks = TABLES[measure.fact], MARKS[measure.fact]

    assert measure.on in table.c
    assert measure.of in marks
    assert getattr(measure, "among", measure.of) in marks
    assert getattr(measure, "over", None) in {None, *table.c.keys()}
    assert getattr(measure, "column", measure.of) in {*table.c.keys(), *marks}
    if measure.kind == "split":
        assert word_of(measure.column) in names(table)


@pytest.mark.parametrize("definition", EVERY, ids=lambda one: one.code)
def test_what_an_indicator_is_is_said_whole_and_twice(definition):
    for words in (definition.name, definition.formula, definition.numerator):
        assert words.fr.strip()
        assert words.en.strip()
        assert words.of("fr") != words.of("en") or words is not definition.formula
    is_a_share = definition.measure.kind in {"rate", "ratio", "mean"}
    assert (definition.denominator is not None) or not is_a_share
    assert definition.basis
    assert set(definition.events) <= projection.events
    assert definition.events or definition.external


def test_authorities_have_fewer_indicators_than_coordinators():
    today = date(2026, 11, 23)
    for reader in Reader:
        assert set(map(code, in_force(today, reader))) <= set(map(code, in_force(today)))
    assert code(EVERY[0]) in map(code, in_force(today, Reader.ARS))
    assert "fairness_of_use" not in map(code, in_force(today, Reader.CPAM))


def test_another_meaning_is_another_version_from_a_day_on(monkeypatch):
    first = catalogue()["fulfilment_rate"][0]
    second = first.model_copy(update={"version": 2, "valid_from": date(2027, 1, 1)})
    monkeypatch.setattr(definitions, "catalogue", lambda: {"fulfilment_rate": [first, second]})

    assert in_force(date(2026, 12, 31)) == [first]
    assert in_force(date(2027, 1, 1)) == [second]
    assert in_force(date(2025, 1, 1)) == [first], "there is no other to tell of older days"


def code(definition):
    return definition.code
