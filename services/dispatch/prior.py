"""What is expected of a day where nothing is known of days before it.

Who calls is taken to live where practices are, as many as there are places, by the hours and
delays of the country (DOMAIN of the design, §8); places are taken to be published as anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from math import cos
from random import Random

import numpy as np

from domain.forecast import DEMAND, Future, Rows, rows
from domain.geography import EARTH_RADIUS_KM

OPENS, CLOSES = time(8), time(20)  # of the SAS on weekdays

# Background: calls by hour from 8 to 19, in per cent, and within how many hours care is wanted.
CALLS_BY_HOUR = (6, 12, 12, 10, 7, 6, 8, 8, 8, 9, 8, 6)
WINDOWS = {2: 20, 4: 30, 12: 25, 24: 25}
PUBLISHED_BEFORE_OPENING = 0.6
LAST_NOTICE = timedelta(minutes=30)  # a place is published at the latest so long before
ALSO_VIDEO, ALSO_HOME = 0.08, 0.07  # shares of those who come to a practice otherwise
FROM_THE_PRACTICE_KM = 5.0  # standard deviation of where they live
MAX_KM = 15.0


@dataclass(frozen=True)
class Hours:
    """A day of calls, and where it is."""

    day: date
    zone: tzinfo

    def at(self, hour: float) -> float:
        """So many hours after midnight by the clocks there, in seconds since 1970."""
        midnight = datetime.combine(self.day, time(), self.zone)
        return (midnight + timedelta(hours=hour)).timestamp()


def prior(
    published: Rows, hours: Hours, now: datetime, random: Random, most: int
) -> Sequence[Future]:
    """So many futures from the places of the day published so far, those taken included."""
    if not len(published):
        return ()
    published = np.sort(published)  # whoever asks, in one order
    opening, closing = hours.at(OPENS.hour), hours.at(CLOSES.hour)
    passed = min(max((now.timestamp() - opening) / (closing - opening), 0.0), 1.0)
    share = PUBLISHED_BEFORE_OPENING + (1 - PUBLISHED_BEFORE_OPENING) * passed
    whole_day = len(published) / share
    return [
        Future(
            _calls(published, hours, round(random.gauss(whole_day, whole_day**0.5)), random),
            _publications(published, (opening, closing), round(whole_day * (1 - share)), random),
        )
        for _ in range(most)
    ]


def _calls(published: Rows, hours: Hours, number: int, random: Random) -> Rows:
    made: list[tuple[object, ...]] = []
    for _ in range(max(number, 0)):
        near = published[random.randrange(len(published))]
        (hour,) = random.choices(range(OPENS.hour, CLOSES.hour), CALLS_BY_HOUR)
        (window,) = random.choices(list(WINDOWS), list(WINDOWS.values()))
        at = hours.at(hour + random.random())
        lat = float(near["lat"])
        off = [random.gauss(0.0, FROM_THE_PRACTICE_KM / EARTH_RADIUS_KM) for _ in range(2)]
        way = random.random()
        made.append(
            (
                at,
                at + 3600 * window,
                lat + off[0],
                float(near["lon"]) + off[1] / cos(lat),
                MAX_KM,
                int(near["professions"]),
                True,
                way > 1 - ALSO_HOME,
                way < ALSO_VIDEO,
            )
        )
    return rows(made, DEMAND)


def _publications(published: Rows, day: tuple[float, float], number: int, random: Random) -> Rows:
    """Like those there are, at any time of the day."""
    opening, closing = day
    made = published[[random.randrange(len(published)) for _ in range(number)]].copy()
    starts = [random.uniform(opening, closing) for _ in range(number)]
    notice = LAST_NOTICE.total_seconds()
    made["start"] = made["last"] = starts
    made["published"] = [
        max(opening, opening + (start - notice - opening) * random.random()) for start in starts
    ]
    return made
