"""Read models: what they show, and that live, delivered twice and rebuilt are the same bytes."""

import asyncio

import pytest

from events.agenda import Freed, SlotPlaceFreed
from events.codes import Source
from events.offer import Lapse
from events.practitioner import PractitionerPaused, PractitionerResumed
from events.request import (
    RequestWithdrawn,
    Unassigned,
    Withdrawal,
)
from projections import availability, board, offers
from projections.catalogue import PROJECTIONS
from services.log.bells import Bells
from services.projector.projector import Projector, rebuild
from services.projector.queries import NotBuiltYet, rows
from tests.domain.test_request import agreed, refused, searching
from tests.examples import (
    AFTERNOON,
    ANNA,
    BEN,
    DR_ADAM,
    DR_BLAIN,
    HOUR,
    MINUTE,
    NEVERS,
    NOON,
    PICKED_UP,
    VALENCIENNES,
    accepted,
    assigned,
    called,
    confirmed,
    consented,
    deferred,
    delivered,
    enrolled,
    escalated,
    figures_reported,
    formed,
    freed,
    handed_back,
    journal_struck,
    journal_written,
    lapsed,
    moved,
    offered,
    opened_to,
    proposed,
    published,
    received,
    resized,
    seen,
    taken,
    targets_agreed,
    unassigned,
)
from tests.examples import (
    refused as refused_offer,
)
from tests.projections.tables import contents
from tests.running import running
from tests.services.test_offers import AGREES
from tests.talking import opened, practitioner_told, request_told, slot_told, tell

DR_CLERC = "10978000031"
FREED = SlotPlaceFreed(
    slot_id=AFTERNOON, request_id=ANNA, reason=Freed.REQUEST_WITHDRAWN, freed_at=NOON
)
PAUSED = PractitionerPaused(rpps=DR_ADAM, paused_at=NOON)
RESUMED = PractitionerResumed(rpps=DR_ADAM, resumed_at=NOON)
WITHDRAWN = RequestWithdrawn(request_id=ANNA, reason=Withdrawal.CANCELLED, withdrawn_at=NOON)
HANDED_BACK = handed_back()


OPEN = (formed(), enrolled(), consented())


async def on_board(pool, **which):
    return {row["request_id"]: row for row in await rows(pool, board.on_board(**which))}


async def test_an_open_request_is_on_the_board_with_its_owner_and_next_instant(shown, pool):
    await shown(board.projection, received(case_id="fr.health.samu580.D1"), searching())

    row = (await on_board(pool))[ANNA]
    assert (row["state"], row["owner"], row["next_at"]) == (
        "waiting",
        "dispatch",
        NOON + 5 * MINUTE,
    )
    assert (row["case_id"], row["age"], row["commune"]) == ("fr.health.samu580.D1", 10, "58194")
    assert row["explanation"]["policy"] == "look-ahead/1"


async def test_an_assigned_request_shows_its_place_and_nobody_owns_it(shown, pool):
    await shown(board.projection, received(), agreed(), assigned())

    row = (await on_board(pool))[ANNA]
    assert (row["state"], row["owner"], row["next_at"]) == ("assigned", None, None)
    assert (row["slot_id"], row["start"], row["km"]) == (AFTERNOON, NOON + HOUR, 1.3)
    assert row["due_by"] == NOON + 2 * HOUR


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        ((refused(),), "refused_as_emergency", None),
        ((received(), HANDED_BACK), "handed_back", "NO_PLACE"),
        ((received(), assigned(), WITHDRAWN), "withdrawn", "CANCELLED"),
    ],
)
async def test_how_a_request_ended_is_on_the_board(shown, pool, events, state, reason):
    await shown(board.projection, *events)

    row = (await on_board(pool))[ANNA]
    assert (row["state"], row["reason"], row["slot_id"]) == (state, reason, None)
    assert row["settled_at"] == NOON


