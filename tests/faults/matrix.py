"""All rows of the fault matrix."""

from tests.faults import (
    rows_arguments,
    rows_content,
    rows_cut,
    rows_deltas,
    rows_hopeless,
    rows_http,
    rows_loops,
    rows_overflow,
    rows_reasoning,
    rows_refused,
    rows_refused_limits,
    rows_stream,
    rows_templates,
    rows_text_calls,
)
from tests.faults.row import Row

GROUPS: dict[str, list[Row]] = {
    "reasoning": rows_reasoning.ROWS,
    "calls in the text": rows_text_calls.ROWS,
    "arguments and names": rows_arguments.ROWS,
    "deltas": rows_deltas.ROWS,
    "stream and HTTP": rows_stream.ROWS,
    "content": rows_content.ROWS,
    "errors that pass": rows_http.ROWS,
    "broken and silent connections": rows_cut.ROWS,
    "refused fields": rows_refused.ROWS + rows_refused_limits.ROWS,
    "templates": rows_templates.ROWS,
    "overflow": rows_overflow.ROWS,
    "endless answers": rows_loops.ROWS,
    "hopeless": rows_hopeless.ROWS,
}
ROWS = [row for rows in GROUPS.values() for row in rows]
