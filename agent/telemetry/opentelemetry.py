"""Telemetry by the OpenTelemetry SDK, sent over OTLP/HTTP where the `OTEL_EXPORTER_OTLP_…` variables say."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from agent.telemetry.contract import Observed, TurnObserver

Value = str | int | float | bool
_TOKENS = {"gen_ai.usage.input_tokens": "input", "gen_ai.usage.output_tokens": "output"}


class OpenTelemetry:
    """Providers of its own: nothing global is touched."""

    def __init__(self, spans: SpanExporter, metrics: MetricReader, version: str) -> None:
        resource = Resource.create({"service.name": "modu", "service.version": version})
        self._traces = TracerProvider(resource=resource)
        self._traces.add_span_processor(BatchSpanProcessor(spans))
        self._metrics = MeterProvider(metric_readers=[metrics], resource=resource)
        self._tracer = self._traces.get_tracer("modu", version)
        self._instruments = _Instruments(self._metrics.get_meter("modu", version))

    def turn(self, session: str, turn: int) -> TurnObserver:
        about: dict[str, Value] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "modu",
            "gen_ai.conversation.id": session,
            "modu.turn": turn,
        }
        return _Turn(self._tracer, self._instruments, self._tracer.start_span("invoke_agent modu", attributes=about))

    def close(self) -> None:
        self._traces.shutdown()
        self._metrics.shutdown()


class _Instruments:
    def __init__(self, meter: Meter) -> None:
        self.tokens = meter.create_histogram("gen_ai.client.token.usage", unit="{token}")
        self.duration = meter.create_histogram("gen_ai.client.operation.duration", unit="s")


class _Turn:
    def __init__(self, tracer: Tracer, instruments: _Instruments, span: Span) -> None:
        self._tracer = tracer
        self._instruments = instruments
        self._span = span

    @contextmanager
    def chat(self, model: str) -> Iterator[Observed]:
        about: dict[str, Value] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model}
        with self._timed(f"chat {model}", SpanKind.CLIENT, about) as span:
            yield span

    @contextmanager
    def tool(self, name: str, call_id: str) -> Iterator[Observed]:
        about: dict[str, Value] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.call.id": call_id,
        }
        with self._timed(f"execute_tool {name}", SpanKind.INTERNAL, about) as span:
            yield span

    def end(self, stop_reason: str) -> None:
        self._span.set_attribute("modu.stop_reason", stop_reason)
        if stop_reason == "error":
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    @contextmanager
    def _timed(self, name: str, kind: SpanKind, about: dict[str, Value]) -> Iterator["_Observed"]:
        # The parent is named, not attached: spans of one turn end in tasks that did not begin them.
        parent = trace.set_span_in_context(self._span)
        span = self._tracer.start_span(name, context=parent, kind=kind, attributes=about)
        began, common = time.perf_counter(), {key: about[key] for key in about if key != "gen_ai.tool.call.id"}
        try:
            yield _Observed(span, self._instruments, common)
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR))
            common["error.type"] = type(error).__name__
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            self._instruments.duration.record(time.perf_counter() - began, common)
            span.end()


class _Observed:
    def __init__(self, span: Span, instruments: _Instruments, common: dict[str, Value]) -> None:
        self._span = span
        self._instruments = instruments
        self._common = common

    def tell(self, **attributes: Value) -> None:
        for written, value in attributes.items():
            name = written.replace("__", ".")
            self._span.set_attribute(name, value)
            if kind := _TOKENS.get(name):
                self._instruments.tokens.record(float(value), self._common | {"gen_ai.token.type": kind})
