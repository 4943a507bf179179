"""Writes docs/settings.md and docs/settings.es.md from the settings themselves. Run it as ``make docs``."""

from __future__ import annotations

from pathlib import Path

from afina.language import speaking
from afina.recipe.describe import settings_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {"en": "settings.md", "es": "settings.es.md"}


def main() -> None:
    for language, name in PAGES.items():
        with speaking(language):
            (DOCS / name).write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
