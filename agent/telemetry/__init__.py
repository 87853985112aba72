"""OpenTelemetry spans and metrics of turns, model requests and tools; off unless asked for."""
