"""Cleaning: what is taken out of a text before anything else sees it, the same when predicting."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from typing import ClassVar, Literal

from ..section import Section

__all__ = ["Clean"]

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
#: Entities that lost their ampersand on the way, as in "Johnson amp; Johnson" and "it#39;s".
_REMAINS = re.compile(
    r"(?<![\w&])(?:amp|quot|apos|nbsp|lt|gt);|(?<!&)#(?:34|36|38|39|60|62|145|146|147|148|150|151|160);"
)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|hr|blockquote|pre|section|article)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|body|code|em|font|form|head|html|i|iframe|img|input|ins|label|link|meta|q|s|small|"
    r"span|strike|strong|sub|sup|tbody|td|th|thead|title|tt|u)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
#: Control characters that divide words; they become a line break before the others are removed.
_DIVIDERS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
#: Control characters, halves of characters, marks of direction and spaces without width. The joiners that
#: hold emoji and Indic letters together are not among them.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe"
    "\uffff\ud800-\udfff]"
)
_SPACE = re.compile(r"\s+")


class Clean(Section):
    """What is cleaned in a text; everything that changes is reported row by row."""

    place: ClassVar[str] = "data.clean"

    unicode: Literal["NFC", "NFKC", "none"] = "NFC"
    """Gives letters with accents one spelling (NFC). NFKC also turns look-alikes, such as full-width letters
    and ligatures, into plain letters."""
    whitespace: bool = True
    """Turns runs of spaces into one space, and removes those around the text."""
    control: bool = True
    """Removes invisible characters that come from files and web pages."""
    html: bool = True
    """Removes HTML tags and turns codes such as &amp; into what they stand for."""

    def apply(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The clean text, and the names of the steps that changed it. Cleaning twice changes nothing."""
        steps: list[tuple[str, Callable[[str], str]]] = []
        if self.html:
            steps.append(("html", _without_html))
        if self.unicode != "none":
            steps.append(("unicode", self._normal))
        if self.control:
            steps.append(("control", _without_control))
        if self.whitespace:
            steps.append(("whitespace", _with_plain_spaces))
        changed: dict[str, None] = {}
        # What one step leaves can be work for another: &lt;b&gt; becomes a tag, which is then removed.
        while True:
            before = text
            for name, step in steps:
                after = step(text)
                if after != text:
                    changed[name] = None
                    text = after
            if text == before:
                return text, tuple(name for name, _step in steps if name in changed)

    def _normal(self, text: str) -> str:
        return unicodedata.normalize(self.unicode, text) if self.unicode != "none" else text


def _without_html(text: str) -> str:
    if "<" in text:
        text = _HIDDEN.sub(" ", text)
        text = _BREAK.sub("\n", text)
        text = _TAG.sub("", text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if ";" in text:
        text = _REMAINS.sub(lambda match: html.unescape(f"&{match[0]}"), text)
    return text


def _without_control(text: str) -> str:
    return _CONTROL.sub("", _DIVIDERS.sub("\n", text))


def _with_plain_spaces(text: str) -> str:
    return _SPACE.sub(lambda match: "\n" if "\n" in match[0] else " ", text.strip())
