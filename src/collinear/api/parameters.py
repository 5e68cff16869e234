"""Parameters that nobody declared, or that came twice, are refused by name."""

from collections import Counter
from difflib import get_close_matches
from typing import Any, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as DependsMarker
from pydantic import BaseModel


def only(model: type[BaseModel] | None = None) -> DependsMarker:
    """
    A dependency that lets through what ``model`` declares (None: nothing at all).

    Raises:
        RequestValidationError: With one entry for each parameter that is unknown, that came
            more than once though it has one value, or that is no UTF-8.
    """
    fields = model.model_fields if model else {}
    repeatable = {name: get_origin(field.annotation) is list for name, field in fields.items()}

    async def check(request: Request) -> None:
        query: str = request.scope["query_string"].decode("latin-1")
        if not query:
            return
        pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
        wrong = [_wrong("query", "is not UTF-8 once its %-escapes are read")] * any(
            not _is_utf8(text) for pair in pairs for text in pair
        )
        for name, times in Counter(name for name, _ in pairs).items():
            if name not in repeatable:
                wrong.append(_wrong(name, _unknown(name, list(repeatable))))
            elif times > 1 and not repeatable[name]:
                wrong.append(_wrong(name, f"has one value; it came {times} times"))
        if wrong:
            raise RequestValidationError(wrong)

    return DependsMarker(check)


def _wrong(name: str, reason: str) -> dict[str, Any]:
    return {"loc": ("query", name), "msg": reason}


def _unknown(name: str, known: list[str]) -> str:
    if not known:
        return "is unknown; this address takes no parameters"
    near = get_close_matches(name, known, n=1)
    if near:
        return f"is unknown; did you mean {near[0]}?"
    return f"is unknown; there are {', '.join(known)}"


def _is_utf8(text: str) -> bool:
    try:
        text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True
