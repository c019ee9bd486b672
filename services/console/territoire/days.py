"""Which day it is in a community."""

from datetime import date
from zoneinfo import ZoneInfo

from services.console.visitors import Visitor
from services.intake.directory import Known


def today_of(visitor: Visitor, known: Known) -> date:
    """Today, there."""
    return visitor.desk.house.clock.now().astimezone(ZoneInfo(known.formed.zone)).date()
