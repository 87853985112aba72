"""The figures as a table for people and as JSON; those of modu beside their goals."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.peers.measure import Figures
from tests.bench.peers.modu import COLD, NO_DAEMON, PLAIN, WARM

HEAD = ("program", "first request s", "CPU s", "whole s", "MiB", "POSTs", "bytes", "tokens", "tools",
        "steps of a session %", "resume %", "fresh %")  # fmt: skip


@dataclass(frozen=True)
class Goals:
    """What a row of modu is to reach; None where there is no goal."""

    first: float | None = None
    cpu: float | None = None
    sent: int = 12 * 1024
    share: float = 100.0


GOALS: Mapping[str, Goals] = {WARM: Goals(0.12, 0.10), COLD: Goals(1.6), NO_DAEMON: Goals(), PLAIN: Goals()}


def printed(rows: list[Figures], counted: bool) -> str:
    lines = [HEAD, *(_cells(row, counted) for row in rows if not row.failure)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    notes = [f"{row.name}: {note}" for row in rows for note in row.notes]
    failed = [f"{_title(row)}: NOT MEASURED, {row.failure}" for row in rows if row.failure]
    return "\n".join([*text, "", *failed, *notes])


def as_json(rows: list[Figures], counted: bool) -> list[dict[str, Any]]:
    written = []
    for row in rows:
        fields = asdict(row) | {"tokens_counted": counted, "goals": _reached(row)}
        del fields["prompt"]
        written.append(fields)
    return written


def _title(row: Figures) -> str:
    return f"{row.name} {row.version}".strip()


def _cells(row: Figures, counted: bool) -> tuple[str, ...]:
    reached = {name: "" if met is None else f" {'met' if met else 'missed'}" for name, met in _reached(row).items()}
    return (
        _title(row),
        f"{row.first[0]:.2f} / {row.first[1]:.2f}{reached.get('first', '')}",
        f"{row.cpu[0]:.2f} / {row.cpu[1]:.2f}{reached.get('cpu', '')}",
        f"{row.wall[0]:.2f} / {row.wall[1]:.2f}",
        f"{row.mib:.0f}",
        str(row.posts),
        f"{row.sent:,}{reached.get('sent', '')}",
        f"{'' if counted else '~'}{row.tokens:,}",
        str(row.tools),
        f"{_shares(row.steps)}{reached.get('steps', '')}",
        f"{_shares(row.resumed)}{reached.get('resumed', '')}",
        f"{_shares([] if row.fresh is None else [row.fresh])}{reached.get('fresh', '')}",
    )


def _reached(row: Figures) -> dict[str, bool | None]:
    """Of seconds the best counts: the machine is shared."""
    goals = GOALS.get(row.name)
    if not goals or row.failure:
        return {}
    return {
        "first": None if goals.first is None else row.first[0] <= goals.first,
        "cpu": None if goals.cpu is None else row.cpu[0] <= goals.cpu,
        "sent": row.sent <= goals.sent,
        "steps": len(row.steps) > 0 and min(row.steps) >= goals.share,
        "resumed": len(row.resumed) > 0 and min(row.resumed) >= goals.share,
        "fresh": None if row.fresh is None else row.fresh >= goals.share,
    }


def _shares(values: list[float]) -> str:
    """Rounded down: only what repeats everything is 100."""
    return " ".join(f"{math.floor(10 * value) / 10:g}" for value in values) or "-"
