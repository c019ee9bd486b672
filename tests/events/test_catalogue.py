import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from events.base import Event
from events.catalogue import EVENTS, UnknownEvent, restored, stored
from events.place import CoarsePosition, Position
from events.upcasters import lifted

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = [(name, version) for name, e in EVENTS.items() for version in range(1, e.version + 1)]


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_every_version_of_every_event_ever_stored_can_be_read(name, version):
    """The files are what is in somebody's log: they are added, never edited."""
    golden = (GOLDEN / f"{name}.v{version}.json").read_text()

    event = restored(name, version, golden)

    assert type(event) is EVENTS[name]
    if version == EVENTS[name].version:
        assert json.loads(golden) == json.loads(stored(event))


def test_there_is_no_golden_file_without_its_event():
    known = {f"{name}.v{version}.json" for name, version in VERSIONS}

    assert known == {path.name for path in GOLDEN.iterdir()}


def test_an_event_of_newer_code_is_said_to_be_unknown():
    with pytest.raises(UnknownEvent):
        restored("request.teleported", 1, "{}")
    with pytest.raises(UnknownEvent):
        restored("request.received", 99, "{}")


def test_an_old_event_is_lifted_one_version_at_a_time(monkeypatch):
    class Greeted(Event):
        name = "test.greeted"
        version = 3

        who: str
        how: str
        when: int

    steps = {
        ("test.greeted", 1): lambda payload: payload | {"how": "hello"},
        ("test.greeted", 2): lambda payload: payload | {"when": 7},
    }
    monkeypatch.setitem(EVENTS, "test.greeted", Greeted)
    monkeypatch.setattr("events.catalogue.lifted", lambda *a, **k: lifted(*a, **k, steps=steps))

    event = restored("test.greeted", 1, '{"who": "Anna"}')

    assert event == Greeted(who="Anna", how="hello", when=7)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
def test_every_event_says_when_it_happened_in_one_field(event):
    fields = [name for name in event.model_fields if name.endswith("_at")]

    assert len([name for name in fields if name != "next_at"]) == 1


def test_names_are_in_the_past_tense_and_never_updated():
    for name in EVENTS:
        stream, _, verb = name.partition(".")
        assert stream in {
            "request",
            "visit",
            "outcome",
            "offer",
            "slot",
            "practitioner",
            "community",
            "patient",
            "account",
        }
        assert "updat" not in verb
        # "changed" alone says nothing; "capacity changed" is a fact with a name.
        assert not verb.startswith("chang")


def test_no_event_has_a_field_for_who_the_patient_is():
    forbidden = {"name", "phone", "address", "birth_date", "note", "notes", "freetext", "caller"}

    for event in EVENTS.values():
        assert forbidden.isdisjoint(event.model_fields)


def test_a_patients_position_is_never_finer_than_a_kilometre():
    exact = Position(lat=48.92399, lon=2.21624)

    assert CoarsePosition.around(exact) == CoarsePosition(lat=48.92, lon=2.22)
    with pytest.raises(ValidationError):
        CoarsePosition(lat=48.924, lon=2.22)


def test_an_event_has_no_field_nobody_declared():
    golden = json.loads((GOLDEN / "slot.place_taken.v1.json").read_text())

    with pytest.raises(ValidationError):
        restored("slot.place_taken", 1, json.dumps(golden | {"name": "Anna"}))
