"""Charts of the annual report: vectors, in few colours that print in grey."""

from collections.abc import Sequence

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.shapes import Drawing, String
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
    chart.data = [[value or 0 for value in values] for _, values in series]
    chart.categoryAxis.style = "stacked" if stacked else "parallel"
    chart.groupSpacing = 4
    for nth, _ in enumerate(series):
        chart.bars[nth].fillColor = COLOURS[nth]
        chart.bars[nth].strokeColor = None
    _placed(drawing, chart, months)
    return drawing


def lines(title: str, months: Sequence[str], series: Series, *, most: float | None) -> Drawing:
    """Lines from month to month; `most`: the end of the axis, else what the values need."""
    drawing = _framed(title, series)
    chart = HorizontalLineChart()
    chart.data = [list(values) for _, values in series]
    for nth, _ in enumerate(series):
        chart.lines[nth].strokeColor = COLOURS[nth]
        chart.lines[nth].strokeWidth = 1.4
    if most is not None:
        chart.valueAxis.valueMax = most
    _placed(drawing, chart, months)
    return drawing


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
