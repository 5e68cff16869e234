"""The process of the sandbox Hub."""

import asyncio
import gc
from contextlib import suppress
from pathlib import Path

import uvloop

from collinear.domain.errors import CatalogError
from collinear.sandbox import generate, rowsfile
from collinear.sandbox.hub import Hub
from collinear.sandbox.life import Life
from collinear.sandbox.lifetime import serve
from collinear.sandbox.quota import UNLIMITED, Quota
from collinear.sandbox.serving import bind, sigterm_interrupts


class BadHubOption(CatalogError):
    """The sandbox cannot be started in this way; the message says what to change."""


def run_hub(
    *,
    host: str = "127.0.0.1",
    port: int = 8001,
    rows: Path | None = None,
    datasets: int = 20_000,
    seed: int = 1,
    life: float | None = None,
    quota: int | None = None,
    window: int = 300,
) -> None:
    """
    Serve a sandbox Hub until SIGTERM or SIGINT; say so on standard output once it answers.

    The datasets come from a file of rows, or are generated. ``life``: seconds between changes
    that happen by themselves; ``quota``: API requests per ``window`` seconds and caller, None for
    more than anyone needs; port 0: any free port. Raises a CatalogError for a busy port or a
    broken file, OSError for a file that cannot be read.
    """
    for name, value, least in (("datasets", datasets, 0), ("window", window, 1)):
        if value < least:
            raise BadHubOption(f"{name}: must be at least {least}, not {value}.")
    if quota is not None and quota < 1:
        raise BadHubOption(f"quota: must be at least 1, not {quota}.")
    if life is not None and life <= 0:
        raise BadHubOption(f"life: must be more than 0 seconds, not {life:g}.")
    with suppress(KeyboardInterrupt), sigterm_interrupts(), bind(host, port) as bound:
        world = rowsfile.open_world(rows) if rows else generate.open_world(datasets, seed)
        gc.freeze()  # the world stays: no collection needs to look at it again
        hub = Hub(world, quota=Quota(UNLIMITED if quota is None else quota, window))
        address = f"http://{host}:{bound.getsockname()[1]}"
        greeting = f"Sandbox Hub with {len(world)} datasets on {address}"
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(hub, bound, greeting, life=Life(world, seed), every=life))
