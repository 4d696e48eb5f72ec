"""Spans for who follows a request through several programs (OpenTelemetry): routes, channels, codes, no family.

The interface comes with FastAPI and does nothing by itself. What collects and sends is installed apart
(requirements-tracing.txt) and loaded when `OTEL_EXPORTER_OTLP_ENDPOINT` says where to; the other `OTEL_*` of the
standard work as everywhere. FastAPI's own spans stay off: they tell the query of an address, which may be the name that
somebody searched for, and the words of errors.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode, Tracer

__all__ = ["FASTAPI", "SpanKind", "failed", "set_up", "span"]
FASTAPI = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
_NAME = "opvanglijn"
_tracer: Tracer | None = None  # as long as nobody collects: even a span that goes nowhere costs a tenth of a webhook


class NotInstalled(Exception):
    """What sends spans is not there."""


def set_up(endpoint: str) -> None:
    """From here on spans are sent to `endpoint`, in the background; "": to nowhere. Raises `NotInstalled`."""
    global _tracer
    if not endpoint:
        return
    try:  # heavy, and most installations have none of it
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise NotInstalled from None
    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _tracer = trace.get_tracer(_NAME)


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int) -> Iterator[Span]:
    """Around a piece of work. An error that passes is told by its type alone: its words may hold what was said."""
    if _tracer is None:
        yield INVALID_SPAN
        return
    told = _attributes(attributes)
    with _tracer.start_as_current_span(
        name, kind=kind, attributes=told, record_exception=False, set_status_on_exception=False
    ) as begun:
        try:
            yield begun
        except Exception as problem:
            failed(begun, type(problem).__name__)
            raise


def failed(of: Span, code: str) -> None:
    of.set_attribute("error.type", code)
    of.set_status(Status(StatusCode.ERROR))


def _attributes(given: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"{_NAME}.{name}": value for name, value in given.items()}
