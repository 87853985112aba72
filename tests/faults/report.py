"""The fault matrix as a table: `python -m tests.faults.report [pytest options]`, behind `make faults`."""

import re
import sys
from pathlib import Path
from typing import Literal

import pytest

from tests.faults.matrix import GROUPS
from tests.faults.row import Row

Result = Literal["pass", "FAIL", "known"]
_ROW = re.compile(r"\[(.+)\]$")


class Table:
    """A pytest plugin that keeps what became of each row."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = _ROW.search(report.nodeid)
        if found is None or (report.when != "call" and report.passed):
            return
        self.results[found[1]] = "known" if hasattr(report, "wasxfail") else "pass" if report.passed else "FAIL"
        self.reasons[found[1]] = "" if report.passed else str(report.longrepr)

    def print(self) -> None:
        for group, rows in GROUPS.items():
            print(f"\n{group}")
            for row in rows:
                self._print(row)
        counts = {result: list(self.results.values()).count(result) for result in ("pass", "FAIL", "known")}
        print(f"\n{len(self.results)} rows: " + ", ".join(f"{count} {result}" for result, count in counts.items()))

    def _print(self, row: Row) -> None:
        result = self.results.get(row.name)
        if result is None:
            return
        print(f"  {result:5} {row.name:36} {row.does}  →  {row.wanted}")
        reasons = [row.known] if result == "known" else self.reasons[row.name].splitlines()
        for reason in reasons:
            print(f"        {reason[:400]}")


def main() -> int:
    table = Table()
    quiet = ["-q", "--no-header", "--tb=no", "--no-summary", "--show-capture=no"]
    code = pytest.main([str(Path(__file__).with_name("test_faults.py")), *quiet, *sys.argv[1:]], plugins=[table])
    table.print()
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
