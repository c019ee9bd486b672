"""A day as `snp simulate` plays it is the day as it goes: the same events on real servers."""

from datetime import date, datetime, time, timedelta

from events.request import RequestAssigned
from services.cli.simulate import DISPATCH, by_policy, policy_named
from services.clock import SimulatedClock
from services.dispatch.past import past_of
from services.simulator.cast import day_of
from services.simulator.climbing import climb
from services.simulator.day import ZONE
from services.simulator.generating import Generator, Wanted
from services.simulator.history import past_days
from services.simulator.lived import lived_days
from services.simulator.play import dispatched, let_pass
from services.simulator.territory import rpps_of, towns_named
from tests.conftest import house_at
from tests.talking import community_told, tell

FINESS = "580099001"
LADDER = {
    "title": "Places only",
    "rules": [{"title": "All", "steps": [{"kind": "MEMBER_SLOTS", "minutes": 0}]}],
}


def days(number):
    """Working days of a small town, its patients no more exactly than a log has them."""
    (town,) = towns_named("CA de Nevers")
    made = Generator(town, Wanted(40.0, 0.9), 5)
    some = (date(2026, 10, 5) + timedelta(days=nth) for nth in range(2 * number))
    for day in [day for day in some if day.weekday() < 5][:number]:
        scenario = made.day(day)
        # A simulated day ends: who calls is to be seen before that, or not at all.
        requests = [
            one.model_copy(
                update={
                    "lat": round(one.lat, 2),
                    "lon": round(one.lon, 2),
                    "due_by": min(one.due_by, scenario.closes + timedelta(hours=2)),
                }
            )
            for one in scenario.requests
        ]
        yield scenario.model_copy(update={"community": FINESS, "requests": tuple(requests)})


def told_of(scenario):
    """What is sent, in order: what is published in an instant is there for who calls then."""
    for slot in scenario.slots:
        yield slot.published_at, 0, "slot", slot
    for request in scenario.requests:
        yield request.received_at, 1, "care-request", request


def placed(scenario, nth_of):
    """A scenario's slot as a practitioner publishes it, who is the nth of the town."""

    def slot(one):
        return {
            "rpps": rpps_of(f"10958{nth_of[one.practitioner]:05}"),
            "place": {
                "title": one.practitioner,
                "commune": "58194",
                "position": {"lat": one.lat, "lon": one.lon},
            },
            "start": one.start.isoformat(),
            "end": one.end.isoformat(),
            "capacity": one.capacity,
            "modes": list(one.modes),
            "radius_km": one.radius_km,
        }

    return {one.id: slot(one) for one in scenario.slots}


def asked(one):
    return {
        "asked_at": one.received_at.isoformat(),
        "due_by": one.due_by.isoformat(),
        "priority": "P2",
        "motive": "M03.14",
        "professions": list(one.professions),
        "modes": list(one.modes),
        "max_km": one.max_km,
        "position": {"lat": one.lat, "lon": one.lon},
    }


async def lived(house, clock, scenario, nth_of):
    """The day through the intake; who got which slot when."""
    named = {}
    slots = placed(scenario, nth_of)
    for at, _, kind, one in sorted(told_of(scenario), key=lambda happens: happens[:2]):
        await let_pass(house, clock, at)
        data = slots[one.id] if kind == "slot" else asked(one)
        answer = await tell(house, kind, data, FINESS)
        named[answer["id"]] = one.id
        await dispatched(house)
    midnight = datetime.combine(scenario.opens.date() + timedelta(days=1), time(), ZONE)
    await let_pass(house, clock, midnight)
    given = [r.event for r in await house.log.of_kind("request")]
    return {
        (named[str(one.request_id)], named[str(one.slot_id)], one.assigned_at)
        for one in given
        if isinstance(one, RequestAssigned) and str(one.request_id) in named
    }


async def test_a_week_lived_is_the_week_simulated(settings, addresses):
    """First without a past, by what is usual; then by the days that went before."""
    scenarios = list(days(7))
    practices = sorted({slot.practitioner for day in scenarios for slot in day.slots})
    nth_of = {title: nth for nth, title in enumerate(practices)}
    clock = SimulatedClock(scenarios[0].opens - timedelta(hours=9))
    # A place is given fifteen minutes before it at the latest: nobody is sent back before that.
    usual = settings.model_copy(update={"hand_back_margin_minutes": 15.0})
    past = []
    async with house_at(usual, addresses, clock=clock) as house:
        await tell(house, "community", community_told(FINESS), FINESS)
        await tell(house, "ladder", {"finess": FINESS, "ladder": LADDER}, FINESS)
        for nth in nth_of.values():
            sheet = {
                "rpps": rpps_of(f"10958{nth:05}"),
                "profession": "10",
                "consent": {"sources": ["SAS"], "weekly_cap": None},
            }
            await tell(house, "practitioner", sheet, FINESS)
        for scenario in scenarios:
            live = await lived(house, clock, scenario, nth_of)
            played = by_policy(DISPATCH, day_of(scenario), past_days(past))
            simulated = {(one.request, one.slot, one.decided_at) for one in played.assignments}

            assert len(live) > 10
            assert live == simulated, f"{scenario.opens:%d %b}, {len(past)} days before it"
            past.append(day_of(scenario))
            await house.settled()  # the read model of arrivals is a second behind
        await played_again(house, scenarios, usual)


async def played_again(house, scenarios, usual):
    """What the log has of these days, played as it was decided then, is what became of them."""
    first, last = (scenarios[nth].opens.date() for nth in (0, -1))
    lived_again = await lived_days(house.pool, FINESS, first, last, ZONE)
    stretch = lived_again.stretch
    assert [day.opens.date() for day in stretch.days] == [one.opens.date() for one in scenarios]
    past = await past_of(house.pool, FINESS, last + timedelta(days=1), ZONE)
    again = climb(stretch, policy_named(DISPATCH, stretch.whole, past), usual)
    for played, outcome in zip(again, lived_again.outcomes, strict=True):
        assert given(played) == given(outcome)
        assert abs(played.loss - outcome.loss) < 0.01  # a log has kilometres to 100 m


def given(played):
    return {(one.request, one.slot, one.decided_at, one.start) for one in played.assignments}
