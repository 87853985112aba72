"""Score the Korean time reader: `python tests/bench/bench_time.py CASES SCORER [-v]`.

CASES is a JSON-lines file of cases, SCORER the program that compares predictions with them (it documents both formats).
The second table leaves out `tests/mcp_servers/time_suspects.json`: cases that contradict Korean usage or another suite.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp_servers.calendar.korean_time import Expression, parse

SEOUL = ZoneInfo("Asia/Seoul")
SUSPECTS = Path(__file__).parents[1] / "mcp_servers" / "time_suspects.json"


def local(instant: datetime | None) -> str | None:
    return instant.replace(tzinfo=None).isoformat() if instant else None


def plain(found: Expression) -> dict[str, str | None]:
    fields = {"kind": found.kind, "grain": found.grain, "duration": found.duration, "rrule": found.rrule}
    return {**fields, "start": local(found.start), "end": local(found.end), "open": found.open, "text": found.text}


def predicted(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A prediction for each case; prints how long the texts took."""
    predictions, took = [], []
    for case in cases:
        now = datetime.fromisoformat(case["ref"]).replace(tzinfo=SEOUL)
        begun = time.process_time()
        found = parse(case["text"], now)
        took.append(1000 * (time.process_time() - begun))
        predictions.append({"id": case["id"], "results": [plain(one) for one in found]})
    print(f"CPU ms per text: p50 {statistics.median(took):.2f}, p95 {statistics.quantiles(took, n=20)[-1]:.2f}")
    return predictions


def lines(folder: str, name: str, rows: list[dict[str, Any]]) -> Path:
    path = Path(folder) / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def main(cases: Path, scorer: Path, *options: str) -> int:
    every = [json.loads(line) for line in cases.read_text(encoding="utf-8").splitlines()]
    suspects = {name for suite in json.loads(SUSPECTS.read_text(encoding="utf-8")).values() for name in suite}
    sound = [case for case in every if case["id"] not in suspects]
    with tempfile.TemporaryDirectory() as folder:
        path = lines(folder, "predictions.jsonl", predicted(every))
        print(f"all {len(every)} cases", flush=True)
        subprocess.run([sys.executable, scorer, path, cases], check=True)
        print(f"the {len(sound)} that are not suspect", flush=True)
        command = [sys.executable, scorer, path, lines(folder, "cases.jsonl", sound), *options]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
