"""The sandbox Hub of a demo as a part."""

import http.client
import json
from collections.abc import Callable
from itertools import chain

from collinear.local import events
from collinear.local.demo import DemoSource
from collinear.local.parts import Part, Readiness, command_of

_LIFE = 3
"""Seconds between changes: a demo should show that things change, and leave time to look."""
_PATIENCE = 2.0


def sandbox_hub(source: DemoSource, address: str, report: Callable[[events.Event], None]) -> Part:
    """The Hub that serves the source at ``http://127.0.0.1:PORT``; tells how much it holds."""
    place = address.removeprefix("http://")
    options = {
        "--port": place.rpartition(":")[2],
        "--rows": source.rows,
        "--datasets": source.datasets,
        "--seed": source.seed,
        "--life": _LIFE,
    }
    given = [(name, str(value)) for name, value in options.items() if value is not None]

    def ready() -> Readiness:
        held = _count(place)
        if held is None:
            return Readiness(False, "preparing its datasets")
        report(events.Expected(held))
        return Readiness(True)

    return Part(
        name="hub",
        command=(*command_of("hub"), *chain.from_iterable(given)),
        ready=ready,
        wave=1,
        grace=2.0,
    )


def _count(place: str) -> int | None:
    """How many datasets the Hub holds; None while it does not answer."""
    connection = http.client.HTTPConnection(place, timeout=_PATIENCE)
    try:
        connection.request("POST", "/_sandbox/control", json.dumps({"op": "stats"}))
        return int(json.loads(connection.getresponse().read())["datasets"])
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return None
    finally:
        connection.close()
