"""A Redis that takes no writes, or does not answer: what it means, in words, and said once."""

import logging
import sys
import time
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import redis
from redis.exceptions import AuthenticationError, BusyLoadingError

from collinear.domain.errors import StoreUnavailable
from collinear.telemetry import get_logger

log = get_logger(__name__)

FULL = (
    "Redis is full and takes no more writes: raise its maxmemory or make room. "
    "Nothing is lost; what was going on goes on by itself."
)
NO_DISK = (
    "Redis cannot write to its disk and takes no more writes: make room where its files are. "
    "Nothing is lost; what was going on goes on by itself."
)
READ_ONLY = (
    "Redis has become a read-only replica and takes no writes: set REDIS_URL to its primary, or "
    "make it the primary again ('REPLICAOF NO ONE'). What was going on goes on by itself then."
)
FEW_REPLICAS = (
    "Redis takes no writes while too few of its replicas are connected (min-replicas-to-write): "
    "bring them back. What was going on goes on by itself then."
)
LOADING = "Redis is loading its data and answers when it is done."
NOT_LET_IN = "Redis does not let us in: check the user and the password in REDIS_URL."
NO_RIGHT = "Redis does not let this user do all that is needed: give it every command on our keys."
NO_REDIS = "What answers at REDIS_URL is no Redis: check the host and the port."
NO_ANSWER = "Redis does not answer: start it, or check REDIS_URL."
NO_ANSWER_IN_TIME = (
    "Redis does not answer in time: see what stopped it, keeps it busy, or slows the way to it."
)
CROWDED = (
    "Redis has as many clients as it takes: raise its maxclients, or see who they are "
    "('CLIENT LIST')."
)
CUT_OFF = (
    "Redis is a replica that has lost its primary, and answers nobody meanwhile "
    "(replica-serve-stale-data no): bring the primary back, or promote the replica."
)

HOPELESS = frozenset({NOT_LET_IN, NO_REDIS})
"""What does not get better by waiting."""

_BY_WORD = {
    "OOM": FULL,
    "used memory > 'maxmemory'": FULL,
    "MISCONF": NO_DISK,
    "READONLY": READ_ONLY,
    "against a read only replica": READ_ONLY,
    "instance state changed": READ_ONLY,  # to those that were waiting for an answer
    "NOREPLICAS": FEW_REPLICAS,
    "LOADING": LOADING,
    "NOAUTH": NOT_LET_IN,
    "WRONGPASS": NOT_LET_IN,
    "NOPERM": NO_RIGHT,
    "max number of clients": CROWDED,
    "MASTERDOWN": CUT_OFF,
    "Link with MASTER is down": CUT_OFF,
}
"""What an answer says, in the server's words (a client may have cut off the first one)."""

_BY_TYPE: tuple[tuple[type[Exception], str], ...] = (
    (redis.exceptions.OutOfMemoryError, FULL),
    (redis.exceptions.ReadOnlyError, READ_ONLY),
    (redis.exceptions.NoPermissionError, NO_RIGHT),
    (redis.exceptions.InvalidResponse, NO_REDIS),
    (BusyLoadingError, LOADING),
    (AuthenticationError, NOT_LET_IN),
    (redis.TimeoutError, NO_ANSWER_IN_TIME),
)

_SAY_AGAIN = 60.0
"""Seconds after which a trouble that lasts is told once more."""


def explain(error: BaseException | None) -> str | None:
    """
    What an error means for an operator, if a Redis in trouble is behind it; else None.

    Libraries wrap such errors in their own: what an error was raised from counts too.
    """
    chain = list(_with_causes(error))
    for one in chain:
        if isinstance(one, StoreUnavailable):
            return str(one)
        for kind, sentence in _BY_TYPE:
            if isinstance(one, kind):
                return sentence
        if isinstance(one, redis.RedisError):
            for word, sentence in _BY_WORD.items():
                if word in str(one):
                    return sentence
    return NO_ANSWER if any(isinstance(one, redis.ConnectionError) for one in chain) else None


def in_words(error: Exception) -> str:
    """A sentence for an operator about an error that came from Redis, or from behind it."""
    return explain(error) or f"Redis did not do what it was asked: {error or type(error).__name__}"


_ROOM = 8 * 2**20
"""Bytes that a server must have left for what is sent to it, where it has so many at all."""


def find_trouble(info: Mapping[str, Any]) -> str | None:
    """What keeps a server from taking writes, by its own INFO; None where nothing does."""
    limit = int(info.get("maxmemory", 0))
    # as the server counts it: buffers of replicas and of the append-only file are no data
    used = int(info.get("used_memory", 0)) - int(info.get("mem_not_counted_for_evict", 0))
    # a page on its way in counts too, and has left again when the server is asked
    if 0 < limit < used + min(limit // 10, _ROOM):
        return FULL
    if info.get("loading"):
        return LOADING
    if info.get("aof_last_write_status", "ok") != "ok":
        return NO_DISK
    if info.get("role", "master") != "master":
        return READ_ONLY
    return None


def takes_writes(client: redis.Redis) -> bool:
    """Whether the server is there and says of itself that nothing keeps it from writing."""
    try:
        return find_trouble(client.info()) is None
    except redis.RedisError:
        return False


class TroubleLog(logging.Filter):
    """
    Makes one line of the storm that a Redis in trouble causes.

    Every part of a worker meets the trouble again and again, and each library tells it in its
    own way, with a traceback. As a filter of a log handler this lets the first of those lines
    through, as the sentence that an operator needs, and drops the others for a minute.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._told: dict[str, float] = {}

    def listen(self) -> None:
        """Stand before everything that this process logs from now on."""
        for handler in logging.getLogger().handlers:
            handler.addFilter(self)

    @property
    def told(self) -> bool:
        """Whether there was trouble since it was last over."""
        return bool(self._told)

    def tell(self, error: Exception) -> None:
        """One line about this error, unless it says what was told already."""
        if self._is_news(sentence := in_words(error)):
            log.warning("store_in_trouble", error=sentence)

    def over(self) -> None:
        """The store takes writes again: say so if there was trouble; a next one is news."""
        with self._lock:
            told, self._told = self._told, {}
        if told:
            log.info("store_recovered")

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a line that says nothing new."""
        sentence = next(filter(None, map(explain, _errors_of(record))), None)
        if sentence is None:
            return True
        if not self._is_news(sentence):
            return False
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "store_in_trouble", ()
        record.exc_info = record.exc_text = record.stack_info = None
        for mark in ("_logger", "_name"):  # the line is ours now, whoever began it
            record.__dict__.pop(mark, None)
        record.error = sentence
        return True

    def _is_news(self, sentence: str) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._told.get(sentence)
            if last is not None and now - last < _SAY_AGAIN:
                return False
            self._told[sentence] = now
            return True


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _errors_of(record: logging.LogRecord) -> Iterator[BaseException]:
    """The errors that a line tells of: as its traceback, or among its values."""
    traces: list[Any] = [record.exc_info]
    if isinstance(record.msg, dict):  # a line of ours
        traces.append(record.msg.get("exc_info"))
    for trace in traces:
        if trace is True:
            trace = sys.exc_info()
        if isinstance(trace, tuple):
            trace = trace[1]
        if isinstance(trace, BaseException):
            yield trace
    values = record.args if isinstance(record.args, tuple) else ()
    yield from (value for value in values if isinstance(value, BaseException))
