"""The whole system on one machine: which parts there are, and what each is told."""

import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress

from collinear.local import events
from collinear.local.demo import DemoSource, make_room
from collinear.local.external import check_free_for_demo, check_redis
from collinear.local.lock import hold
from collinear.local.orphans import stop_orphans
from collinear.local.parts import Part, answers, command_of
from collinear.local.ports import check_free, free_port
from collinear.local.sandbox import sandbox_hub
from collinear.local.stopping import listen_for_stop
from collinear.local.supervisor import Supervisor
from collinear.local.valkey import EmbeddedValkey
from collinear.local.watch import CatalogWatch
from collinear.settings import Settings
from collinear.wiring.stores import catalog_keys

_LOOK = 0.5
_HERE = "127.0.0.1"
_FILES = 65_536


def run_system(
    settings: Settings, report: Callable[[events.Event], None], *, demo: DemoSource | None = None
) -> None:
    """
    Run all parts on this machine until Ctrl-C, SIGTERM or SIGHUP; with ``demo`` against a
    sandbox Hub, otherwise against ``HF_ENDPOINT``.

    Raises:
        CannotStart: Something is in the way; nothing was left running.
    """
    data_dir = settings.data_dir
    logs_dir = data_dir / "logs"
    with ExitStack() as stack:
        stack.enter_context(hold(data_dir, "'collinear demo'" if demo else "'collinear up'"))
        stop = stack.enter_context(listen_for_stop())
        if orphans := stop_orphans(data_dir):
            report(events.OrphansStopped(orphans))
        port = settings.port or free_port()
        check_free(settings.host, port)
        kept = make_room(data_dir, demo) if demo else False
        _raise_file_limit()
        endpoint = f"http://{_HERE}:{free_port()}" if demo else settings.hf_endpoint
        parts = []
        if demo:
            parts.append(sandbox_hub(demo, endpoint, report))
        if settings.redis_url:
            url = settings.redis_url
            check_redis(url)
            if demo:
                check_free_for_demo(url, catalog_keys(settings), kept=kept)
        else:
            valkey = stack.enter_context(EmbeddedValkey(data_dir))
            url = valkey.url
            parts.append(valkey.part())
        told = _environment(settings, url=url, port=port, endpoint=endpoint)
        if demo:
            told |= _demo_environment(url)
        parts += _own_parts(told, settings.host, port)
        report(
            events.Starting(
                address=f"http://{_bracketed(settings.host)}:{port}",
                data_dir=data_dir,
                logs_dir=logs_dir,
                hub=endpoint,
                kept=kept,
            )
        )
        watch = CatalogWatch(url, catalog_keys(settings))
        stack.callback(watch.close)
        supervisor = Supervisor(parts, logs_dir=logs_dir, mark=str(data_dir), report=report)
        supervisor.run(stop, _now_and_then(watch, report))


def _own_parts(told: Mapping[str, str], host: str, port: int) -> list[Part]:
    """In the order in which they are asked to stop."""
    livez = answers(_reachable(host), port, "/livez")
    return [
        Part("api", command_of("api"), told, after=("valkey",), ready=livez),
        Part("beat", command_of("beat"), told, after=("valkey", "hub")),
        Part("worker", command_of("worker"), told, after=("valkey", "hub")),
        Part("indexer", command_of("indexer"), told, after=("valkey",)),
    ]


def _environment(settings: Settings, *, url: str, port: int, endpoint: str) -> dict[str, str]:
    return {
        "REDIS_URL": url,
        "HF_ENDPOINT": endpoint,
        "COLLINEAR_DATA_DIR": str(settings.data_dir),
        "COLLINEAR_HOST": settings.host,
        "COLLINEAR_PORT": str(port),
    }


def _demo_environment(url: str) -> dict[str, str]:
    """A demo keeps to itself: its own broker, no proxy, whatever port its Hub has this time."""
    away = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    direct = ",".join([*filter(None, away), _HERE])
    return {
        "COLLINEAR_ACCEPT_ENDPOINT": "true",
        "COLLINEAR_BROKER_URL": url,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def _now_and_then(
    watch: CatalogWatch, report: Callable[[events.Event], None]
) -> Callable[[], None]:
    looked_at = time.monotonic()

    def look() -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at < _LOOK:
            return
        looked_at = time.monotonic()
        for event in watch.look():
            report(event)

    return look


def _raise_file_limit() -> None:
    """Let the parts keep more files open than the 1,024 that many systems begin with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft < wanted:
        with suppress(ValueError, OSError):  # macOS refuses more than it can give
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reachable(host: str) -> str:
    return {"0.0.0.0": _HERE, "": _HERE, "::": "::1"}.get(host, host)  # noqa: S104


def _bracketed(host: str) -> str:
    host = _reachable(host)
    return f"[{host}]" if ":" in host else host
