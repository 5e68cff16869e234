"""From options to what the catalog can be asked."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from collinear.cli.mistakes import Mistake
from collinear.domain import moments
from collinear.domain.query import DatasetQuery

_MOMENTS = ("modified_after", "modified_before", "created_after", "created_before")


def parse(asked: Mapping[str, Any]) -> DatasetQuery:
    """
    The query that options stand for; what was not given (None) has its default.

    Raises:
        Mistake: A value cannot be; one line for each.
    """
    given = {name: value for name, value in asked.items() if value is not None and value != []}
    for name in _MOMENTS:
        milliseconds = moments.parse(str(given.get(name, "")))
        if milliseconds is not None:  # a day alone will do here; it begins at midnight, UTC
            given[name] = moments.to_text(milliseconds)
    try:
        return DatasetQuery(**given)
    except ValidationError as error:
        raise Mistake(*map(_line, error.errors(include_url=False))) from error


def _line(problem: Any) -> str:
    reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not problem["loc"]:
        return f"{reason}."
    option = "--" + str(problem["loc"][0]).replace("_", "-")
    end = "" if reason.endswith("?") else "."
    return f"{'WORDS' if option == '--search' else option}: {reason}{end}"
