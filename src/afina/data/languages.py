"""Languages by their ISO codes, and the names that people give to columns of texts in them."""

from __future__ import annotations

from .names import folded

__all__ = ["code_of", "name_of"]

#: ISO 639-1 code -> ISO 639-2 code, name in English, name in Spanish.
_LANGUAGES = {
    "ar": ("ara", "Arabic", "árabe"), "ca": ("cat", "Catalan", "catalán"), "cs": ("ces", "Czech", "checo"),
    "da": ("dan", "Danish", "danés"), "de": ("deu", "German", "alemán"), "el": ("ell", "Greek", "griego"),
    "en": ("eng", "English", "inglés"), "es": ("spa", "Spanish", "español"),
    "eu": ("eus", "Basque", "euskera"), "fi": ("fin", "Finnish", "finés"), "fr": ("fra", "French", "francés"),
    "gl": ("glg", "Galician", "gallego"), "gn": ("grn", "Guarani", "guaraní"),
    "he": ("heb", "Hebrew", "hebreo"), "hi": ("hin", "Hindi", "hindi"), "hu": ("hun", "Hungarian", "húngaro"),
    "id": ("ind", "Indonesian", "indonesio"), "it": ("ita", "Italian", "italiano"),
    "ja": ("jpn", "Japanese", "japonés"), "ko": ("kor", "Korean", "coreano"),
    "nl": ("nld", "Dutch", "neerlandés"), "no": ("nor", "Norwegian", "noruego"),
    "pl": ("pol", "Polish", "polaco"), "pt": ("por", "Portuguese", "portugués"),
    "qu": ("que", "Quechua", "quechua"), "ro": ("ron", "Romanian", "rumano"),
    "ru": ("rus", "Russian", "ruso"), "sv": ("swe", "Swedish", "sueco"), "tr": ("tur", "Turkish", "turco"),
    "uk": ("ukr", "Ukrainian", "ucraniano"), "vi": ("vie", "Vietnamese", "vietnamita"),
    "zh": ("zho", "Chinese", "chino"),
}  # fmt: skip
#: Codes of which a column is more likely to hold numbers of rows.
_NUMBERS = ("id", "no")
_CODES = {
    folded(name): code
    for code, names in _LANGUAGES.items()
    for name in (code, *names)
    if name not in _NUMBERS
}


def code_of(name: str) -> str | None:
    """The ISO 639-1 code of what names a language: ``es``, ``spa``, ``es_MX``, ``Spanish`` or ``español``.

    None for other names, and for ``id`` and ``no``.
    """
    first, *rest = folded(name).split() or [""]
    # A region has two letters; what else follows makes it another word.
    return _CODES.get(first) if all(len(part) == 2 for part in rest) else None


def name_of(code: str) -> str:
    """Its name in English; what has none here is its own name."""
    return _LANGUAGES[code][1] if code in _LANGUAGES else code
