"""How much one account may ask for."""

import pytest

from services.api import limits
from services.api.limits import Allowance, TooMany
from services.settings import settings_with


def test_each_account_has_so_much_and_more_when_the_time_is_over(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: now[0])
    allowance = Allowance(settings_with(http_requests_a_second=10.0, http_burst=20))

    for _ in range(20):
        allowance.take("one")
    with pytest.raises(TooMany):
        allowance.take("one")
    allowance.take("another")
    now[0] += 2

    allowance.take("one")
