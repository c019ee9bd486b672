"""`snp demo`: a weekday, the same for the same seed."""

import pytest

from services.simulator.play import Day

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
        return snp.json("demo", "--seed", seed, "--requests", "80")

    return played


def test_a_day_goes_by_without_a_loss_the_same_again_and_another_seed_is_another_day(day):
    """One after the other: a day takes half a minute. By seed what happens in it differs."""
    first = day(3)

    assert list(first) == KEYS
    assert first["requests"] == 80
    assert first["assigned"] > 40
    assert first["assigned"] + first["waiting"] + first["unserved"] <= 80
    assert (first["double_booked"], first["lost"], first["violations"]) == (0, 0, 0)
    assert day(3) | {"seconds": 0} == first | {"seconds": 0}
    days = [Day(seed=seed).happenings(80) for seed in (3, 3, 5)]
    assert days[0] == days[1] != days[2]
