"""Several API processes behind one address: one for each core."""

import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx2
import psutil
import pytest

from collinear.api.server.workers import Workers
from collinear.local.ports import free_port
from collinear.settings import Settings
from tests.parts import PartProcess, starter
from tests.store.stock import Stock, dataset
from tests.waiting import wait_until


class Served:
    """``collinear api --workers 2``, and a client that takes a new connection each time."""

    def __init__(self, part: PartProcess, url: str) -> None:
        self.part = part
        self.url = url

    def status(self, path: str = "/livez") -> int:
        try:
            return httpx2.get(self.url + path, trust_env=False, timeout=10).status_code
        except httpx2.TransportError:
            return 0

    def pids(self) -> set[int]:
        """The processes that answer."""
        children = psutil.Process(self.part.process.pid).children()
        return {child.pid for child in children if "spawn_main" in command_of(child)}


def command_of(process: psutil.Process) -> str:
    """How it was started; nothing where it has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@pytest.fixture
def served(settings: Settings, stock: Stock, tmp_path: Path) -> Iterator[Served]:
    stock.put(dataset(0, "acme/squad"))
    port = free_port()
    with starter(settings, tmp_path) as start:
        part = start("api", COLLINEAR_PORT=str(port), COLLINEAR_API_WORKERS="2")
        served = Served(part, f"http://127.0.0.1:{port}")
        wait_until(
            lambda: served.status() == 200 and len(served.pids()) == 2, "two that answer", within=40
        )
        yield served


def lives(process: psutil.Process) -> bool:
    """Whether it still does something: whoever inherits a process may be slow to bury it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_life_of_two_workers(served: Served) -> None:
    """Both answer, and each tells what both have counted; one that is killed is replaced; both
    end when their keeper is told to end."""
    for _ in range(40):
        assert served.status("/api/datasets/acme/squad") == 200

    def counted() -> float:
        text = httpx2.get(f"{served.url}/metrics", trust_env=False).text
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith("collinear_http_requests_total{")
            and 'route="/api/datasets/{dataset_id}"' in line
        )

    wait_until(lambda: counted() == 40, "the sum of both")

    victim = min(served.pids())
    psutil.Process(victim).kill()
    wait_until(
        lambda: len(served.pids()) == 2 and victim not in served.pids(),
        "another in its place",
        within=20,
    )
    wait_until(lambda: served.status("/api/datasets/acme/squad") == 200, "an answer", within=40)

    processes = [psutil.Process(pid) for pid in served.pids()]
    assert served.part.stop() == 0
    assert not [process for process in processes if lives(process)]


def test_they_end_with_the_one_that_keeps_them(served: Served) -> None:
    """Whoever kills it with -9 has ended them all."""
    processes = [psutil.Process(pid) for pid in served.pids()]

    served.part.kill()

    wait_until(lambda: not any(map(lives, processes)), "their end", within=20)
    assert served.status() == 0


def fail_at_once(settings: Settings, listener: socket.socket) -> None:
    raise SystemExit(7)


@pytest.fixture
def signals_as_they_were() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_as_they_were")
def test_what_cannot_begin_is_not_tried_for_ever(settings: Settings) -> None:
    """A mistake that ends every process at once ends the whole, with an exit code."""
    serve: Callable[[Settings, socket.socket], None] = fail_at_once
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(SystemExit) as left,
    ):
        Workers(serve, settings, listener, count=2).run()

    assert left.value.code == 1
    assert listener.fileno() == -1, "nobody waits in line for those who have left"


def test_of_two_who_want_one_port_one_is_refused(settings: Settings, tmp_path: Path) -> None:
    """Also where both begin at the same moment: none of them lives on without being heard."""
    port = str(free_port())
    with starter(settings, tmp_path) as start:
        both = [start("api", COLLINEAR_PORT=port, COLLINEAR_API_WORKERS="2") for _ in range(2)]
        wait_until(lambda: any(part.process.poll() is not None for part in both), "one to give up")
        refused, other = sorted(both, key=lambda part: part.process.poll() is None)

        assert refused.process.returncode == 1
        assert "(Address already in use): stop what uses it" in refused.log
        assert other.process.poll() is None
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: Served(other, url).status() == 200, "the other one", within=40)
        assert other.stop() == 0


@pytest.mark.skipif(not Path("/proc").exists(), reason="who has a handler is told by Linux")
def test_who_is_told_to_stop_before_it_serves_stops(
    settings: Settings, stock: Stock, tmp_path: Path
) -> None:
    """A signal in the first second is as good as any other: one that is not heard leaves a
    process behind."""
    with starter(settings, tmp_path) as start:
        for workers in ("1", "2"):
            part = start("api", COLLINEAR_PORT="0", COLLINEAR_API_WORKERS=workers)
            # it has its own handlers, and has yet to make the application
            wait_until(partial(_catches_sigterm, part.process.pid), "handlers", within=20)
            assert part.stop() == 0


def _catches_sigterm(pid: int) -> bool:
    """Whether a process has a handler of its own, as Linux tells it."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)
