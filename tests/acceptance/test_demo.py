"""`snp demo`: a weekday, the same for the same seed."""

import pytest

from services.simulator.play import Day

REQUESTS = 40
KEYS = [
    "requests",
    "assigned",
    "waiting",
    "unserved",
    "double_booked",
    "lost",
    "violations",
    "seconds",
]


@pytest.fixture
def day(snp):
    def played(seed):
        return snp.json("demo", "--seed", seed, "--requests", REQUESTS)

    return played


def test_a_day_goes_by_without_a_loss_the_same_again_and_another_seed_is_another_day(day):
    """One after the other, for each takes both cores. By seed what happens in it differs."""
    first = day(3)

    assert list(first) == KEYS
    assert first["requests"] == REQUESTS
    assert first["assigned"] > REQUESTS / 2
    assert first["assigned"] + first["waiting"] + first["unserved"] <= REQUESTS
    assert (first["double_booked"], first["lost"], first["violations"]) == (0, 0, 0)
    assert day(3) | {"seconds": 0} == first | {"seconds": 0}
    days = [Day(seed=seed).happenings(REQUESTS) for seed in (3, 3, 5)]
    assert days[0] == days[1] != days[2]
