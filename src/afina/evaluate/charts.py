"""The report's figures: pure functions from numbers to SVG.

Every text is drawn in ``currentColor``, so a figure follows the light or dark page around it; the class
``accent`` marks what the page may colour. Nothing is told by colour alone: series differ in stroke and
marker, points carry a ``<title>``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

__all__ = [
    "Dot", "Scale", "Series", "axis", "bar", "dots", "heat_map", "lines", "reliability", "scale", "scatter",
    "strip", "trade",
]  # fmt: skip

Write = Callable[[float, int], str]
"""A number with so many decimals, as a text in the reader's language."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis whose ends are ticks."""

    ticks: tuple[float, ...]
    digits: int
    """Decimals that tell the ticks apart."""

    def at(self, value: float, start: float, end: float) -> float:
        """Where a value falls between the coordinates of the first and the last tick."""
        low, high = self.ticks[0], self.ticks[-1]
        return start + (end - start) * (value - low) / (high - low)


def scale(values: Iterable[float], count: int = 5) -> Scale:
    """An axis over all values in about ``count`` steps of 1, 2 or 5 times a power of ten (Heckbert 1990)."""
    known = list(values)
    low, high = min(known), max(known)
    if high - low < 1e-12:
        margin = abs(low) * 0.1 or 0.5
        low, high = low - margin, high + margin
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if rough <= m * power * (1 + 1e-9))
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(tuple(round(i * step, digits) for i in range(first, last + 1)), digits)


def _tag(name: str, content: str | Markup = "", **attributes: object) -> Markup:
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(f"{v:.6g}" if isinstance(v, float) else v)}"'
        for key, v in attributes.items()
        if v is not None
    )
    return Markup(f"<{name}{written}>{escape(content)}</{name}>")


def _text(x: float, y: float, content: str, anchor: str = "middle", **attributes: object) -> Markup:
    return _tag("text", content, x=x, y=y, text_anchor=anchor, **attributes)


def _figure(width: float, height: float, title: str, description: str, parts: Iterable[Markup]) -> Markup:
    inside = _tag("title", title) + _tag("desc", description) + Markup("").join(parts)
    box = f"0 0 {width:g} {height:g}"
    return _tag("svg", inside, viewBox=box, role="img", class_="chart", font_size=11, fill="currentColor")


# Strips: one row of a table drawn to the scale that all its rows share. Coordinates are percentages, so that
# a strip takes any width and its dot stays round.


def _percent(axis_scale: Scale, value: float) -> str:
    return f"{axis_scale.at(value, 5, 95):.2f}%"


def strip(
    interval: Mapping[str, Any], axis_scale: Scale, title: str, *, marked: bool = False, zero: bool = False
) -> Markup:
    """A dot for the value and a line for its interval.

    Args:
        interval: ``value`` or ``difference``, ``low`` and ``high``.
        title: what a screen reader says.
        marked: drawn filled and larger.
        zero: with a line where the difference is nought.
    """
    value = interval["value"] if "value" in interval else interval["difference"]
    parts = [_tag("title", title)]
    for tick in axis_scale.ticks:
        x = _percent(axis_scale, tick)
        kind = "zero" if zero and tick == 0 else "grid"
        opacity = 0.6 if kind == "zero" else 0.14
        parts.append(
            _tag("line", x1=x, x2=x, y1=0, y2="100%", class_=kind, stroke="currentColor", opacity=opacity)
        )
    low, high = (_percent(axis_scale, interval[end]) for end in ("low", "high"))
    colour = "accent" if marked else None
    common: dict[str, Any] = {
        "stroke": "currentColor",
        "stroke_width": 2 if marked else 1.5,
        "class_": colour,
    }
    parts.append(_tag("line", x1=low, x2=high, y1="50%", y2="50%", **common))
    dot: dict[str, Any] = {**common, "fill": "currentColor"} if marked else {**common, "class_": "hollow"}
    parts.append(_tag("circle", cx=_percent(axis_scale, value), cy="50%", r=5.5 if marked else 4, **dot))
    return _tag("svg", Markup("").join(parts), role="img", class_="strip", width="100%", height=36)


