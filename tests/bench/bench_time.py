"""Score the Korean time reader: `python tests/bench/bench_time.py CASES SCORER [-v]`.

CASES is a JSON-lines file of cases, SCORER the program that compares predictions with them (it documents both formats).
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp_servers.calendar.korean_time import Expression, parse

SEOUL = ZoneInfo("Asia/Seoul")


def local(instant: datetime | None) -> str | None:
    return instant.replace(tzinfo=None).isoformat() if instant else None


def plain(found: Expression) -> dict[str, str | None]:
    fields = {"kind": found.kind, "grain": found.grain, "duration": found.duration, "rrule": found.rrule}
    return {**fields, "start": local(found.start), "end": local(found.end), "open": found.open, "text": found.text}


def main(cases: Path, scorer: Path, *options: str) -> int:
    predictions, took = [], []
    for case in map(json.loads, cases.read_text(encoding="utf-8").splitlines()):
        now = datetime.fromisoformat(case["ref"]).replace(tzinfo=SEOUL)
        begun = time.process_time()
        found = parse(case["text"], now)
        took.append(1000 * (time.process_time() - begun))
        predictions.append(json.dumps({"id": case["id"], "results": [plain(one) for one in found]}, ensure_ascii=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        path.write_text("\n".join(predictions) + "\n", encoding="utf-8")
        print(f"CPU ms per text: p50 {statistics.median(took):.2f}, p95 {statistics.quantiles(took, n=20)[-1]:.2f}")
        return subprocess.run([sys.executable, scorer, path, cases, *options], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
