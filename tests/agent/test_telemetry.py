"""What OpenTelemetry is told of a turn: its spans, its tokens, and none of its contents."""

import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.settings import Settings
from agent.telemetry.opening import open_telemetry
from agent.telemetry.opentelemetry import OpenTelemetry
from agent.telemetry.silent import Silent
from tests.conftest import MakeSettings


class Told:
    """What an exporter would have sent."""

    def __init__(self) -> None:
        self.spans, self.metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.telemetry = OpenTelemetry(self.spans, self.metrics, "1")

    def close(self) -> tuple[list[str], dict[str, list[HistogramDataPoint]]]:
        """Names of the spans in the order of their end, and the points of each histogram."""
        found = self.metrics.get_metrics_data()
        self.telemetry.close()
        metrics = found.resource_metrics[0].scope_metrics[0].metrics if found else ()
        points = {one.name: list(one.data.data_points) for one in metrics}
        return [span.name for span in self.spans.get_finished_spans()], points


def test_a_turn_has_a_span_for_itself_for_each_request_and_for_each_tool() -> None:
    told = Told()
    turn = told.telemetry.turn("s_1", 3)
    with turn.chat("ax-4.1") as chat:
        chat.tell(gen_ai__usage__input_tokens=100, gen_ai__usage__output_tokens=7)
    with turn.tool("calendar_create_event", "c3_0_0") as tool:
        tool.tell(modu__status="done")
    turn.end("done")

    names, points = told.close()

    assert names == ["chat ax-4.1", "execute_tool calendar_create_event", "invoke_agent modu"]
    chat_span, tool_span, whole = told.spans.get_finished_spans()
    assert chat_span.parent == tool_span.parent == whole.context
    assert chat_span.attributes is not None
    assert chat_span.attributes["gen_ai.usage.input_tokens"] == 100
    assert whole.attributes is not None
    assert whole.attributes["gen_ai.conversation.id"] == "s_1"
    used = {point.attributes["gen_ai.token.type"]: point.sum for point in points["gen_ai.client.token.usage"]}
    assert used == {"input": 100, "output": 7}
    assert len(points["gen_ai.client.operation.duration"]) == 2


def test_a_request_that_fails_is_an_error_with_its_kind() -> None:
    told = Told()
    turn = told.telemetry.turn("s_1", 1)
    with pytest.raises(TimeoutError), turn.chat("m"):
        raise TimeoutError
    turn.end("error")

    _, points = told.close()

    chat, whole = told.spans.get_finished_spans()
    assert chat.attributes is not None
    assert chat.attributes["error.type"] == "TimeoutError"
    assert not chat.status.is_ok
    assert not whole.status.is_ok
    [duration] = points["gen_ai.client.operation.duration"]
    assert duration.attributes["error.type"] == "TimeoutError"


def test_it_is_off_unless_asked_for(make_settings: MakeSettings) -> None:
    settings: Settings = make_settings()

    assert isinstance(open_telemetry(settings), Silent)
