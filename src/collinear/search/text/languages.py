"""What languages are called: the Hub labels them by codes, people type names."""

from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError

_PREFIX = "language:"


@lru_cache(maxsize=10_000)
def names(tag: str) -> tuple[str, ...]:
    """The language of a tag such as ``language:de``, in English and in itself; or nothing."""
    if not tag.startswith(_PREFIX):
        return ()
    code = tag.removeprefix(_PREFIX).strip().lower().replace("-", "_")
    english = _english()
    found = {english.get(code)}
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        pass
    else:
        found |= {english.get(locale.language), locale.languages.get(locale.language)}
    return tuple(sorted([name for name in found if name]))


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    return {code.lower(): name for code, name in Locale("en").languages.items()}
