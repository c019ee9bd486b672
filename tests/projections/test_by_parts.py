"""What people read now and then is taken in by parts: nobody waits for all of it at once."""

from hypothesis import given
from hypothesis import strategies as st

from projections import arrivals
from services.log.bells import Bells
from services.log.reader import Log
from services.projector.projector import Projector, by_parts, rebuild
from services.settings import settings_with
from tests.examples import assigned, called, received
from tests.projections.tables import contents
from tests.recording import recorded
from tests.running import running, until
from tests.services.test_appender import command, to_request

RECEIVED = received().name


@given(st.lists(st.sampled_from([received(), assigned()])), st.integers(1, 5))
def test_the_parts_are_the_batch_in_its_order_cut_where_one_is_full(events, most):
    batch = recorded(*events)
    parts = by_parts(batch, {RECEIVED}, most)

    concerned = [sum(r.event.name == RECEIVED for r in part) for part in parts]
    assert [r for part in parts for r in part] == batch
    assert all(parts)
    assert all(count == most for count in concerned[:-1])
    assert all(count <= most for count in concerned)


async def test_a_read_model_of_now_and_then_takes_a_part_and_pauses(appender, pool, tmp_path):
    settings = settings_with(
        state=tmp_path, indicators_pause_seconds=3600.0, indicators_part_events=4
    )
    asked = [called(f"patient {n}") for n in range(10)]
    await appender.append(command(*(to_request(request_id=one) for one in asked)))
    projector = Projector(pool, Log(pool), arrivals.projection, settings, Bells().listen())

    async with running(projector.run()):
        await until(lambda: projector.position)
        assert projector.position == 4
        assert len((await contents(pool, arrivals.projection))["calls"]) == 4

        await projector.caught_up()  # whoever needs all of it does not wait for the pauses

    live = await contents(pool, arrivals.projection)
    assert len(live["calls"]) == 10
    await rebuild(pool, arrivals.projection, settings)
    assert await contents(pool, arrivals.projection) == live
