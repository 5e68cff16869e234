"""
Traces, where a collector is named; otherwise nothing of OpenTelemetry is even imported.

The SDK keeps to its own environment for the rest: ``OTEL_TRACES_SAMPLER``,
``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_BSP_...`` and so on.
"""

import logging
import os
from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING

from collinear.telemetry.logs import get_logger
from collinear.telemetry.scope import Attributes

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

log = get_logger(__name__)

_PATH = "/v1/traces"
_PATIENCE = 2.0
"""Seconds that a process which ends waits for the collector to take what is left."""


class Tracing:
    """Begins spans, and sends those that have ended, in the background."""

    def __init__(self, endpoint: str, *, part: str) -> None:
        """``endpoint`` is the collector's address for OTLP over HTTP, such as http://host:4318."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # each failed attempt would be several lines; ours tells once that it began, and ended
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        name = os.environ.get("OTEL_SERVICE_NAME") or f"collinear-{part}"
        resource = Resource.create({SERVICE_NAME: name, "collinear.part": part})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + _PATH)
        self._provider.add_span_processor(BatchSpanProcessor(_told(exporter, endpoint)))
        self._tracer = self._provider.get_tracer("collinear")

    def begin(
        self, name: str, *, kind: str, traceparent: str = "", attributes: Attributes
    ) -> "TracedSpan":
        """
        A span that no other of this process surrounds.

        ``kind`` is ``server`` or ``consumer``; ``traceparent`` names the one of another process.
        """
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        context = TraceContextTextMapPropagator().extract(
            {"traceparent": traceparent}, context=Context()
        )
        span = self._tracer.start_span(
            name, context=context, kind=SpanKind[kind.upper()], attributes=attributes
        )
        return TracedSpan(self._tracer, span)

    def close(self) -> None:
        """Send what is left, but do not wait for a collector that does not take it."""
        # the exporter tries again for longer than a process may take to end
        sending = Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        sending.start()
        sending.join(_PATIENCE)


class TracedSpan:
    """A piece of a trace that will be sent."""

    __slots__ = ("_span", "_tracer")

    def __init__(self, tracer: "trace.Tracer", span: "trace.Span") -> None:
        self._tracer = tracer
        self._span = span

    @property
    def traceparent(self) -> str:
        """As the header of W3C has it."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def child(self, name: str) -> "TracedSpan":
        """A piece of this piece; it has begun."""
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        around = set_span_in_context(self._span, Context())
        return TracedSpan(self._tracer, self._tracer.start_span(name, context=around))

    def rename(self, name: str) -> None:
        """Call it by what is known only at its end."""
        self._span.update_name(name)

    def note(self, attributes: Attributes) -> None:
        """Add what is known of it."""
        self._span.set_attributes(attributes)

    def fail(self, reason: str) -> None:
        """Say that it did not come to what it should."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_status(Status(StatusCode.ERROR, reason[:300]))

    def end(self) -> None:
        """It is over."""
        self._span.end()


def create_tracing(endpoint: str, *, part: str) -> Tracing | None:
    """Traces of a part of the system, or None where no endpoint is set."""
    return Tracing(endpoint, part=part) if endpoint else None


def _told(exporter: "SpanExporter", endpoint: str) -> "SpanExporter":
    """The exporter, which says once when spans begin to be lost, and once when they are not."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Told(SpanExporter):
        lost = False

        def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
            result = exporter.export(spans)
            lost = result is not SpanExportResult.SUCCESS
            if lost and not self.lost:
                log.warning("traces_lost", collector=endpoint, spans=len(spans))
            elif self.lost and not lost:
                log.info("traces_sent_again", collector=endpoint)
            self.lost = lost
            return result

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return True

    return Told()
