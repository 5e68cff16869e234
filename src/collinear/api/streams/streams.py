"""What all who listen to this process share: one tail, and the moment to leave."""

import anyio
from anyio.abc import TaskGroup
from starlette.types import Receive

from collinear.api.streams.leaving import while_there
from collinear.api.streams.tail import Tail
from collinear.api.streams.window import Bounds
from collinear.domain.change import Serial
from collinear.settings.streaming import StreamSettings
from collinear.store.changes import ChangesReader


class Streams:
    """The listeners of a process, from the first to the last word."""

    def __init__(self, settings: StreamSettings, tasks: TaskGroup) -> None:
        self.heartbeat = settings.stream_heartbeat_seconds
        """Seconds of silence after which a listener hears that we are still there."""
        self.stopping = False
        """Whether the server is about to end, and everybody has to leave."""
        self._bounds = Bounds(settings.stream_backlog, settings.stream_backlog_bytes)
        self._tasks = tasks
        self._tail: Tail | None = None

    def tail(self, changes: ChangesReader) -> Tail:
        """The one tail of the process."""
        if self._tail is None:
            self._tail = Tail(changes, self._tasks, self._bounds)
        return self._tail

    async def news(
        self, changes: ChangesReader, since: Serial, *, within: float, receive: Receive
    ) -> None:
        """
        Come back when there is a change behind ``since``, or when so many seconds are over.

        At once where the epoch is another one, and when the caller leaves.

        Raises:
            StoreUnavailable: Redis does not answer as the wait begins; later it is waited for.
        """
        tail = self.tail(changes)
        async with tail.listen(documents=False) as window, while_there(receive):
            with anyio.move_on_after(within):
                while not (window.gone or self.stopping or window.is_beyond(since)):
                    await window.wait()

    def stop(self) -> None:
        """Let everybody leave, with a last word."""
        self.stopping = True
        if self._tail is not None:
            self._tail.tell()