def axis(axis_scale: Scale, write: Write) -> Markup:
    """The ticks under a column of strips."""
    skip = 2 if len(axis_scale.ticks) > 7 else 1
    parts = [
        _tag(
            "text",
            write(tick, axis_scale.digits),
            x=_percent(axis_scale, tick),
            y=13,
            text_anchor="middle",
        )
        for tick in axis_scale.ticks[::skip]
    ]
    inside = Markup("").join(parts)
    return _tag(
        "svg", inside, class_="strip", width="100%", height=18, fill="currentColor", aria_hidden="true"
    )


def bar(fraction: float) -> Markup:
    """A thin bar beside a number that says the same."""
    full = _tag("rect", width="100%", height=4, y=4, rx=2, opacity=0.14)
    part = _tag("rect", width=f"{100 * fraction:.1f}%", height=4, y=4, rx=2, class_="accent")
    return _tag("svg", full + part, class_="bar", height=12, fill="currentColor", aria_hidden="true")


# Charts with two axes.


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one curve, in order of x; the accented one is drawn solid with dots, the other dashed."""

    name: str
    points: Sequence[tuple[float, float]]
    accented: bool = False


@dataclass(frozen=True, slots=True)
class _Plot:
    """The rectangle between two axes."""

    x: Scale
    y: Scale
    left: float
    right: float
    top: float
    bottom: float

    def to(self, x: float, y: float) -> tuple[float, float]:
        return self.x.at(x, self.left, self.right), self.y.at(y, self.bottom, self.top)

    def axes(self, write: Write, x_label: str, across: Write | None = None) -> list[Markup]:
        """Both axes; ``across`` writes the ticks of the lower one where ``write`` does not."""
        parts = []
        for tick in self.y.ticks:
            _x, y = self.to(self.x.ticks[0], tick)
            parts.append(
                _tag("line", x1=self.left, x2=self.right, y1=y, y2=y, stroke="currentColor", opacity=0.14)
            )
            parts.append(_text(self.left - 6, y + 4, write(tick, self.y.digits), "end"))
        for tick in self.x.ticks:
            x, _y = self.to(tick, self.y.ticks[0])
            parts.append(_text(x, self.bottom + 16, (across or write)(tick, self.x.digits)))
        parts.append(_text((self.left + self.right) / 2, self.bottom + 33, x_label, opacity=0.8))
        return parts


def lines(
    series: Sequence[Series],
    *,
    title: str,
    description: str,
    x_label: str,
    write: Write,
    mark: tuple[float, str] | None = None,
) -> Markup:
    """Curves over one x axis, with their legend above and, at ``mark``, an upright line with its label."""
    points = [point for one in series for point in one.points]
    plot = _Plot(scale([x for x, _y in points], 4), scale([y for _x, y in points], 4), 44, 348, 44, 196)
    parts = plot.axes(write, x_label)
    if mark is not None:
        x, _y = plot.to(mark[0], plot.y.ticks[0])
        side = ("end", -5) if x > 200 else ("start", 5)
        parts.append(
            _tag("line", x1=x, x2=x, y1=30, y2=plot.bottom, stroke="currentColor", stroke_dasharray="2 3")
        )
        parts.append(_text(x + side[1], 37, mark[1], side[0]))
    legend = plot.left
    for one in series:
        colour: dict[str, Any] = {
            "class_": "accent" if one.accented else None,
            "stroke": "currentColor",
            "fill": "none",
        }
        dashes = None if one.accented else "5 3"
        places = [plot.to(x, y) for x, y in one.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(_tag("polyline", points=path, stroke_width=1.8, stroke_dasharray=dashes, **colour))
        if one.accented or len(places) == 1:
            parts += [_tag("circle", cx=x, cy=y, r=2.4, class_=colour["class_"]) for x, y in places]
        parts.append(
            _tag(
                "line",
                x1=legend,
                x2=legend + 20,
                y1=11,
                y2=11,
                stroke_width=1.8,
                stroke_dasharray=dashes,
                **colour,
            )
        )
        parts.append(_text(legend + 26, 15, one.name, "start"))
        legend += 46 + 6.2 * len(one.name)
    return _figure(360, 236, title, description, parts)


def reliability(
    bins: Sequence[Mapping[str, Any]],
    *,
    title: str,
    description: str,
    labels: tuple[str, str, str, str],
    told: Callable[[Mapping[str, Any]], str],
    write: Write,
) -> Markup:
    """How often the model is right against how sure it says it is; below, how many answers fall where.

    Args:
        bins: ``low``, ``high``, ``confidence``, ``accuracy``, ``count`` of each non-empty bin.
        labels: of the x axis, of the y axis, of the diagonal, and of the bars.
        told: one bin as a sentence.
    """
    unit = Scale((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), 1)
    plot = _Plot(unit, unit, 44, 348, 26, 226)
    most = max(one["count"] for one in bins)
    start, end = plot.to(0, 0), plot.to(1, 1)
    parts = [
        _text(0, 12, labels[1], "start", opacity=0.8),
        *plot.axes(write, labels[0]),
        _tag(
            "line",
            x1=start[0],
            y1=start[1],
            x2=end[0],
            y2=end[1],
            stroke="currentColor",
            stroke_dasharray="4 4",
        ),
        _text(*plot.to(0.28, 0.33), labels[2], "end", opacity=0.8),
        _text(38, 304, labels[3], "end", opacity=0.8),
    ]
    for one in bins:
        x, y = plot.to(one["confidence"], one["accuracy"])
        _x, ideal = plot.to(0, one["confidence"])
        parts.append(
            _tag("line", x1=x, x2=x, y1=ideal, y2=y, class_="accent", stroke="currentColor", stroke_width=1.5)
        )
        radius = 2.5 + 5 * math.sqrt(one["count"] / most)
        parts.append(_tag("circle", _tag("title", told(one)), cx=x, cy=y, r=radius, class_="accent"))
        left, _y = plot.to(one["low"], 0)
        right, _y = plot.to(one["high"], 0)
        height = 34 * one["count"] / most
        parts.append(
            _tag(
                "rect",
                _tag("title", told(one)),
                x=left + 0.5,
                y=304 - height,
                width=right - left - 1,
                height=height,
                opacity=0.35,
            )
        )
    parts.append(_tag("line", x1=44, x2=348, y1=304.5, y2=304.5, stroke="currentColor", opacity=0.4))
    return _figure(360, 308, title, description, parts)


def trade(
    points: Sequence[Mapping[str, Any]],
    *,
    title: str,
    description: str,
    labels: tuple[str, str],
    write: Write,
    told: Callable[[float], str],
) -> Markup:
    """Quality upwards against cost across, on a logarithmic axis, each with its interval and its number.

    Args:
        points: ``cost`` (greater than 0), ``value``, ``low``, ``high``, ``number``, ``title`` and ``marked``.
        labels: of the x axis and of the y axis.
        told: a cost at a tick.
    """
    powers = [math.log10(point["cost"]) for point in points]
    ticks = tuple(float(power) for power in range(math.floor(min(powers)), math.ceil(max(powers) + 1e-9) + 1))
    across = Scale(ticks if len(ticks) > 1 else (ticks[0], ticks[0] + 1), 0)
    up = scale([end for point in points for end in (point["low"], point["high"])])
    plot = _Plot(across, up, 44, 424, 26, 236)
    parts = [
        _text(0, 12, labels[1], "start", opacity=0.8),
        *plot.axes(write, labels[0], lambda power, _digits: told(10**power)),
    ]
    drawn = [
        _Drawn(*plot.to(power, point["value"]), *(plot.to(power, point[end])[1] for end in ("low", "high")))
        for point, power in zip(points, powers, strict=True)
    ]
    for point, at, (left, below) in zip(points, drawn, _numbered(drawn), strict=True):
        x, y, ends = at.x, at.y, (at.bottom, at.top)
        colour = "accent" if point["marked"] else None
        common: dict[str, Any] = {"stroke": "currentColor", "class_": colour}
        width = 2 if point["marked"] else 1.3
        parts.append(_tag("line", x1=x, x2=x, y1=ends[0], y2=ends[1], stroke_width=width, **common))
        dot = {**common, "fill": "currentColor"} if point["marked"] else {**common, "class_": "hollow"}
        radius = 5.5 if point["marked"] else 4.5
        parts.append(_tag("circle", _tag("title", point["title"]), cx=x, cy=y, r=radius, **dot))
        weight = 600 if point["marked"] else None
        parts.append(_text(left, below, str(point["number"]), font_weight=weight, class_=colour))
    return _figure(448, 276, title, description, parts)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A dot and the line of its interval, in the units of the drawing, y downwards."""

    x: float
    y: float
    bottom: float
    top: float

    def touched(self, x: float, y: float) -> bool:
        """Whether a number in the middle of (x, y) would cover the dot or its line."""
        on_line = abs(x - self.x) < 6 and self.top - 5 < y < self.bottom + 5
        return on_line or math.hypot(x - self.x, y - self.y) < 10


