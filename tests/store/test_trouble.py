"""What a Redis in trouble is told as, and how often."""

import logging

import pytest
import redis
from kombu.exceptions import OperationalError

from collinear.store.trouble import FULL, NO_ANSWER, READ_ONLY, TroubleLog, explain, find_trouble


def refusal(store: redis.Redis) -> redis.RedisError:
    with pytest.raises(redis.RedisError) as raised:
        store.set("key", "value")
    return raised.value


def test_what_a_full_redis_answers_is_explained(store: redis.Redis) -> None:
    """To a command, to a transaction, to a script, and behind a library's own error."""
    store.config_set("maxmemory", 1)
    try:
        errors = [refusal(store)]
        for command in (
            lambda: store.eval("return redis.call('SET', KEYS[1], 1)", 1, "key"),
            lambda: store.pipeline().set("key", 1).execute(),
        ):
            with pytest.raises(redis.RedisError) as raised:
                command()
            errors.append(raised.value)
        assert find_trouble(store.info()) == FULL
    finally:
        store.config_set("maxmemory", 0)
    wrapped = OperationalError("no message was sent")
    wrapped.__cause__ = errors[0]

    assert [explain(error) for error in [*errors, wrapped]] == [FULL] * 4
    assert find_trouble(store.info()) is None


def test_a_redis_that_is_not_there_is_explained() -> None:
    with redis.Redis(port=9) as client, pytest.raises(redis.ConnectionError) as raised:
        client.ping()

    assert explain(raised.value) == NO_ANSWER


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), "its disk"),
        (redis.ResponseError("NOREPLICAS Not enough good replicas to write."), "replicas"),
        (redis.exceptions.ReadOnlyError("You can't write"), "replica"),
        (redis.exceptions.BusyLoadingError("Redis is loading"), "loading"),
        (redis.exceptions.NoPermissionError("no"), "every command"),
        (redis.exceptions.InvalidResponse("Protocol error"), "no Redis"),
        (redis.AuthenticationError("invalid username-password pair"), "password"),
    ],
)
def test_every_refusal_says_what_to_do(error: redis.RedisError, words: str) -> None:
    assert words in str(explain(error))


@pytest.mark.parametrize("error", [None, ValueError("OOM"), redis.ResponseError("wrong type")])
def test_what_is_no_trouble_of_the_store_is_left_alone(error: Exception | None) -> None:
    assert explain(error) is None


def record(error: Exception) -> logging.LogRecord:
    trace = (type(error), error, None)
    return logging.LogRecord("celery", logging.ERROR, "", 0, "it failed: %r", (), trace)


def test_a_storm_becomes_a_line() -> None:
    """One for each trouble, until it is over; what has other causes is told as ever."""
    log = TroubleLog()
    full, replica = redis.exceptions.OutOfMemoryError("no"), redis.exceptions.ReadOnlyError("no")

    first = record(full)
    assert log.filter(first)
    assert (first.getMessage(), first.levelname) == ("store_in_trouble", "WARNING")
    assert first.error == FULL
    assert first.exc_info is None
    assert not log.filter(record(full))
    assert log.filter(record(replica))
    assert log.filter(record(ValueError("another matter")))

    assert log.told
    log.over()
    assert not log.told
    again = record(replica)
    assert log.filter(again)
    assert again.error == READ_ONLY
