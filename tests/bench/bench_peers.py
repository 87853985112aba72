"""modu beside its peers on a model that answers at once: prints numbers, asserts nothing.

`python tests/bench/bench_peers.py [--runs N] [--only NAME …] [--heavy] [--json FILE] [--limit S] [--modu PROGRAM]`

The peers are installed once, from the package registries, below the folder that MODU_PEERS_HOME names; those that
do not install or do not answer are named with the reason. Nothing but loopback is reached while measuring.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import SubprocessError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.peers import modu  # noqa: E402
from tests.bench.peers.install import NotInstalled, install, node  # noqa: E402
from tests.bench.peers.measure import Figures, NotMeasured, measured  # noqa: E402
from tests.bench.peers.programs import HEAVY, PEERS, Peer  # noqa: E402
from tests.bench.peers.seat import Seat  # noqa: E402
from tests.bench.peers.server import InstantModel, instant_model  # noqa: E402
from tests.bench.peers.sources import SOURCES, Npm  # noqa: E402
from tests.bench.peers.table import as_json, printed  # noqa: E402
from tests.bench.peers.tokens import counted  # noqa: E402

PATH = "/usr/local/bin:/usr/bin:/bin"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--runs", type=int, default=5, help="fresh sessions that are measured of each program")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds after which a process is ended")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these programs (modu, codex, …)")
    parser.add_argument("--heavy", action="store_true", help="also those that are large to install")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--modu", type=Path, default=ROOT / ".venv/bin/modu", metavar="PROGRAM")
    return parser.parse_args()


def row(peer: Peer, model: InstantModel, home: Path, asked: argparse.Namespace) -> Figures:
    """A peer's figures, or why there are none."""
    figures, source = Figures(peer.name), SOURCES[peer.name]
    if peer in HEAVY and not (asked.heavy or asked.only):
        figures.failure = "only with --heavy"
        return figures
    try:
        installed = install(peer.name, source, home)
        path = f"{node(home)}:{PATH}" if isinstance(source, Npm) else PATH
        figures.version = installed.version
        seat = Seat(model, home / "homes" / peer.name, installed.program, path, asked.limit, peer.environment)
        measured(figures, peer, seat, asked.runs)
    except (NotInstalled, NotMeasured, SubprocessError) as refused:
        figures.failure = str(refused)
    return figures


def rows(asked: argparse.Namespace, home: Path) -> Iterator[Figures]:
    """One program after the other: they share the cores."""
    with instant_model() as model:
        if not asked.only or "modu" in asked.only:
            seat = Seat(model, home / "homes" / "modu", asked.modu.absolute(), PATH, asked.limit)
            yield from modu.rows(seat, asked.runs)
        for peer in (*PEERS, *HEAVY):
            if not asked.only or peer.name in asked.only:
                yield row(peer, model, home, asked)


def main() -> None:
    asked = options()
    home = Path(os.environ.get("MODU_PEERS_HOME", ROOT / ".peers")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    loads, found = [os.getloadavg()[0]], list[Figures]()
    for figures in rows(asked, home):
        loads.append(os.getloadavg()[0])
        print(figures.name, figures.failure or f"first request after {figures.first[0]:.2f} s", file=sys.stderr)
        found.append(figures)
    counts, exact = counted([figures.prompt for figures in found], home)
    for figures, count in zip(found, counts, strict=True):
        figures.tokens = count
    print(printed(found, exact))
    print(f"\nSeconds: best / median of {asked.runs}. Load average {min(loads):.1f} to {max(loads):.1f} on", end=" ")
    print(f"{os.cpu_count()} cores: above their number trust CPU seconds, and the best of the others.")
    if asked.json:
        asked.json.write_text(json.dumps(as_json(found, exact), ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
