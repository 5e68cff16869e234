"""An address that stays while what answers behind it changes, as a name in DNS does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from collinear.local.ports import free_port

_PIECE = 2**16


class Way:
    """Leads every connection to where it points when the connection is made; it can be slow."""

    def __init__(self, target: int) -> None:
        """``target`` is a port of this machine."""
        self.target = target
        self.delay = 0.0
        """Seconds that every piece of an answer takes longer."""
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="way")
        self._listening = threading.Event()
        self._leave = asyncio.Event()

    def start(self) -> None:
        self._thread.start()
        assert self._listening.wait(10)

    def end(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self._listening.set()
        await self._leave.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        self._writers += (writer, there[1])
        with suppress(asyncio.CancelledError):  # the test is over
            await asyncio.gather(
                self._pass_on(reader, there[1], slowly=False),
                self._pass_on(there[0], writer, slowly=True),
            )

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowly: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                self._loop.call_later(self.delay if slowly else 0, writer.write, data)
        self._loop.call_later(self.delay if slowly else 0, writer.close)


@contextmanager
def way_to(target: int) -> Iterator[Way]:
    """A way that leads there, gone with the block."""
    way = Way(target)
    way.start()
    try:
        yield way
    finally:
        way.end()
