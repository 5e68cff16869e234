"""Requests whose answers must begin within a time."""

import asyncio

_LOOK = 0.1
"""Seconds between looks at what is overdue."""


class Deadlines:
    """
    The times by which the answers that are being made must have begun.

    One timer looks at all of them: a timer for each request would cost more than the rest of the
    guard together.
    """

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._watch: asyncio.TimerHandle | None = None

    def begin(self, patience: float) -> "asyncio.Task[object]":
        """Cancel the task that asks, unless it ends or is let go before so many seconds."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("Only a task can be cancelled.")
        loop = asyncio.get_running_loop()
        self._due[task] = loop.time() + patience
        if self._watch is None:
            self._watch = loop.call_later(_LOOK, self._look, loop)
        return task

    def let_go(self, task: "asyncio.Task[object]") -> None:
        """From now on it may take as long as it likes."""
        self._due.pop(task, None)

    def took_too_long(self, task: "asyncio.Task[object]") -> bool:
        """Whether it was cancelled from here, and by nobody else; asked once."""
        if task not in self._overdue:
            return False
        self._overdue.discard(task)
        return task.uncancel() == 0

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._overdue.add(task)
            task.cancel()
        self._watch = loop.call_later(_LOOK, self._look, loop) if self._due else None