def _numbered(drawn: Sequence[_Drawn]) -> list[tuple[float, float]]:
    """Where the number of each dot stands: beside it, or at an end of its line, where it covers the least."""
    placed: list[tuple[float, float]] = []
    for own in drawn:
        sides = [(own.x + across, own.y + down) for down in (-9, 9) for across in (11, -11)]
        ends = [(own.x, own.top - 8), (own.x, own.bottom + 8)]

        def covered(place: tuple[float, float]) -> int:
            x, y = place
            numbers = sum(abs(x - left) < 9 and abs(y - middle) < 10 for left, middle in placed)
            return numbers + sum(other.touched(x, y) for other in drawn)

        placed.append(min([*sides, *ends], key=covered))
    return [(x, y + 4) for x, y in placed]  # text stands on its baseline


def scatter(
    points: Sequence[tuple[float, float]],
    *,
    title: str,
    description: str,
    labels: tuple[str, str, str],
    write: Write,
) -> Markup:
    """A dot for each row: its true number across, the predicted one upwards.

    Args:
        labels: of the x axis, of the y axis, and of the diagonal.
    """
    across, up = zip(*points, strict=True)
    plot = _Plot(scale(across), scale(up), 44, 348, 26, 226)
    low, high = (end(plot.x.ticks[place], plot.y.ticks[place]) for end, place in ((max, 0), (min, -1)))
    parts = [_text(0, 12, labels[1], "start", opacity=0.8), *plot.axes(write, labels[0])]
    if low < high:  # where both axes have numbers in common
        (x1, y1), (x2, y2) = plot.to(low, low), plot.to(high, high)
        parts.append(_tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_dasharray="4 4"))
        parts.append(_text(348, 12, labels[2], "end", opacity=0.8))
    opacity = 0.2 + 0.5 * min(1, 50 / len(points))
    for point in points:
        x, y = plot.to(*point)
        parts.append(_tag("circle", cx=x, cy=y, r=2.5, opacity=opacity, class_="accent"))
    return _figure(360, 264, title, description, parts)


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of :func:`dots`."""

    x: float
    y: float
    told: str
    marked: bool = False
    """Drawn filled and larger."""


def dots(
    points: Sequence[Dot],
    marks: Sequence[tuple[float, str]],
    *,
    title: str,
    description: str,
    labels: tuple[str, str],
    write: Write,
    levels: Sequence[tuple[float, str]] = (),
    steps: Sequence[tuple[float, float]] = (),
) -> Markup:
    """A dot for each of a few things, over an axis with marks of its own.

    Args:
        marks: places on the x axis and what stands under them, the outermost ones at its ends.
        labels: of the x axis and of the y axis.
        levels: heights that are drawn across, each with its name.
        steps: a curve behind the dots.
    """
    ends = Scale((min(at for at, _text in marks), max(at for at, _text in marks)), 0)
    heights = [*(point.y for point in points), *(y for y, _name in levels)]
    plot = _Plot(ends, scale(heights, 4), 52, 336, 28, 186)
    parts = [_text(0, 12, labels[1], "start", opacity=0.8)]
    for tick in plot.y.ticks:
        y = plot.y.at(tick, plot.bottom, plot.top)
        parts.append(_tag("line", x1=44, x2=348, y1=y, y2=y, stroke="currentColor", opacity=0.14))
        parts.append(_text(38, y + 4, write(tick, plot.y.digits), "end"))
    for at, text in marks:
        parts.append(_text(plot.x.at(at, plot.left, plot.right), plot.bottom + 18, text))
    parts.append(_text((plot.left + plot.right) / 2, plot.bottom + 36, labels[0], opacity=0.8))
    for height, name in levels:
        y = plot.y.at(height, plot.bottom, plot.top)
        parts.append(_tag("line", x1=44, x2=348, y1=y, y2=y, stroke="currentColor", stroke_dasharray="4 4"))
        parts.append(_text(348, y - 5, name, "end"))
    if steps:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (plot.to(*step) for step in steps))
        parts.append(_tag("polyline", points=path, fill="none", stroke="currentColor", opacity=0.5))
    for point in points:
        x, y = plot.to(point.x, point.y)
        kind: dict[str, Any] = (
            {"class_": "accent", "r": 5.5}
            if point.marked
            else {"class_": "hollow", "stroke": "currentColor", "r": 4}
        )
        parts.append(_tag("circle", _tag("title", point.told), cx=x, cy=y, **kind))
    return _figure(360, 228, title, description, parts)


def heat_map(
    counts: Sequence[Sequence[int]],
    *,
    title: str,
    description: str,
    labels: tuple[str, str],
    told: Callable[[int, int], str],
) -> Markup:
    """A confusion matrix of many classes: one square a pair, the darker the larger its share of the row.

    Args:
        counts: (C, C), true classes down, predicted ones across.
        labels: of the predicted and of the true classes.
        told: one pair as a sentence.
    """
    many = len(counts)
    edge, left, top = 480 / many, 44, 40
    box: dict[str, Any] = {"x": left, "y": top, "width": 480, "height": 480}
    parts = [_tag("rect", **box, fill="none", stroke="currentColor", opacity=0.4)]
    for number in [1, *range(10, many + 1, 10)]:
        middle = (number - 0.5) * edge
        parts.append(_text(left + middle, top - 6, str(number)))
        parts.append(_text(left - 6, top + middle + 4, str(number), "end"))
    for i, row in enumerate(counts):
        total = sum(row)
        for j, count in enumerate(row):
            if count:
                place: dict[str, Any] = {
                    "x": left + j * edge,
                    "y": top + i * edge,
                    "width": edge,
                    "height": edge,
                }
                opacity = 0.15 + 0.85 * count / total
                colour = "accent" if i == j else None
                parts.append(_tag("rect", _tag("title", told(i, j)), **place, opacity=opacity, class_=colour))
    parts.append(_text(left + 240, 13, labels[0]))
    parts.append(_text(0, 0, labels[1], transform=f"translate(10 {top + 240}) rotate(-90)"))
    return _figure(530, 526, title, description, parts)
