"""Settings from the environment, ``.env`` and the options of a command."""

from typing import TYPE_CHECKING, Any

from collinear.cli.mistakes import FAILED, Mistake

if TYPE_CHECKING:
    from pydantic import ValidationError

    from collinear.settings import Settings


def load(**given: Any) -> "Settings":
    """
    The settings; options that were given (not None) win over the environment.

    Raises:
        Mistake: A setting has no usable value; one line for each.
    """
    from pydantic import ValidationError

    from collinear.settings import Settings

    options = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as error:
        raise Mistake(*_lines(error, options)) from error


def load_running(**given: Any) -> "Settings":
    """
    The settings of the system that runs here: a demo in the default place counts too.

    Raises:
        Mistake: A setting has no usable value, or the system here was killed.
    """
    from collinear.local.lock import is_held
    from collinear.wiring.stores import address_file

    settings = load(**given)
    if settings.redis_url or is_held(settings.data_dir):
        return settings
    demo = demo_dir(settings)
    if is_held(demo) or (
        address_file(demo).exists() and not address_file(settings.data_dir).exists()
    ):
        # a demo has its broker where its catalog is, whatever the environment says
        settings = settings.model_copy(update={"data_dir": demo, "broker_url": ""})
    if address_file(settings.data_dir).exists() and not is_held(settings.data_dir):
        _check_answers(settings)
    return settings


def _check_answers(settings: "Settings") -> None:
    """A supervisor that was killed could not take back the address of its server."""
    from collinear.local.errors import CannotStart
    from collinear.local.external import check_redis
    from collinear.wiring.stores import find_store_url

    try:
        check_redis(find_store_url(settings))
    except CannotStart as error:
        raise Mistake(
            f"No system is running in {settings.data_dir} (the last one was killed): "
            "start it again with 'collinear up' or 'collinear demo'.",
            code=FAILED,
        ) from error


def demo_dir(settings: "Settings") -> Any:
    """Where a demo keeps its data: apart from the real catalog, unless a place was named."""
    if "data_dir" in settings.model_fields_set:
        return settings.data_dir
    return settings.data_dir / "demo"


def _lines(error: "ValidationError", options: dict[str, Any]) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False):
        place = str(problem["loc"][0]) if problem["loc"] else ""
        reason = problem["msg"].removeprefix("Value error, ")
        if not place:
            lines.append(f"{reason}.")
            continue
        given = _shown(place, problem["input"])
        lines.append(f"{_name_of(place, options)} {given}: {_decapitalised(reason)}.")
    return lines


def _name_of(place: str, options: dict[str, Any]) -> str:
    """The name that a person set it by: the option or the environment variable."""
    if place in options:
        return "--" + place.replace("_", "-")
    if place.lower() in {"hf_endpoint", "hf_token", "redis_url"}:
        return place.upper()
    return f"COLLINEAR_{place.upper()}"


def _shown(place: str, value: object) -> str:
    secret = "token" in place.lower() or "url" in place.lower()
    return "is wrong" if secret else f"is {str(value)[:80]!r}"


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
