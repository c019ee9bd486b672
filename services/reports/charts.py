"""Charts of the annual report: vectors, in few colours that print in grey."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib.colors import Color, HexColor

COLOURS = [HexColor(code) for code in ("#1F4E79", "#8DB3D9", "#C9CED6", "#D98E32")]
_WIDTH, _HEIGHT = 250, 150  # points
_LEFT, _BELOW, _ABOVE = 30, 34, 20
_SMALL = 7

Series = Sequence[tuple[str, Sequence[float | None]]]
"""What it is called, and a value a month; None: there is nothing to say."""


def bars(title: str, months: Sequence[str], series: Series, *, stacked: bool) -> Drawing:
    """Columns, a group a month."""
    drawing = _framed(title, series)
    chart = VerticalBarChart()
    chart.data = [list(values) for _, values in series]  # no bar where there is nothing to say
    chart.categoryAxis.style = "stacked" if stacked else "parallel"
    chart.groupSpacing = 4
    if not any(value for values in chart.data for value in values):
        chart.valueAxis.valueMax = 1
    for nth, _ in enumerate(series):
        chart.bars[nth].fillColor = COLOURS[nth]
        chart.bars[nth].strokeColor = None
    _placed(drawing, chart, months)
    return drawing


def lines(title: str, months: Sequence[str], series: Series, *, most: float | None) -> Drawing:
    """Lines from month to month; `most`: the end of the axis, else what the values need.

    Months without a value are gaps: a line over them would say something of them.
    """
    drawing = _framed(title, series)
    chart = HorizontalLineChart()
    chart.joinedLines = 0
    drawn = [(nth, run) for nth, (_, values) in enumerate(series) for run in _runs(values)]
    chart.data = [run for _, run in drawn] or [[None] * len(months)]
    for row, (nth, run) in enumerate(drawn):
        chart.lines[row].strokeColor = COLOURS[nth]
        chart.lines[row].strokeWidth = 1.4
        if sum(value is not None for value in run) > 1:
            chart.lines[row].lineStyle = "joinedLine"
        else:
            chart.lines[row].symbol = makeMarker("FilledCircle", size=4)  # type: ignore[no-untyped-call]
    known = [value for _, run in drawn for value in run if value is not None]
    chart.valueAxis.valueMax = most or (None if any(known) else 1)
    _placed(drawing, chart, months)
    return drawing


def _runs(values: Sequence[float | None]) -> Iterator[list[float | None]]:
    """The stretches of months with a value, each as long as all of them."""
    for known, run in groupby(enumerate(values), key=lambda one: one[1] is not None):
        if known:
            months = dict(run)
            yield [months.get(month) for month in range(len(values))]


def _framed(title: str, series: Series) -> Drawing:
    drawing = Drawing(_WIDTH, _HEIGHT)
    drawing.add(String(0, _HEIGHT - 10, title, fontName="Helvetica-Bold", fontSize=8))
    legend = Legend()
    legend.x, legend.y = _LEFT, 10
    legend.fontSize = _SMALL
    legend.alignment = "right"
    legend.columnMaximum = 1
    legend.deltax = 10
    legend.dxTextSpace = 3
    legend.dx = legend.dy = 6
    legend.strokeWidth = 0
    legend.colorNamePairs = [(COLOURS[nth], name) for nth, (name, _) in enumerate(series)]
    drawing.add(legend)
    return drawing


def _placed(
    drawing: Drawing, chart: VerticalBarChart | HorizontalLineChart, months: Sequence[str]
) -> None:
    chart.x, chart.y = _LEFT, _BELOW
    chart.width, chart.height = _WIDTH - _LEFT - 6, _HEIGHT - _BELOW - _ABOVE
    chart.valueAxis.valueMin = 0
    chart.valueAxis.labels.fontSize = _SMALL
    chart.valueAxis.strokeColor = None
    chart.valueAxis.visibleGrid = True
    chart.valueAxis.gridStrokeColor = Color(0.85, 0.85, 0.85)
    chart.valueAxis.gridStrokeWidth = 0.4
    chart.categoryAxis.categoryNames = list(months)
    chart.categoryAxis.labels.fontSize = _SMALL
    chart.categoryAxis.strokeColor = Color(0.6, 0.6, 0.6)
    drawing.add(chart)
