"""The report's page: complete, self-contained, safe, readable in every light and width."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from afina.evaluate import page
from afina.language import speaking
from browser import chromium, opened

Report = dict[str, Any]

HOSTILE = "</title><script>document.title='owned'</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"
#: Keys of values that the program itself writes and looks up.
ITS_OWN = {"primary_metric", "adapt", "language", "metric", "split", "a", "b", "choice", "best", "created"}

SECTIONS = {
    "comparison": "baselines", "metrics": None, "pairs": "comparisons", "training": "curves",
    "confusion": "confusion", "classes": "per_class", "calibration": "calibration", "worst": "worst",
    "best": "best", "label-errors": "label_errors", "audit": "audit", "notes": "notes", "cost": None,
    "recipe": "recipe", "reproduce": "reproduce", "use": "next",
}  # fmt: skip


@pytest.fixture
def report() -> Report:
    return json.loads((Path(__file__).parent / "sample_report.json").read_text(encoding="utf-8"))


class Tags(HTMLParser):
    """Every start tag with its attributes, and the text of headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def sections(html: str) -> list[str]:
    return [each["id"] for each in Tags(html).of("section")]


def many_classes(report: Report, count: int) -> Report:
    """The report as if it told ``count`` classes with long names apart."""
    labels = [f"a_rather_long_name_of_the_class_{i}" for i in range(count)]
    counts = [
        [30 if i == j else 3 if j == (i + 1) % count else 0 for j in range(count)] for i in range(count)
    ]
    classes = [
        {"label": label, "precision": 0.9, "recall": 0.9, "f1": 0.5 + 0.4 * i / count, "support": 33}
        for i, label in enumerate(labels)
    ]
    return {**report, "labels": labels, "confusion": counts, "per_class": classes}


def multi_label(report: Report) -> Report:
    """The report of a run whose rows have any number of labels."""
    rows = [{**one, "label": "negative|neutral", "predicted": ""} for one in report["worst"]]
    without = {k: v for k, v in report.items() if k not in ("confusion", "calibration")}
    return {**without, "multi_label": True, "worst": rows}


def hostile(value: Any, key: str = "") -> Any:
    """The same report with every text of data turned against the page."""
    if isinstance(value, dict):
        return {k: v if k in ITS_OWN and isinstance(v, str) else hostile(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(each, key) for each in value]
    return value + HOSTILE if isinstance(value, str) else value


def test_every_section_appears_in_order(report: Report) -> None:
    html = page.render(report)
    assert sections(html) == list(SECTIONS)
    links = [each["href"] for each in Tags(html).of("a")]
    assert links == [f"#{name}" for name in SECTIONS]


@pytest.mark.parametrize(("section", "key"), [(s, k) for s, k in SECTIONS.items() if k])
def test_a_section_without_data_is_left_out(report: Report, section: str, key: str) -> None:
    if key == "baselines":
        report[key] = {}
    else:
        del report[key]
    assert sections(page.render(report)) == [each for each in SECTIONS if each != section]


def test_an_audit_that_found_nothing_says_so(report: Report) -> None:
    html = page.render({**report, "audit": []})
    assert sections(html) == list(SECTIONS)
    assert "No check found anything to remark on." in html


def test_only_what_every_report_has_is_needed(report: Report) -> None:
    least = ("afina", "name", "created", "model", "adapt", "primary_metric", "test", "verdict", "rows")
    html = page.render({**{key: report[key] for key in least}, "baselines": {}})
    assert sections(html) == ["metrics"]


def test_the_numbers_are_on_the_page(report: Report) -> None:
    text = re.sub(r"<[^>]+>", " ", page.render(report))
    for told in ("0.734", "0.698 to 0.769", "2,596 for training", "1 min 36 s", "91.2 MB", "+0.060"):
        assert told in text.replace("\N{NO-BREAK SPACE}", " "), told


def test_spanish_page(report: Report) -> None:
    with speaking("es"):
        html = page.render(report)
    assert '<html lang="es">' in html
    assert "0,734" in html
    assert "0.734" not in html.replace(report["verdict"]["reason"], "")


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ({"choice": "full", "best": "full", "confirmed": True}, "Full fine-tuning is worth its cost."),
        (
            {"choice": "tfidf", "best": "full", "confirmed": True},
            "TF-IDF + logistic regression is enough: nothing that costs more is provably better.",
        ),
        (
            {"choice": "tfidf", "best": "full", "confirmed": False},
            "TF-IDF + logistic regression seemed to be enough, but on the test rows "
            "Full fine-tuning is better.",
        ),
    ],
)
def test_headline(report: Report, verdict: dict[str, Any], sentence: str) -> None:
    report["verdict"].update(verdict)
    assert page.headline(report) == sentence


def test_headline_claims_no_more_than_the_test_rows_show(report: Report) -> None:
    for pair in report["comparisons"]:
        if {pair["a"], pair["b"]} == {"full", "features"}:
            pair["p"] = 0.2
    assert page.headline(report) == (
        "Full fine-tuning came out first, but the test rows cannot tell it from "
        "Frozen features + linear head."
    )


