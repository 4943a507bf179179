"""Gathers every sentence that a person may read, merges it into the catalogues and compiles them.

Sentences come from ``_()`` and ``ngettext()`` in code and templates, from the docstrings under settings, from
the first docstring line of every kind in a table, and from click. Translations that exist are kept; those of
sentences that are gone are dropped.

Run it as ``make messages``.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "afina"
LOCALE = SOURCE / "locale"
TEMPLATE = LOCALE / "afina.pot"
LANGUAGES = ("es",)

#: The catalogues hold no date, so that the same sentences always give the same files.
DATE = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS: dict[str, Any] = {"_": None, "ngettext": (1, 2)}

#: What click itself says in the commands of Afina (click 8.1 to 8.5).
CLICK: tuple[str | tuple[str, str], ...] = (
    "Usage:",
    "Options",
    "Commands",
    "Show this message and exit.",
    "Show the version and exit.",
    "%(prog)s, version %(version)s",
    "default: {default}",
    "required",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}",
    "Missing argument",
    "Missing option",
    "Missing command.",
    "No such option {name!r}.",
    "No such option: {name}",
    "No such command {name!r}.",
    "Option {name!r} does not take a value.",
    "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


def template() -> Catalog:
    """Every sentence there is, with the files it stands in."""
    catalog = Catalog(project="Afina", copyright_holder="the authors of Afina", creation_date=DATE)
    catalog.header_comment = "# Sentences of Afina. Made by 'make messages'; do not edit."
    for message, place in [*_called(), *_described(), *((message, "click") for message in CLICK)]:
        catalog.add(message, locations=[(place, 0)])
    return catalog


def _called() -> Iterator[tuple[Any, str]]:
    """The arguments of ``_()`` and ``ngettext()``."""
    for path in sorted(SOURCE.rglob("*")):
        method = {".py": "python", ".jinja": "jinja2.ext:babel_extract"}.get(path.suffix)
        if method is None:
            continue
        for _line, message, _comments, _context in extract_from_file(method, path, KEYWORDS):
            yield message, path.relative_to(ROOT).as_posix()


def _described() -> Iterator[tuple[str, str]]:
    """The docstrings that are shown: under settings, and the first line of kinds."""
    from afina.section import Section
    from afina.table import Table

    modules = list(_modules())
    for section in sorted(_subclasses(Section), key=lambda cls: (cls.__module__, cls.__qualname__)):
        place = f"src/{section.__module__.replace('.', '/')}.py"
        for name in section.__annotations__:
            field = section.model_fields.get(name)
            if field is not None and field.description:
                yield " ".join(field.description.split()), place
    for module in modules:
        for table in vars(module).values():
            if isinstance(table, Table):
                yield table.name, "src/afina/table.py"
                for _kind, cls in table.items():
                    place = f"src/{cls.__module__.replace('.', '/')}.py"
                    yield (cls.__doc__ or "").strip().splitlines()[0], place


def _modules() -> Iterator[ModuleType]:
    import afina

    for found in pkgutil.walk_packages(afina.__path__, "afina."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        if child.__module__.startswith("afina."):
            yield child
            yield from _subclasses(child)


def merged(language: str, gathered: Catalog) -> Catalog:
    """The catalogue of a language, with exactly the sentences of the template."""
    path = catalogue_path(language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        catalog.update(gathered, no_fuzzy_matching=True)
    else:
        catalog = Catalog(locale=language, project="Afina")
        for message in gathered:
            if message.id:
                catalog.add(message.id, locations=message.locations)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = DATE
    catalog.header_comment = "# Afina in Spanish. New sentences are added by 'make messages'."
    return catalog


def catalogue_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "afina.po"


def written(catalog: Catalog) -> bytes:
    """A catalogue as the text that translators edit."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """A catalogue as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> int:
    gathered = template()
    LOCALE.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(gathered))
    left = 0
    for language in LANGUAGES:
        catalog = merged(language, gathered)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        empty = [message.id for message in catalog if message.id and not _whole(message)]
        left += len(empty)
        print(f"{language}: {len(catalog)} sentences, {len(empty)} without translation")
    return 1 if left else 0


def _whole(message: Any) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


if __name__ == "__main__":
    sys.exit(main())
