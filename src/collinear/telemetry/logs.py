"""Logs: static events with fields, as text for people or JSON for machines."""

import logging
import sys
from typing import Any

import structlog

from collinear.telemetry.scope import known_facts
from collinear.telemetry.text import on_one_line


def _with_facts(
    logger: Any, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """On whose behalf: the request, the task and the run, where the line does not say so itself."""
    return {**known_facts(), **event}


_SHARED: list[structlog.typing.Processor] = [
    _with_facts,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logging(*, level: str, style: str) -> None:
    """Send every log line of the process, also of libraries, to stderr in one shape."""
    printers: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if style == "json"
        else [on_one_line, structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
    )
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_colours,
            structlog.processors.format_exc_info,
            *printers,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in (
        "httpx2",
        "httpcore2",
        "celery.worker.strategy",
        "celery.worker.request",
        "celery.worker.consumer.connection",
        "celery.app.trace",
    ):
        # what they tell of each request and message, our own events tell with its meaning
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("celery.beat").setLevel(logging.WARNING)


def _without_colours(
    logger: Any, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The server sends each of its sentences twice, the second time in colours."""
    event.pop("color_message", None)
    return event


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: ``log.info("page_stored", run=7, page=3)``."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
