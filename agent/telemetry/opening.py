"""Which telemetry a process has."""

from agent import __version__
from agent.errors import SettingsError
from agent.settings import Settings
from agent.telemetry.contract import Telemetry
from agent.telemetry.silent import Silent


def open_telemetry(settings: Settings) -> Telemetry:
    """Off unless the `telemetry` setting is on.

    Raises:
        SettingsError: it is on, and the packages of the extra are missing.
    """
    if not settings.telemetry:
        return Silent()
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        from agent.telemetry.opentelemetry import OpenTelemetry
    except ImportError as error:
        raise SettingsError(
            "telemetry 를 켜려면 추가 묶음이 필요합니다.", hint="pip install 'modu-agent[telemetry]'"
        ) from error
    return OpenTelemetry(OTLPSpanExporter(), PeriodicExportingMetricReader(OTLPMetricExporter()), __version__)
