"""`python tests/agent/serve_table.py`: what `modu serve` makes of every profile on five machines, as Markdown."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agent.errors import UserError  # noqa: E402
from agent.serving.machine import parse  # noqa: E402
from agent.serving.plan import DoesNotFit, Plan, Wish, plan  # noqa: E402
from agent.settings import Profile  # noqa: E402

MACHINES = ("none", "1x24", "1x80", "4x80", "8x141")
SHIPPED = {
    name: Profile.model_validate(table)
    for name, table in tomllib.loads((ROOT / "agent" / "model" / "profiles.toml").read_text(encoding="utf-8")).items()
}


def rows() -> Iterator[str]:
    yield f"| 프로필 | {' | '.join(MACHINES)} |"
    yield f"| --- |{' --- |' * len(MACHINES)}"
    for name in SHIPPED:
        yield f"| {name} | {' | '.join(_cell(name, machine) for machine in MACHINES)} |"


def _cell(name: str, machine: str) -> str:
    try:
        return _summary(plan(name, SHIPPED[name], parse(machine), Wish(), SHIPPED))
    except DoesNotFit as error:
        return f"– ({error.needed_gib:,.0f} > {error.available_gib:,.0f} GiB)"
    except UserError:
        return "띄울 것 없음"


def _summary(made: Plan) -> str:
    split = f" TP{made.tensor_parallel}" if made.tensor_parallel > 1 else ""
    where = "" if made.gpus else " CPU"
    context = f"{made.context_tokens // 1024}k"
    return (
        f"{made.engine} {made.precision}{split}{where} {context}, "
        f"{made.needed_gib_per_gpu:,.0f}/{made.available_gib_per_gpu:,.0f} GiB"
    )


if __name__ == "__main__":
    print("\n".join(rows()))
