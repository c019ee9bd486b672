from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from events import streams
from events.codes import Delay
from events.motives import MOTIVES, Motive
from tests.examples import ANNA


def test_every_delay_has_a_longest_time():
    assert {delay: delay.longest for delay in Delay}[Delay.MIN_30] == timedelta(minutes=30)
    assert Delay.ASAP.longest == timedelta(hours=1)


def test_a_reason_is_one_of_the_national_list_or_a_refinement_of_one():
    reason = TypeAdapter(Motive)

    assert reason.validate_python("M03.14") == "M03.14"
    assert reason.validate_python("M03.14.02") == "M03.14.02"
    assert len(MOTIVES) == 52
    for wrong in ("M17.03.01", "M99.01", "fever"):
        with pytest.raises(ValidationError):
            reason.validate_python(wrong)


def test_a_stream_is_a_kind_and_an_identity():
    assert streams.kind(streams.request(ANNA)) == "request"
    assert streams.identity(streams.request(ANNA)) == str(ANNA)
    assert streams.agenda("10978000015", "2026-W48") == "agenda-10978000015-2026-W48"
    assert streams.identity(streams.agenda("10978000015", "2026-W48")) == "10978000015-2026-W48"
    assert streams.practitioner("10978000015") == "practitioner-10978000015"
    assert streams.community("580099001") == "community-580099001"
