"""What is kept for the platform's search is what the read model would say, at any moment."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import orjson
import pytest

from services.fhir import kept as module
from services.fhir.bundle import searchset
from services.fhir.kept import KeptSlots, Terms
from services.fhir.search import SlotSearch
from services.fhir.slots import communities_of, free_slots
from services.projector.past import caught_up
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, NEVERS, NOON, VALENCIENNES
from tests.services.test_fhir_slots import OTHER_SITE, SITE
from tests.talking import community_told, practitioner_told, request_told, slot_told, tell

DAYS = timedelta(days=3)
BASE = "https://snp.example/fhir"
ALONE = Terms(BASE, "https://snp.example/booking?practitioner={rpps}", with_communities=False)
SHARED = ALONE._replace(with_communities=True)


def asked(since=NOON, until=NOON + DAYS, rpps=(DR_ADAM, DR_BLAIN), terms=ALONE):
    return SlotSearch(since, until, rpps, terms.with_communities)


@pytest.fixture
async def kept(house):
    """Two doctors, two sites, single slots and a range; what was asked for before is kept."""
    for finess, rpps in ((NEVERS, DR_ADAM), (VALENCIENNES, DR_BLAIN)):
        await tell(house, "community", community_told(finess), finess)
        await tell(house, "practitioner", practitioner_told(rpps), finess)
        for nth, place in enumerate((SITE, OTHER_SITE)):
            start = NOON + (2 + 3 * nth) * HOUR
            await tell(house, "slot", slot_told(start, rpps, place=place), finess)
    end = (NOON + 12 * HOUR).isoformat()
    many = slot_told(NOON + 9 * HOUR, place=SITE, end=end, capacity=3, labels=["CPTS"])
    await tell(house, "slot", many)
    await shown(house)
    return KeptSlots(house)


async def shown(house):
    assert await caught_up(house.pool, module.availability.projection, 10)


async def answer(kept, search, terms=ALONE):
    return orjson.loads(await kept.found(search, "link", terms))


async def from_the_read_model(house, search, terms=ALONE):
    found = await free_slots(house.pool, search, house.clock.now())
    shared = await communities_of(house.log, found) if terms.with_communities else {}
    return searchset(
        found,
        shared,
        base=terms.base,
        link="link",
        booking=terms.booking,
        with_communities=terms.with_communities,
    )


def alike(bundle):
    """The same resources; those beside the slots in whatever order."""
    entries = bundle.get("entry", [])
    own = [one for one in entries if one["search"]["mode"] == "match"]
    beside = [one for one in entries if one["search"]["mode"] == "include"]
    return (
        bundle["total"],
        bundle["meta"],
        own,
        sorted(beside, key=lambda one: one["fullUrl"]),
    )


async def test_it_is_what_the_read_model_says_whatever_is_asked_and_whatever_happens(
    house, clock, kept
):
    random = Random(7)
    for nth in range(40):
        match random.randrange(6):
            case 0:
                await tell(house, "care-request", request_told(clock.now()))
            case 1:
                start = NOON + (nth + 1) * HOUR
                place = random.choice((SITE, OTHER_SITE))
                await tell(house, "slot", slot_told(start, place=place))
            case 2:
                await clock.move_to(clock.now() + random.choice((20, 45)) * timedelta(minutes=1))
            case 3:
                paused = random.choice((True, False))
                change = {"rpps": DR_BLAIN, "paused": paused}
                await tell(house, "practitioner-change", change, VALENCIENNES)
            case _:
                pass
        await shown(house)
        since = clock.now() + random.choice((-1, 0, 2)) * HOUR
        terms = random.choice((ALONE, SHARED))
        search = asked(since, since + random.choice((3, 24, 60)) * HOUR, terms=terms)
        theirs = await from_the_read_model(house, search, terms)
        assert alike(await answer(kept, search, terms)) == alike(theirs)


async def test_a_range_is_shown_no_longer_than_somebody_may_join_it(house, clock, kept):
    """Minute by minute to its end, of what was read when it began: the read model says the same."""
    end = (NOON + 13 * HOUR).isoformat()
    await tell(house, "slot", slot_told(NOON + 12 * HOUR, place=SITE, end=end, capacity=3))
    await shown(house)
    await clock.move_to(NOON + 12 * HOUR + timedelta(minutes=20))
    for _ in range(9):
        search = asked(clock.now(), clock.now() + 24 * HOUR)
        assert alike(await answer(kept, search)) == alike(await from_the_read_model(house, search))
        await clock.move_to(clock.now() + timedelta(minutes=5))


async def test_the_end_of_time_has_no_slots(kept):
    last = datetime(9999, 12, 31, 23, 50, tzinfo=UTC)

    assert (await answer(kept, asked(last, last + timedelta(minutes=9))))["total"] == 0


async def test_a_place_that_is_taken_is_not_found_any_more(house, kept):
    before = await answer(kept, asked())
    await tell(house, "care-request", request_told())
    await house.settled()
    await shown(house)

    after = await answer(kept, asked())

    assert after["total"] == before["total"] - 1


async def test_a_read_model_that_is_behind_is_asked_again_until_it_is_not(house, kept, monkeypatch):
    await answer(kept, asked())
    position = 0

    async def behind(*_):
        return position

    monkeypatch.setattr(module, "reached", behind)
    await tell(house, "slot", slot_told(NOON + 20 * HOUR, place=SITE))
    await shown(house)
    first = await answer(kept, asked())
    position = await house.log.head()
    second = await answer(kept, asked())

    assert first["total"] == second["total"]  # read both times: what was read is never trusted


async def test_only_who_was_touched_is_read_again(house, kept, monkeypatch):
    read = []
    really = module.rows_on

    async def counted(*given, **named):
        read.append(tuple(named["rpps"]))
        return await really(*given, **named)

    monkeypatch.setattr(module, "rows_on", counted)
    await answer(kept, asked())
    await answer(kept, asked())
    await tell(house, "slot", slot_told(NOON + 20 * HOUR, place=SITE))
    await shown(house)
    await answer(kept, asked())
    await answer(kept, asked(until=NOON + 2 * DAYS))

    assert read == [(DR_ADAM, DR_BLAIN), (DR_ADAM,), (DR_ADAM, DR_BLAIN)]


async def test_no_more_are_kept_than_may_be(house, kept):
    house.settings = house.settings.model_copy(update={"fhir_kept_practitioners": 1})

    for _ in range(3):
        theirs = await from_the_read_model(house, asked())
        assert alike(await answer(kept, asked())) == alike(theirs)

    assert len(kept._kept) == 1


async def test_many_ask_at_once_and_all_are_told_the_same(kept):
    found = await asyncio.gather(*(kept.found(asked(), "link", ALONE) for _ in range(20)))

    assert len(set(found)) == 1


async def test_who_asks_beside_somebody_else_is_told_all_whatever_is_forgotten(house, kept):
    house.settings = house.settings.model_copy(update={"fhir_kept_practitioners": 1})
    whole = await from_the_read_model(house, asked())

    async def often(rpps):
        for _ in range(5):
            await tell(house, "community-change", {"finess": NEVERS, "title": f"CPTS {rpps[-1]}"})
            found = await answer(kept, asked(rpps=rpps))
            assert found["total"] == sum(
                one["search"]["mode"] == "match" for one in found.get("entry", [])
            )
            if len(rpps) > 1:
                assert found["total"] == whole["total"]

    await asyncio.gather(*(often(rpps) for rpps in ((DR_ADAM, DR_BLAIN), (DR_ADAM,), (DR_BLAIN,))))
