"""The figures: their scales, their places and what they say without being seen."""

from __future__ import annotations

import re
import xml.etree.ElementTree as tree

import pytest

from afina.evaluate import charts


def write(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.21, 0.74], [0.2, 0.4, 0.6, 0.8]),
        ([0.698, 0.769], [0.68, 0.7, 0.72, 0.74, 0.76, 0.78]),
        ([0.0, 1.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([-0.031, 0.052], [-0.04, -0.02, 0.0, 0.02, 0.04, 0.06]),
        ([0, 378], [0, 100, 200, 300, 400]),
        ([3.0, 3.0], [2.6, 2.8, 3.0, 3.2, 3.4]),
        ([0.0, 0.0], [-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6]),
    ],
)
def test_ticks_are_round_and_hold_every_value(values: list[float], ticks: list[float]) -> None:
    found = charts.scale(values)
    assert list(found.ticks) == ticks
    texts = [write(tick, found.digits) for tick in found.ticks]
    assert len(set(texts)) == len(texts)


def test_ticks_of_any_range() -> None:
    for power in range(-8, 9):
        for low, span in ((0.0, 1.0), (1.37, 0.01), (-7.3, 9.9), (99.9, 0.3)):
            ends = low * 10.0**power, (low + span) * 10.0**power
            found = charts.scale(ends).ticks
            assert found[0] <= ends[0] + 1e-9 * abs(ends[0])
            assert ends[1] <= found[-1] + 1e-9 * abs(ends[1])
            assert 3 <= len(found) <= 8


def test_a_strip_places_the_value_and_its_interval() -> None:
    axis = charts.scale([0.0, 1.0])
    drawn = tree.fromstring(charts.strip({"value": 0.5, "low": 0.4, "high": 0.7}, axis, "A < B"))
    assert drawn.find("title").text == "A < B"
    dot = drawn.find("circle")
    assert dot.get("cx") == "50.00%"
    whisker = [line for line in drawn.findall("line") if line.get("y1") == "50%"]
    assert [(line.get("x1"), line.get("x2")) for line in whisker] == [("41.00%", "68.00%")]
    assert dot.get("class") == "hollow"
    chosen = tree.fromstring(charts.strip({"value": 0.5, "low": 0.4, "high": 0.7}, axis, "A", marked=True))
    assert chosen.find("circle").get("class") == "accent"
    assert float(chosen.find("circle").get("r")) > float(dot.get("r"))


def test_a_strip_of_a_difference_shows_zero() -> None:
    axis = charts.scale([-0.1, 0.1])
    drawn = tree.fromstring(charts.strip({"difference": 0.05, "low": 0.0, "high": 0.1}, axis, "A", zero=True))
    assert [line.get("x1") for line in drawn.findall("line") if line.get("class") == "zero"] == ["50.00%"]


def test_curves_run_from_axis_to_axis_and_are_told_apart_without_colour() -> None:
    series = [
        charts.Series("training", [(0, 2.0), (100, 0.0)]),
        charts.Series("development", [(0, 2.0), (50, 1.0)], accented=True),
    ]
    text = charts.lines(
        series, title="Loss", description="falls", x_label="step", write=write, mark=(50, "kept: 50")
    )
    drawn = tree.fromstring(text)
    first, second = drawn.findall("polyline")
    assert first.get("points") == "44.0,44.0 348.0,196.0"
    assert second.get("points") == "44.0,44.0 196.0,120.0"
    assert first.get("stroke-dasharray")
    assert second.get("stroke-dasharray") is None
    assert [drawn.find(name).text for name in ("title", "desc")] == ["Loss", "falls"]
    assert {"training", "development", "kept: 50", "step"} <= {each.text for each in drawn.findall("text")}


def test_a_curve_of_one_point_is_a_dot() -> None:
    one = [charts.Series("loss", [(10, 0.5)])]
    drawn = tree.fromstring(charts.lines(one, title="t", description="d", x_label="x", write=write))
    assert len(drawn.findall("circle")) == 1