async def test_the_open_ones_come_first_by_when_they_are_due_then_the_newest(shown, pool):
    cleo = called("Cleo")
    await shown(
        board.projection,
        received(ANNA, due_by=NOON + 3 * HOUR),
        received(BEN, due_by=NOON + 2 * HOUR),
        received(cleo),
        assigned(cleo),
    )

    assert list(await on_board(pool)) == [BEN, ANNA, cleo]
    assert list(await on_board(pool, state="assigned")) == [cleo]
    assert list(await on_board(pool, community=VALENCIENNES)) == []


DAY = (
    *OPEN,
    published(capacity=2),
    received(),
    searching(),
    escalated(),
    offered(DR_ADAM, DR_BLAIN),
    refused_offer(DR_ADAM),
    lapsed(DR_BLAIN, Lapse.PLACE_FOUND),
    assigned(),
    taken(),
    unassigned(reason=Unassigned.CANCELLED_BY_PRACTITIONER),
    freed(),
    resized(3),
    moved(),
    opened_to(NEVERS, VALENCIENNES),
    assigned(),
    taken(),
    confirmed(),
    PAUSED,
    received(BEN),
    HANDED_BACK.model_copy(update={"request_id": BEN}),
    RESUMED,
    WITHDRAWN,
    FREED,
    consented(sources=(Source.CPTS,)),
    enrolled(DR_BLAIN),
    targets_agreed(),
    figures_reported(),
    journal_written(),
    journal_written(called("another note")),
    journal_struck(),
)


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=list(PROJECTIONS))
async def test_how_events_are_batched_makes_no_difference(shown, projection):
    whole = await shown(projection, *DAY)

    assert await shown(projection, *DAY, batches=len(DAY)) == whole
    assert all(whole.values())


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=list(PROJECTIONS))
async def test_live_twice_delivered_and_rebuilt_are_the_same_bytes(house, settings, projection):
    await opened(house, capacity=5)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))
    await tell(house, "slot", slot_told(NOON + HOUR, DR_BLAIN))
    await tell(house, "practitioner", practitioner_told(DR_CLERC, consent=AGREES))
    for n in range(12):
        await tell(house, "care-request", request_told(delay=("30M", "4H")[n % 2]))
    await house.settled()
    waiting = [r for r in await rows(house.pool, board.on_board()) if r["state"] == "waiting"]
    placed = [r for r in await rows(house.pool, board.on_board()) if r["state"] == "assigned"]
    asked = {"request_id": str(waiting[0]["request_id"]), "rpps": DR_CLERC}
    await tell(house, "offer-answer", asked | {"answer": "REFUSEE", "reason": "FULL"})
    slot = str(placed[0]["slot_id"])
    await tell(house, "slot-capacity", {"slot_id": slot, "capacity": 6})
    cancelled = {"request_id": str(placed[0]["request_id"]), "status": "cancelled"}
    await tell(house, "appointment", cancelled)
    await tell(house, "slot-withdrawal", {"slot_id": str(placed[-1]["slot_id"])})
    await tell(house, "practitioner", practitioner_told(DR_BLAIN, paused=True))
    year = {"begins": "2026-03-01", "ends": "2027-02-28"}
    target = {"indicator": "fulfilment_rate", "at_least": 0.5}
    await tell(house, "targets", {"finess": NEVERS, "year": year, "targets": [target]})
    await tell(house, "figures", {"finess": NEVERS, "figures": [PICKED_UP.model_dump(mode="json")]})
    await tell(house, "journal-note", {"finess": NEVERS, "topic": "CONTEXT", "text": "Flu."})
    await house.settled()
    live = await contents(house.pool, projection)

    (projector,) = (p for p in house.projectors if p.name == projection.name)
    again = await house.log.after(0, limit=500)
    for old_news in (again, [r for r in again if r.event.name == "slot.place_taken"]):
        assert await projector._show(old_news)
    assert await contents(house.pool, projection) == live

    await rebuild(house.pool, projection, settings)
    assert await contents(house.pool, projection) == live
    assert all(live.values())


