"""Why this place, and why not that practitioner: from the log, in words."""

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.eligibility import __dict__ as eligibility
from domain.matching import KeptForOthers
from events.request import RequestEscalated
from services.reports import why
from services.reports.because import because, why_not
from services.reports.reasons import REASONS
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NOON
from tests.services.test_offers import AGREES
from tests.talking import community_told, practitioner_told, request_told, slot_told, tell

PARIS = ZoneInfo("Europe/Paris")


async def decided(house, **asked):
    """A request, dealt with, and what was decided about it last."""
    told = await tell(house, "care-request", request_told(**asked))
    await house.settled()
    return await why.decision(house.log, UUID(told["id"]))


async def said_of(house, found, rpps, language="en"):
    places = await why.places_of(house.log, found, rpps)
    return [why_not(place, found, PARIS, language) for place in places]


@pytest.fixture
async def two(house):
    """Two doctors: Adam at two, Blain at three and, for another source, at four."""
    await tell(house, "community", community_told())
    for rpps in (DR_ADAM, DR_BLAIN):
        await tell(house, "practitioner", practitioner_told(rpps))
    await tell(house, "slot", slot_told(NOON + 2 * HOUR))
    await tell(house, "slot", slot_told(NOON + 3 * HOUR, DR_BLAIN))
    await tell(house, "slot", slot_told(NOON + 4 * HOUR, DR_BLAIN, open_to=["CPTS"]))
    await house.settled()
    return house


async def test_a_regulator_reads_why_this_place(two):
    found = await decided(two, due_by=(NOON + 5 * HOUR).isoformat())

    lines = because(found, PARIS, "en")
    assert lines[0].startswith("The place chosen: 15:00 at the practice, ")
    assert "cost 0.40 (waiting 0.40)" in lines[0]
    assert lines[1].startswith("or 16:00 at the practice")
    assert lines[2] == "1 place: not open to who asked"
    assert lines[-1] == "Rule: look-ahead/1"
    french = because(found, PARIS, "fr")
    assert french[0].startswith("Place choisie : 15 h 00 au cabinet, ")
    assert "coût 0,40 (attente 0,40)" in french[0]
    assert french[2] == "1 place : pas ouvert à ce type de demandeur"


async def test_a_practitioner_reads_why_not_them(two):
    found = await decided(two, due_by=(NOON + 5 * HOUR).isoformat())

    assert await said_of(two, found, DR_BLAIN) == [
        "16:00: costs 0.20 more than the place chosen, mostly: waiting",
        "17:00: not open to who asked",
    ]
    assert await said_of(two, found, DR_BLAIN, "fr") == [
        "16 h 00 : coûte 0,20 de plus que la place choisie, surtout : attente",
        "17 h 00 : pas ouvert à ce type de demandeur",
    ]
    assert await said_of(two, found, DR_ADAM) == ["15:00: chosen"]


async def test_it_is_told_as_it_was_then_whatever_happened_since(two):
    found = await decided(two, due_by=(NOON + 5 * HOUR).isoformat())
    before = await said_of(two, found, DR_BLAIN)
    await tell(two, "practitioner", practitioner_told(DR_BLAIN, paused=True))
    await decided(two, due_by=(NOON + 5 * HOUR).isoformat())

    assert await said_of(two, found, DR_BLAIN) == before


async def test_who_has_nothing_to_come_is_told_so_and_so_is_who_asks_too_early(two):
    found = await decided(two, due_by=(NOON + 5 * HOUR).isoformat())
    with pytest.raises(why.NoPlaceThen):
        await why.places_of(two.log, found, "10003456784")
    with pytest.raises(why.NothingDecided):
        await why.decision(two.log, UUID(int=1))


async def test_why_nothing_was_found(two):
    found = await decided(two, due_by=(NOON + HOUR).isoformat())

    assert because(found, PARIS, "en")[:2] == [
        "No place: the search goes on.",
        "2 places: starts after the visit is due",
    ]
    assert because(found, PARIS, "fr")[0] == "Aucune place : la recherche continue."


async def test_why_members_are_asked_though_there_are_places(two):
    """Found by an attack: where a step began at once, nothing was said to have been decided."""
    await tell(two, "practitioner", practitioner_told(DR_ADAM, consent=AGREES))

    found = await decided(two, due_by=(NOON + HOUR).isoformat())

    assert isinstance(found.event, RequestEscalated)
    assert because(found, PARIS, "en")[:2] == [
        "No place was given: the next step has begun.",
        "2 places: starts after the visit is due",
    ]


def test_every_reason_has_words_in_both_languages():
    codes = {one.code for one in eligibility.values() if hasattr(one, "code")}
    codes |= {KeptForOthers.code}

    assert codes - {"refused"} <= REASONS.keys()