def test_reliability_puts_confidence_against_accuracy() -> None:
    bins = [
        {"low": 0.4, "high": 0.5, "confidence": 0.5, "accuracy": 0.25, "count": 25},
        {"low": 0.9, "high": 1.0, "confidence": 1.0, "accuracy": 1.0, "count": 100},
    ]
    text = charts.reliability(
        bins,
        title="t",
        description="d",
        labels=("x", "y", "perfect", "answers"),
        told=lambda one: f"{one['count']} answers",
        write=write,
    )
    drawn = tree.fromstring(text)
    dots = drawn.findall("circle")
    assert [(dot.get("cx"), dot.get("cy")) for dot in dots] == [("196", "176"), ("348", "26")]
    assert [float(dot.get("r")) for dot in dots] == [5.0, 7.5]
    assert [float(bar.get("height")) for bar in drawn.findall("rect")] == [8.5, 34.0]
    assert dots[0].find("title").text == "25 answers"


def test_heat_map_draws_only_what_happened() -> None:
    counts = [[8, 2, 0], [0, 10, 0], [0, 0, 0]]
    text = charts.heat_map(
        counts, title="t", description="d", labels=("p", "t"), told=lambda i, j: f"{i}>{j}: {counts[i][j]}"
    )
    squares = [each for each in tree.fromstring(text).findall("rect") if each.find("title") is not None]
    assert [each.find("title").text for each in squares] == ["0>0: 8", "0>1: 2", "1>1: 10"]
    assert [float(each.get("opacity")) for each in squares] == pytest.approx([0.83, 0.32, 1.0])
    assert [each.get("class") for each in squares] == ["accent", None, "accent"]


def test_texts_are_escaped() -> None:
    nasty = "</svg><script>\"'"
    one = [charts.Series(nasty, [(0, 1.0), (1, 2.0)])]
    text = charts.lines(one, title=nasty, description=nasty, x_label=nasty, write=write, mark=(0, nasty))
    assert "<script" not in text
    assert tree.fromstring(text).find("title").text == nasty


def test_text_takes_the_colour_of_the_page() -> None:
    axis = charts.scale([0, 1])
    for drawn in (
        charts.axis(axis, write),
        charts.bar(0.3),
        charts.strip({"value": 0, "low": 0, "high": 0}, axis, ""),
    ):
        assert not re.search(r"(fill|stroke)=\"(#|rgb|black|white)", drawn)
        assert "currentColor" in drawn


def test_a_scatter_has_a_dot_for_each_row_and_the_diagonal_where_both_axes_go() -> None:
    def drawn(points: list[tuple[float, float]]) -> tree.Element:
        made = charts.scatter(
            points, title="t", description="d", labels=("true", "predicted", "perfect"), write=write
        )
        return tree.fromstring(made)

    figure = drawn([(0.0, 0.0), (4.0, 2.0), (2.0, 4.0)])
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in figure.iter("circle")]
    assert len(dots) == 3
    assert dots[0][0] < dots[2][0] < dots[1][0]
    assert dots[0][1] > dots[1][1] > dots[2][1]
    dashed = [line for line in figure.iter("line") if "stroke-dasharray" in line.attrib]
    assert len(dashed) == 1
    assert not [
        line for line in drawn([(0.0, 8.0), (1.0, 9.0)]).iter("line") if "stroke-dasharray" in line.attrib
    ]


def test_numbers_of_neighbouring_dots_stand_apart() -> None:
    costs, values = (14.2, 14.5, 47, 81, 109, 129), (0.535, 0.594, 0.627, 0.692, 0.681, 0.686)
    points = [
        {"cost": cost, "value": value, "low": value - 0.05, "high": value + 0.05, "number": number,
         "title": "", "marked": number == 5}
        for number, (cost, value) in enumerate(zip(costs, values, strict=True), 1)
    ]  # fmt: skip
    drawn = tree.fromstring(
        charts.trade(points, title="", description="", labels=("", ""), write=write, told=lambda cost: "s")
    )
    half = 3.5  # of a digit
    shift = {"middle": 0.0, "start": half}
    places = {
        text.text: (float(text.attrib["x"]) + shift[text.attrib["text-anchor"]], float(text.attrib["y"]) - 4)
        for text in drawn.iter("text")
        if text.text and text.text in "123456"
    }
    lines = [line.attrib for line in drawn.iter("line") if line.attrib["x1"] == line.attrib["x2"]]
    assert list(places) == list("123456")
    assert len(lines) == 6
    for number, (x, y) in places.items():
        others = [place for other, place in places.items() if other != number]
        assert not any(abs(x - left) < 2 * half and abs(y - middle) < 9 for left, middle in others)
        for line in lines:
            beside = abs(x - float(line["x1"])) > half
            assert beside or not float(line["y2"]) - 4 < y < float(line["y1"]) + 4
