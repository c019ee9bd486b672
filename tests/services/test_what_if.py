"""What would have changed: added places, and figures paired by day."""

from datetime import date, timedelta
from random import Random
from statistics import fmean

import pytest
from scipy import stats

from services.cli.simulate import EARLIEST, by_policy
from services.reports.what_if_page import Pair, page
from services.simulator.adding import Added, NotAddable, added_in, with_more
from services.simulator.cast import day_of
from services.simulator.comparing import FIGURES, difference, gone_days, over_days
from services.simulator.generating import Generator, Wanted
from services.simulator.territory import towns_named

(TOWN,) = towns_named("CA de Nevers")
MONDAY = date(2026, 10, 5)


def day(nth=0, supply=0.8):
    made = Generator(TOWN, Wanted(40.0, supply), 1).day(MONDAY + timedelta(days=nth))
    return day_of(made.model_copy(update={"community": "580099001"}))


def gone(one):
    return gone_days([one], [by_policy(EARLIEST, one, {})])[0]


def a_file(tmp_path, text):
    file = tmp_path / "more.csv"
    file.write_text(text)
    return file


def test_four_more_places_on_monday_mornings_are_there_on_mondays(tmp_path):
    more = added_in(a_file(tmp_path, "weekday,start,end,places\n1,09:00,11:00,4\n"))

    monday, tuesday = day(), day(1)
    wider = with_more(monday, more, TOWN.communes)

    assert len(wider.seats) == len(monday.seats) + 1
    added = wider.seats[-1].published
    at = added.start.astimezone(monday.opens.tzinfo)
    assert (added.capacity, f"{at:%H:%M}", added.place.commune) == (4, "09:00", "58194")
    assert added.published_at == added.start - timedelta(hours=12)
    assert with_more(tuesday, more, TOWN.communes) == tuesday
    assert len(gone(wider).played.assignments) > len(gone(monday).played.assignments)


def test_a_file_of_a_spreadsheet_is_read_as_well(tmp_path):
    text = "Weekday;Start;End;Places;Mode\n2;14:00;16:00;3;HH\n;;;;\n".replace("\n;;;;", "")
    (one,) = added_in(a_file(tmp_path, text))

    assert (one.weekday, one.places, one.mode, one.radius_km) == (2, 3, "HH", 10.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekday,start,end\n8,09:00,10:00\n", "line 2: weekday"),
        ("weekday,start,end\n1,09:00,08:00\n", "end after they start"),
        ("weekday,start,end,colour\n1,09:00,10:00,red\n", "colour"),
        ("weekday,start,end\n", "from 1 to 1000 lines"),
        ("weekday,start,end\n1,09:00Z,10:00\n", "of the clocks there"),
        ("weekday,start,end\n1,09:00,10:00,4\n", "more cells"),
    ],
)
def test_what_is_no_place_is_told(tmp_path, text, said):
    with pytest.raises(NotAddable, match=said):
        added_in(a_file(tmp_path, text))


def test_what_is_no_text_is_told(tmp_path):
    file = tmp_path / "latin.csv"
    file.write_bytes("weekday,start,end,commune\n1,09:00,10:00,Nièvre\n".encode("latin-1"))

    with pytest.raises(NotAddable, match="UTF-8"):
        added_in(file)


def test_a_commune_of_elsewhere_is_told():
    elsewhere = Added(weekday=1, start="09:00", end="10:00", commune="75056")

    with pytest.raises(NotAddable, match="75056"):
        with_more(day(), [elsewhere], TOWN.communes)


def test_days_are_compared_in_pairs():
    first = [gone(day(nth)) for nth in range(4)]
    second = [gone(day(nth, 1.3)) for nth in range(4)]

    change = difference(FIGURES["served"], first, second)

    before, after = ([FIGURES["served"](one) for one in some] for some in (first, second))
    low, high = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert change.mean == pytest.approx(fmean(after) - fmean(before))
    assert (change.low, change.high) == (pytest.approx(low), pytest.approx(high))
    assert over_days(FIGURES["served"], first) == pytest.approx(fmean(before))
    alike = difference(FIGURES["served"], first, first)
    assert (alike.mean, alike.low, alike.high) == (0, 0, 0)
    one_day = difference(FIGURES["served"], first[:1], second[:1])
    assert one_day.low is None


def test_a_sunday_has_nothing_to_compare():
    sunday = [gone(day(6))]

    assert over_days(FIGURES["served"], sunday) is None
    assert difference(FIGURES["delay_minutes"], sunday, sunday).mean is None


def test_a_page_has_a_table_and_a_chart_a_figure_and_nothing_to_load():
    dice = Random(1)
    pairs = [Pair(MONDAY + timedelta(days=n), dice.random(), dice.random()) for n in range(60)]

    made = page("58 <what if>", ("before", "after"), [["", "a"], ["served", "1"]], {"s": pairs})

    assert "&lt;what if&gt;" in made
    assert made.count("<svg") == 1
    assert "W41" in made  # weeks, for so many days
    assert "http" not in made.replace("http://www.w3.org", "")