def test_a_difference_is_named_for_the_better_side(report: Report) -> None:
    flipped = copy.deepcopy(report)
    for pair in flipped["comparisons"]:
        pair["a"], pair["b"] = pair["b"], pair["a"]
        pair["difference"], pair["low"], pair["high"] = -pair["difference"], -pair["high"], -pair["low"]
    assert page.headline(flipped) == page.headline(report)
    assert '<td class="outcome">worse</td>' in page.render(flipped)
    assert '<td class="outcome">worse</td>' not in page.render(report)


def test_nothing_is_loaded_from_elsewhere(report: Report) -> None:
    html = page.render(report)
    assert not re.search(r"https?://|//[a-z]|url\(|@import", html)
    tags = Tags(html)
    assert not {"script", "link", "iframe", "img", "object", "embed"} & {name for name, _ in tags.found}
    assert all(
        value.startswith("#") for _, each in tags.found for key, value in each.items() if key == "href"
    )
    assert not any("src" in each for _, each in tags.found)


def test_texts_of_the_data_are_escaped(report: Report) -> None:
    turned = hostile(report)
    for one in (turned, many_classes(turned, 3), multi_label(turned)):
        html = page.render(one)
        assert "&lt;script&gt;" in html
        names = {name for name, _ in Tags(html).found}
        assert not {"script", "img"} & names
        assert not any(key.startswith("on") for _, each in Tags(html).found for key in each)


def test_figures_and_tables_can_be_read_aloud(report: Report) -> None:
    html = page.render(many_classes(report, 20))
    tags = Tags(html)
    drawn = [each for each in tags.of("svg") if each.get("role") == "img"]
    assert len(drawn) == len(re.findall(r"<svg [^>]*role=\"img\"[^>]*><title>[^<]", html))
    assert all(each.get("role") == "img" or each.get("aria-hidden") == "true" for each in tags.of("svg"))
    headings = [name for name, _ in tags.found if re.fullmatch("h[1-6]", name)]
    assert headings == ["h1"] + ["h2"] * len(SECTIONS)


def test_many_classes_are_told_by_their_confusions(report: Report) -> None:
    html = page.render(many_classes(report, 77))
    assert "The weakest 12 of 77 classes" in html
    assert "77 classes; 2,310 of 2,541 rows on the diagonal." in html
    assert html.count("<td>a_<wbr>rather_<wbr>long_") == 12
    assert 'class="matrix' not in html


def test_rows_with_many_labels(report: Report) -> None:
    html = page.render(multi_label(report))
    assert sections(html) == [each for each in SECTIONS if each not in ("confusion", "calibration")]
    assert "<b>negative|neutral</b>" in html
    assert "<b>–</b>" in html


def test_a_long_text_is_folded_between_words(report: Report) -> None:
    report["worst"][0]["text"] = "word " * 400
    html = page.render(report)
    start = re.search(r'<summary dir="auto">(.*?)<span class="cut">', html).group(1)
    assert 160 < len(start) <= 320
    assert start.endswith("word")
    report["worst"][0]["text"] = "x" * 1_000_000
    assert len(page.render(report)) < len(html) + 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as running:
        yield running


VARIANTS = {
    "sample": lambda report: report,
    "ten": lambda report: many_classes(report, 10),
    "many": lambda report: many_classes(report, 77),
    "multi": multi_label,
    "hostile": hostile,
}


@pytest.fixture(params=VARIANTS)
def written(request: pytest.FixtureRequest, report: Report, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(page.render(VARIANTS[request.param](report)), encoding="utf-8")
    return path


@pytest.mark.browser
def test_the_browser_loads_nothing_else_and_complains_of_nothing(browser: object, written: Path) -> None:
    with opened(browser, written) as shown:
        shown.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert shown.requests == [written.as_uri()]
        assert shown.complaints == []
        assert shown.page.evaluate("document.scripts.length") == 0
        assert shown.page.title() != "owned"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 700, 1280])
def test_no_width_needs_sideways_scrolling(browser: object, written: Path, width: int) -> None:
    with opened(browser, written, width=width) as shown:
        shown.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


#: The lowest contrast ratio (WCAG 2.2, 1.4.3) of any text with what lies behind it, and that text.
CONTRAST = """() => {
  const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
  const over = (top, under) => {
    const alpha = top[3] ?? 1;
    return [0, 1, 2].map(i => top[i] * alpha + under[i] * (1 - alpha));
  };
  const light = colour => {
    const [r, g, b] = colour.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = node => {
    if (!node) return [255, 255, 255];
    return over(rgb(getComputedStyle(node).backgroundColor), behind(node.parentElement));
  };
  let worst = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || ['title', 'desc'].includes(node.tagName)) continue;
    const style = getComputedStyle(node), under = behind(node);
    const ink = rgb(node instanceof SVGElement ? style.fill : style.color);
    ink[3] = (ink[3] ?? 1) * Number(style.opacity);
    const [a, b] = [light(over(ink, under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, text];
  }
  return worst;
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_lies_behind_it(browser: object, written: Path, scheme: str) -> None:
    with opened(browser, written, scheme=scheme) as shown:
        ratio, text = shown.page.evaluate(CONTRAST)
        assert ratio >= 4.5, text
