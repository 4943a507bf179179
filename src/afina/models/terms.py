"""Terms of use that come as a web page, as plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from ..errors import ModelError, reason_of
from ..language import _

__all__ = ["text_of"]

_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "button", "devsite-toc"})
_BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "tr", "br", "section"})


def text_of(path: Path) -> str:
    """What a person reads on the page: its article where it has one. Raises ModelError."""
    try:
        page = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ModelError(
            _("this file cannot be opened ({reason}).").format(reason=reason_of(error)), where=str(path)
        ) from None
    reader = _Reader(article="<article" in page)
    reader.feed(page)
    paragraphs = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(paragraphs)).strip()


class _Reader(HTMLParser):
    def __init__(self, *, article: bool) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._outside = article
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self._outside = False
        self._silent += tag in _SILENT
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        self._silent = max(0, self._silent - (tag in _SILENT))
        if tag == "article":
            self._outside = True

    def handle_data(self, data: str) -> None:
        if not self._outside and not self._silent:
            self.parts.append(data.replace("\n", " "))

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS and not self._outside:
            self.parts.append("\n\n" if tag in ("p", "h1", "h2", "h3", "h4", "h5") else "\n")