async def test_two_projectors_of_one_read_model_do_not_apply_anything_twice(house, settings):
    second = Projector(house.pool, house.log, availability.projection, settings, Bells().listen())
    await house.settled()
    await second.open()
    async with running(second.run()):
        await opened(house, capacity=50)
        await asyncio.gather(*(tell(house, "care-request", request_told()) for _ in range(40)))
        await house.settled()
        await second.caught_up()

    live = await contents(house.pool, availability.projection)
    await rebuild(house.pool, availability.projection, settings)
    assert await contents(house.pool, availability.projection) == live


async def test_rebuilding_while_events_come_in_misses_none(house, settings):
    await opened(house, capacity=100)

    async def come_in():
        for _ in range(60):
            await tell(house, "care-request", request_told())

    coming = asyncio.create_task(come_in())
    told = []
    for _ in range(4):
        await rebuild(house.pool, board.projection, settings, lambda *p: told.append(p))
        await asyncio.sleep(0.01)
    await coming
    await house.settled()

    live = await contents(house.pool, board.projection)
    assert len(live["requests"]) == 60
    await rebuild(house.pool, board.projection, settings)
    assert await contents(house.pool, board.projection) == live
    assert told
    assert told[-1][0] <= told[-1][1]


async def test_tables_of_another_shape_are_built_anew(house, settings):
    await opened(house)
    await house.settled()
    async with house.pool.connection() as connection:
        await connection.execute("update checkpoints set shape = 'old' where name = 'availability'")
        await connection.execute("delete from availability.slots")

    again = Projector(house.pool, house.log, availability.projection, settings, Bells().listen())
    await again.open()

    assert len((await contents(house.pool, availability.projection))["slots"]) == 1


async def test_a_read_model_that_is_not_there_says_so(pool):
    async with pool.connection() as connection:
        await connection.execute("drop schema board cascade")

    with pytest.raises(NotBuiltYet):
        await rows(pool, board.on_board())


@pytest.fixture
def offer_rows(shown, pool):
    async def given(*events, **how):
        await shown(offers.projection, *events, **how)
        return {row["rpps"]: row for row in await rows(pool, offers.asked())}

    return given


async def test_offers_show_who_was_asked_and_what_they_said(offer_rows):
    found = await offer_rows(
        received(),
        offered(DR_ADAM, DR_BLAIN),
        delivered(),
        seen(),
        deferred(),
        refused_offer(DR_BLAIN),
    )

    adam, blain = found[DR_ADAM], found[DR_BLAIN]
    assert (adam["state"], adam["until"]) == ("deferred", NOON + 20 * MINUTE)
    assert adam["seen_at"] == adam["delivered_at"] == NOON
    assert (blain["state"], blain["reason"], blain["until"]) == ("refused", "FULL", None)


async def test_who_accepted_and_does_not_after_all_has_refused(offer_rows):
    found = await offer_rows(
        received(),
        offered(DR_ADAM, DR_BLAIN),
        accepted(),
        lapsed(DR_BLAIN, Lapse.PLACE_FOUND),
        assigned(),
        unassigned(reason=Unassigned.CLAIM_CORRECTED),
        batches=3,
    )

    assert (found[DR_ADAM]["state"], found[DR_ADAM]["reason"]) == ("refused", "CLAIM_CORRECTED")
    assert (found[DR_BLAIN]["state"], found[DR_BLAIN]["reason"]) == ("lapsed", "PLACE_FOUND")


async def test_who_cancels_a_visit_and_was_never_asked_is_in_no_offer(offer_rows):
    reason = Unassigned.CANCELLED_BY_PRACTITIONER

    assert not await offer_rows(received(), assigned(), unassigned(reason=reason))


async def test_a_proposal_is_shown_with_its_time(offer_rows):
    found = await offer_rows(received(), offered(DR_ADAM), proposed())

    assert (found[DR_ADAM]["state"], found[DR_ADAM]["start"]) == ("proposed", NOON + 6 * HOUR)
