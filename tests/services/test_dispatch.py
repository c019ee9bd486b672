"""Whoever waits gets the best place there is, or goes back to the SAS in time."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest

from domain.request import Waiting
from events import streams as names
from events.agenda import SlotPlaceTaken
from events.envelope import Actor, Role
from services.app import Service
from services.clock import SimulatedClock
from services.dispatch.partition import Partition
from services.dispatch.timers import Timers
from services.log.commands import Append, Circumstances, Write
from services.log.verify import verify
from tests.conftest import house_at
from tests.examples import DR_ADAM, DR_BLAIN, HOUR, MINUTE, NEVERS, NOON, WEEK, called
from tests.examples import received as received_event
from tests.talking import (
    ask,
    cloud_event,
    community_told,
    opened,
    practitioner_told,
    request_told,
    slot_told,
    tell,
)

MARGIN = 10 * MINUTE  # Settings.hand_back_margin_minutes


async def story(house, request_id):
    await house.dispatcher.settled()
    history = await house.log.history(names.request(UUID(request_id)))
    return [recorded.event for recorded in history]


async def asked(house, **changes):
    return (await tell(house, "care-request", request_told(**changes)))["id"]


async def test_a_request_is_given_the_best_place_and_told_why(house):
    await opened(house, start=NOON + 3 * HOUR)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))
    best = await tell(house, "slot", slot_told(NOON + HOUR, DR_BLAIN))

    received, assigned = await story(house, await asked(house))

    assert received.name == "request.received"
    assert str(assigned.slot_id) == best["id"]
    assert assigned.explanation.chosen.slot_id == assigned.slot_id
    assert [option.rpps for option in assigned.explanation.alternatives] == [DR_ADAM]
    agenda = await house.log.load(names.agenda(DR_BLAIN, WEEK))
    assert isinstance(agenda.events[-1], SlotPlaceTaken)


async def test_both_streams_are_written_by_one_command(house):
    await opened(house)
    request_id = await asked(house)
    await house.dispatcher.settled()

    (_, assigned) = await house.log.history(names.request(request_id))
    (_, taken) = await house.log.history(names.agenda(DR_ADAM, WEEK))

    assert taken.meta.command_id == assigned.meta.command_id
    assert taken.position == assigned.position + 1
    assert assigned.meta.correlation == UUID(request_id)


async def test_without_a_place_somebody_owns_the_request_until_an_instant(house):
    await opened(house, start=NOON + 9 * HOUR)

    _, searching = await story(house, await asked(house, delay="4H"))

    assert searching.name == "request.searching"
    assert (searching.owner, searching.next_at) == ("dispatch", NOON + 5 * MINUTE)
    assert [(n.reason, n.slots) for n in searching.explanation.not_eligible] == [
        ("starts_after_due", 1)
    ]


async def test_a_range_that_has_begun_gives_its_places_until_it_is_nearly_over(
    house, clock, settings
):
    await opened(house, start=NOON, end=NOON + 2 * HOUR, capacity=3)
    first = await asked(house, source="SAS")
    await house.dispatcher.settled()
    await clock.move_to(NOON + 40 * MINUTE)

    second = await asked(house, source="SAS")
    visits = [(await story(house, request))[-1].start for request in (first, second)]
    await tell(house, "withdrawal", {"request_id": first, "reason": "CANCELLED"})
    third = await asked(house, source="SAS")
    await clock.move_to(NOON + 91 * MINUTE)
    too_late = await asked(house, source="SAS", delay="2H")

    assert visits == [NOON + 15 * MINUTE, NOON + HOUR]
    assert (await story(house, third))[-1].start == NOON + HOUR
    assert (await story(house, too_late))[-1].name == "request.searching"
    assert (await verify(house.pool, settings)).violations == []


async def test_a_place_published_later_goes_to_whoever_waits(house):
    await opened(house, start=NOON + 9 * HOUR)
    request_id = await asked(house, delay="4H")
    await house.dispatcher.settled()

    slot = await tell(house, "slot", slot_told(NOON + HOUR))

    assert str((await story(house, request_id))[-1].slot_id) == slot["id"]


async def test_of_those_who_wait_the_most_urgent_is_served_first(house):
    await opened(house, start=NOON + 30 * HOUR)
    patient = await asked(house, delay="8H")
    urgent = await asked(house, delay="2H")
    await house.dispatcher.settled()

    await tell(house, "slot", slot_told(NOON + HOUR))

    assert (await story(house, urgent))[-1].name == "request.assigned"
    assert (await story(house, patient))[-1].name == "request.searching"


async def test_whoever_waits_is_looked_at_again_and_handed_back_in_time(house, clock):
    await opened(house, start=NOON + 9 * HOUR)
    request_id = await asked(house, delay="30M")
    await house.dispatcher.settled()

    for _ in range(3):
        await clock.move_to(clock.now() + 5 * MINUTE)
        await house.dispatcher.settled()
    assert (await story(house, request_id))[-1].name == "request.searching"
    await clock.move_to(NOON + 30 * MINUTE - MARGIN)

    *_, last = await story(house, request_id)
    assert last.name == "request.handed_back"
    assert last.handed_back_at == NOON + 30 * MINUTE - MARGIN
    assert last.explanation.not_eligible[0].reason == "starts_after_due"
    assert house.dispatcher.next_instant() is None


async def test_what_was_handed_back_is_searched_for_again_within_another_delay(
    house, clock, settings
):
    await opened(house, start=NOON + 3 * HOUR)
    request_id = await asked(house, delay="2H")
    await house.dispatcher.settled()
    await clock.move_to(NOON + 2 * HOUR - MARGIN)
    assert (await story(house, request_id))[-1].name == "request.handed_back"

    told = await tell(house, "deadline", {"request_id": request_id, "delay": "4H"})

    assert told["state"] == "waiting"
    *_, opened_again, assigned = await story(house, request_id)
    assert (opened_again.name, assigned.name) == ("request.reopened", "request.assigned")
    assert assigned.start == NOON + 3 * HOUR
    assert (await verify(house.pool, settings)).violations == []


async def test_what_was_opened_again_waits_after_a_restart(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house, start=NOON + 9 * HOUR)
        request_id = await asked(house, delay="2H")
        await house.dispatcher.settled()
        await clock.move_to(NOON + 2 * HOUR - MARGIN)
        await story(house, request_id)
        await tell(house, "deadline", {"request_id": request_id, "delay": "2H"})
        await house.dispatcher.settled()
    async with house_at(settings, addresses, clock=clock) as house:
        assert house.dispatcher.next_instant() is not None
        assert house.dispatcher.board.request(UUID(request_id)) is not None


async def test_those_who_wait_are_not_all_looked_at_in_the_instant_the_hours_change(
    house, clock, settings
):
    await tell(house, "community", community_told())
    for _ in range(100):
        await asked(house, delay="12H")
    await clock.move_to(NOON + 6 * HOUR + 50 * MINUTE)
    await house.dispatcher.settled()

    evening = NOON + 7 * HOUR  # 20:00 in Nevers, when the out-of-hours doctors take over
    waiting = house.dispatcher.board.waiting[NEVERS].values()
    turns = {held.state.next_at - evening for held in waiting}
    assert len(turns) > 30
    assert min(turns) >= timedelta()
    assert max(turns) <= timedelta(seconds=100 / settings.turn_of_hours_a_second)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("practitioner-change", {"paused": True}),
        ("leaving", {}),
        ("practitioner-change", {"consent": {"sources": ["IOA"]}}),
    ],
)
async def test_whoever_was_asked_and_is_not_there_any_more_is_not_waited_for(house, kind, told):
    await tell(house, "community", community_told())
    agrees = {"sources": ["SAS"], "overbook": {"place": slot_told(NOON)["place"]}}
    for rpps in (DR_ADAM, DR_BLAIN):
        await tell(house, "practitioner", practitioner_told(rpps, consent=agrees))
    request_id = await asked(house)
    assert (await story(house, request_id))[-1].name == "request.offered"

    for rpps in (DR_ADAM, DR_BLAIN):
        answer = await tell(house, kind, {"rpps": rpps, **told})
        assert "code" not in answer, answer

    lapsed = [e for e in await story(house, request_id) if e.name == "offer.lapsed"]
    assert [(e.rpps, e.reason) for e in lapsed] == [(DR_ADAM, "AWAY"), (DR_BLAIN, "AWAY")]
    held = house.dispatcher.board.request(UUID(request_id))
    assert held.state.owner == "dispatch"


async def test_a_place_that_opens_at_the_last_moment_is_used(house, clock):
    await opened(house, start=NOON + 9 * HOUR)
    request_id = await asked(house, delay="2H")
    await clock.move_to(NOON + HOUR)
    await house.dispatcher.settled()

    await tell(house, "slot", slot_told(NOON + 90 * MINUTE))

    assert (await story(house, request_id))[-1].name == "request.assigned"


async def test_nobody_is_sent_to_who_has_paused_and_they_are_used_again_afterwards(house):
    await opened(house)
    await tell(house, "practitioner", practitioner_told(paused=True))
    request_id = await asked(house)
    searching = (await story(house, request_id))[-1]

    await tell(house, "practitioner", practitioner_told())

    assert searching.explanation.not_eligible[0].reason == "practitioner_paused"
    assert (await story(house, request_id))[-1].name == "request.assigned"


async def test_a_weekly_cap_holds(house):
    capped = {"sources": ["SAS"], "weekly_cap": 2}
    await opened(house, capacity=9)
    await tell(house, "practitioner", practitioner_told(consent=capped))

    ids = [await asked(house) for _ in range(4)]

    lasts = [(await story(house, request_id))[-1].name for request_id in ids]
    assert sorted(lasts) == ["request.assigned"] * 2 + ["request.searching"] * 2


async def test_many_at_once_fill_the_places_and_not_one_more(house, settings):
    await opened(house, capacity=40)

    ids = await asyncio.gather(*(asked(house) for _ in range(100)))
    await house.settled()

    lasts = [(await story(house, request_id))[-1].name for request_id in ids]
    assert lasts.count("request.assigned") == 40
    assert lasts.count("request.searching") == 60
    assert (await verify(house.pool, settings)).violations == []


async def test_a_board_opened_later_knows_what_still_matters(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house, capacity=2)
        settled = await asked(house)
        waiting = await asked(house, modes=["VR"])
        await house.dispatcher.settled()
        before = house.dispatcher.board

    async with house_at(settings, addresses, clock=clock) as house:
        board = house.dispatcher.board
        assert board.request(UUID(settled)) is None
        assert isinstance(board.request(UUID(waiting)).state, Waiting)
        assert board.agendas == before.agendas
        assert board.practitioners == before.practitioners
        await tell(house, "slot", slot_told(NOON + 4 * HOUR, modes=["VR"]))
        assert (await story(house, waiting))[-1].name == "request.assigned"


async def test_a_board_lets_weeks_go_that_are_over(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house)

    later = SimulatedClock(NOON + timedelta(days=14))
    async with house_at(settings, addresses, clock=later) as house:
        assert house.dispatcher.board.agendas == {}


async def test_a_lost_race_is_decided_again_on_what_is_true_by_then(house):
    """Somebody took the place without our having heard: the log refuses, we choose another."""
    slot = await opened(house)
    await tell(house, "practitioner", practitioner_told(DR_BLAIN))
    other = await tell(house, "slot", slot_told(NOON + 3 * HOUR, DR_BLAIN))
    await house.dispatcher.settled()
    board = house.dispatcher.board
    agenda = names.agenda(DR_ADAM, WEEK)
    stranger = SlotPlaceTaken(
        slot_id=UUID(slot["id"]),
        request_id=called("somebody else"),
        source="SAS",
        mode="AMB",
        own_patient=False,
        where=None,
        taken_at=NOON,
    )
    circumstances = Circumstances(
        NEVERS, Actor(ref="elsewhere", role=Role.SYSTEM), called("x"), called("x")
    )
    stranded = board.agendas[agenda]
    await house.appender.append(Append(uuid4(), [Write(agenda, 1, (stranger,))], circumstances))
    board.agendas[agenda] = stranded  # as if the news had not come yet
    house.appender._known.clear()

    assigned = (await story(house, await asked(house)))[-1]

    assert str(assigned.slot_id) == other["id"]
    assert assigned.explanation.not_eligible[0].reason == "no_place_left"


async def test_each_part_looks_after_its_own_communities(settings, addresses, clock):
    assert sum(Partition(part, 8).has(NEVERS) for part in range(1, 9)) == 1
    everything = frozenset(Service)
    async with house_at(
        settings, addresses, clock=clock, services=everything, partition=elsewhere()
    ) as house:
        await opened(house)
        request_id = await asked(house)

        assert [event.name for event in await story(house, request_id)] == ["request.received"]


async def test_places_of_a_slot_shared_by_two_communities_are_for_both(house):
    await opened(house)
    communes = [
        {
            "insee": "59606",
            "title": "Valenciennes",
            "population": 43_000,
            "position": {"lat": 46.98, "lon": 3.15},
        }
    ]
    told = community_told("590099002", communes=communes)
    await tell(house, "community", told, "590099002")
    both = [NEVERS, "590099002"]
    await tell(house, "practitioner", practitioner_told(DR_BLAIN, communities=both), "any")
    shared = slot_told(NOON + 5 * HOUR, DR_BLAIN, communities=both)
    slot = await tell(house, "slot", shared)
    body = cloud_event("care-request", request_told(commune="59606"))

    answer = await ask(house, "care-request", body, "any")

    assert str((await story(house, answer["id"]))[-1].slot_id) == slot["id"]


# A regulator takes a place by hand


async def take(house, request_id, slot_id, **changes):
    body = {"command_id": str(uuid4()), "request_id": request_id, "slot_id": slot_id} | changes
    answer = await house.broker.connection.request(
        f"snp.take.{NEVERS}", orjson.dumps(body), timeout=15
    )
    return orjson.loads(answer.data)


def elsewhere():
    """A part that does not look after Nevers: dispatch knows its board and decides nothing."""
    return next(p for p in (Partition(1, 2), Partition(2, 2)) if not p.has(NEVERS))


async def test_a_regulator_takes_the_place_they_chose(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock, partition=elsewhere()) as house:
        await opened(house, start=NOON + HOUR)
        chosen = await tell(house, "slot", slot_told(NOON + 3 * HOUR))
        request_id = await asked(house)
        command = {"command_id": str(uuid4())}

        told = await take(house, request_id, chosen["id"], **command)
        again = await take(house, request_id, chosen["id"], **command)

        assert (
            told
            == again
            == {
                "id": request_id,
                "state": "assigned",
                "slot_id": chosen["id"],
            }
        )
        assigned = (await story(house, request_id))[-1]
        assert assigned.explanation.policy == "regulator-choice/1"
        assert str(assigned.explanation.chosen.slot_id) == chosen["id"]
        assert assigned.explanation.alternatives[0].start == NOON + HOUR
        (*_, recorded) = await house.log.history(names.request(UUID(request_id)))
        assert recorded.meta.actor.role == "regulator"


async def test_whoever_loses_a_place_is_told_the_next_best(settings, addresses, clock):
    async with house_at(settings, addresses, clock=clock, partition=elsewhere()) as house:
        gone = await opened(house, start=NOON + HOUR)
        later = [await tell(house, "slot", slot_told(NOON + n * HOUR)) for n in (3, 2, 5)]
        first, second = await asked(house), await asked(house)
        await take(house, first, gone["id"])

        told = await take(house, second, gone["id"])

        assert told["code"] == "no_place_left"
        assert [option["slot_id"] for option in told["alternatives"]] == [
            later[1]["id"],
            later[0]["id"],
            later[2]["id"],
        ]


async def test_a_request_that_is_not_as_its_regulator_saw_it_is_given_no_place(
    settings, addresses, clock
):
    async with house_at(settings, addresses, clock=clock, partition=elsewhere()) as house:
        slot = await opened(house, start=NOON + HOUR)
        request_id = await asked(house)
        seen = len(await story(house, request_id))
        command = {"command_id": str(uuid4()), "if_version": seen}

        early = await take(house, request_id, slot["id"], if_version=seen - 1)
        told = await take(house, request_id, slot["id"], **command)
        again = await take(house, request_id, slot["id"], **command)

        assert early["code"] == "changed_meanwhile"
        assert told == again
        assert told["state"] == "assigned"


async def test_what_a_regulator_may_not_take_is_said(house):
    await opened(house, start=NOON + 30 * HOUR)
    for_the_desk = slot_told(NOON + 4 * HOUR, open_to=["CPTS"])
    slot = await tell(house, "slot", for_the_desk)
    request_id = await asked(house, source="SAS")

    assert (await take(house, request_id, slot["id"]))["code"] == "not_this_source"
    assert (await take(house, request_id, str(uuid4())))["code"] == "no_such_slot"
    assert (await take(house, str(uuid4()), slot["id"]))["code"] == "no_such_request"
    assert (await take(house, request_id, "not an id"))["code"] == "invalid_value"


# Timers


async def test_timers_fire_once_in_order_and_only_when_due():
    clock = SimulatedClock(NOON)
    timers = Timers(clock)
    one, two, three = called("one"), called("two"), called("three")
    timers.set(two, NOON + 2 * MINUTE)
    timers.set(one, NOON + MINUTE)
    timers.set(three, NOON + 3 * MINUTE)
    timers.set(three, NOON + 9 * MINUTE)
    assert timers.pop_due() == []

    waiting = asyncio.create_task(timers.some_due())
    await asyncio.sleep(0)
    assert not waiting.done()
    await clock.move_to(NOON + 5 * MINUTE)
    await asyncio.wait_for(waiting, 5)

    assert timers.pop_due() == [one, two]
    assert timers.pop_due() == []
    assert timers.next_instant() == NOON + 9 * MINUTE
    timers.cancel(three)
    assert timers.next_instant() is None


async def test_an_earlier_timer_wakes_whoever_waits_for_a_later_one():
    clock = SimulatedClock(NOON)
    timers = Timers(clock)
    timers.set(called("late"), NOON + HOUR)
    waiting = asyncio.create_task(timers.some_due())
    await asyncio.sleep(0)

    timers.set(called("early"), NOON)

    await asyncio.wait_for(waiting, 5)
    assert timers.pop_due() == [called("early")]


@pytest.mark.parametrize("part", ["0/2", "3/2", "x", "1/0"])
def test_a_partition_that_makes_no_sense_is_refused(part):
    from services.cli.errors import Told  # noqa: PLC0415 the command alone
    from services.cli.up import _partition  # noqa: PLC0415 the command alone

    with pytest.raises(Told):
        _partition(part)


async def test_a_request_and_its_place_are_written_in_one_transaction(house):
    await opened(house)
    request_id = await asked(house)
    await house.dispatcher.settled()

    received, assigned = await house.log.history(names.request(UUID(request_id)))

    assert received.recorded_at == assigned.recorded_at
    assert received.meta.command_id != assigned.meta.command_id


async def test_what_is_sent_again_after_a_restart_is_not_decided_again(settings, addresses, clock):
    message = cloud_event("care-request", request_told())
    other = message | {"data": request_told(motive="M02.07")}
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house)
        first = await ask(house, "care-request", message)
        before = await story(house, first["id"])

    async with house_at(settings, addresses, clock=clock) as house:
        again = await ask(house, "care-request", message)
        refused = await ask(house, "care-request", other)

        assert again == first
        assert refused["code"] == "same_id_other_content"
        assert await story(house, first["id"]) == before
        assert house.dispatcher.board.request(UUID(first["id"])) is None
        assert (await verify(house.pool, settings)).violations == []


async def test_a_request_that_waits_is_not_decided_on_by_other_content(settings, addresses, clock):
    message = cloud_event("care-request", request_told(delay="4H"))
    reachable = message | {"data": request_told(delay="24H")}
    async with house_at(settings, addresses, clock=clock) as house:
        await opened(house, start=NOON + 9 * HOUR)
        first = await ask(house, "care-request", message)
        before = await story(house, first["id"])

    async with house_at(settings, addresses, clock=clock) as house:
        refused = await ask(house, "care-request", reachable)

        assert refused["code"] == "same_id_other_content"
        assert await story(house, first["id"]) == before
        held = house.dispatcher.board.request(UUID(first["id"]))
        assert held.state.due_by == NOON + 4 * HOUR


async def test_what_postgresql_cannot_store_ends_nobody_elses_request(house):
    await opened(house)
    poisoned = called("poisoned")
    circumstances = Circumstances(NEVERS, Actor("\0", Role.REGULATOR), poisoned, poisoned)
    asked_for = received_event(poisoned)
    command = Append(poisoned, [Write(names.request(poisoned), 0, [asked_for])], circumstances)

    outcomes = await asyncio.gather(
        house.appender.append(command), asked(house), return_exceptions=True
    )

    assert isinstance(outcomes[0], psycopg.Error)
    assert (await story(house, outcomes[1]))[-1].name == "request.assigned"
    assert not house.dispatcher.board.waiting[NEVERS]


async def test_thousands_who_wait_are_served_by_what_opened_and_in_order_of_urgency(house):
    await opened(house, start=NOON + 9 * HOUR)
    first = await asked(house, delay="2H")
    others = [await asked(house, delay="4H") for _ in range(60)]
    await house.dispatcher.settled()

    await tell(house, "slot", slot_told(NOON + HOUR, capacity=2))
    await house.dispatcher.settled()

    assert (await story(house, first))[-1].name == "request.assigned"
    states = [(await story(house, one))[-1].name for one in others]
    assert states.count("request.assigned") == 1


@pytest.mark.parametrize("_", range(5))
async def test_a_house_that_is_closed_at_once_closes(settings, addresses, clock, _):
    """Found in review: a task that lost its one cancellation was waited for for ever."""
    async with asyncio.timeout(30):
        async with house_at(settings, addresses, clock=clock):
            pass
