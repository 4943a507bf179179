"""The ratios of the speed benchmark as a figure that stands by itself, from what its runs wrote.

python bench/plot.py speed.json [more.json …] --out docs/images/speed.svg
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from afina.evaluate.charts import scale
from speed import WORKS

__all__ = ["ratios_plot"]

_LEFT, _RIGHT, _ROW = 20, 660, 46


def ratios_plot(bars: Sequence[tuple[str, float, float, float, float]]) -> str:
    """SVG: one bar for each (name, ratio, least, most, ratio to reach); an upright stroke marks the last."""
    axis = scale([0.0, 1.0, *(most for _name, _ratio, _least, most, _goal in bars)])

    def at(value: float) -> float:
        return axis.at(value, _LEFT, _RIGHT)

    height = 30 + _ROW * len(bars) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}" role="img"'
        ' font-family="sans-serif" font-size="12" fill="#222">',
        "<title>Time that Afina takes, as a share of the other tool's</title>",
        f'<rect width="680" height="{height}" fill="#fff"/>',
    ]
    bottom = 20 + _ROW * len(bars)
    for tick in axis.ticks:
        x = at(tick)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="10" y2="{bottom}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:.{axis.digits}f}</text>'
        )
    parts.append(
        f'<text x="340" y="{bottom + 36}" text-anchor="middle">'
        "time of Afina / time of the other tool (line: least and most of a turn; stroke: to reach)</text>"
    )
    for number, (name, ratio, least, most, goal) in enumerate(bars):
        y = 28 + _ROW * number
        parts += [
            f'<text x="{_LEFT + 4}" y="{y}">{escape(name)}: {ratio:.2f}</text>',
            f'<rect x="{_LEFT}" y="{y + 6}" width="{at(ratio) - _LEFT:.1f}" height="14" fill="#4c78a8"/>',
            f'<line x1="{at(least):.1f}" x2="{at(most):.1f}" y1="{y + 13}" y2="{y + 13}" stroke="#222"/>',
            f'<line x1="{at(goal):.1f}" x2="{at(goal):.1f}" y1="{y + 3}" y2="{y + 23}" stroke="#c00"'
            ' stroke-width="2"/>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("found", nargs="+", type=Path, help="files that speed.py wrote with --out")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    bars = []
    for path in options.found:
        told = json.loads(path.read_text(encoding="utf-8"))
        for line in told["lines"]:
            turns = [own / their for own, their in zip(line["seconds"], line["their_seconds"], strict=True)]
            batch = "" if line["work"] in ("few", "predict") else f", batches of {told['batch']}"
            name = f"{WORKS[line['work']].title}{batch} / {line['against']}"
            bars.append((name, line["ratio"], min(turns), max(turns), line["target"]))
    options.out.write_text(ratios_plot(bars), encoding="utf-8")


if __name__ == "__main__":
    main()
