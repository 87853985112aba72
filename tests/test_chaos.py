"""Real processes, killed, cut off, held up and replaced at random instants: nothing is lost, nothing happens twice.

Short and seeded here; `make chaos` plays 300 rounds.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos import doctored, world
from tests.chaos.campaign import Campaign
from tests.chaos.rounds import KINDS, SHORT, plan
from tests.chaos.told import Told

ROUNDS = int(os.environ.get("MODU_CHAOS_ROUNDS", str(SHORT)))
SEED = int(os.environ.get("MODU_CHAOS_SEED", "20261128"))
ONLY = os.environ.get("MODU_CHAOS_KINDS", "").split()


def test_the_checker_finds_nothing_in_a_session_that_was_told_well() -> None:
    assert doctored.faults(doctored.clean()) == []


@pytest.mark.parametrize(("change", "says"), doctored.DOCTORED.values(), ids=doctored.DOCTORED)
def test_the_checker_finds(change: Callable[[Told], None], says: str) -> None:
    told = doctored.clean()
    change(told)
    assert says in "\n".join(doctored.faults(told))


def test_the_checker_finds_effects_that_happened_twice_or_not_at_all(tmp_path: Path) -> None:
    doctored.make_world(tmp_path, tmp_path)
    done = {"E1": "reader", "M1": "reader", "L1": "reader"}

    assert list(world.faults(tmp_path, tmp_path, {doctored.SESSION: doctored.ROWS}, done)) == [
        "M1 happened 2 times",
        "L1 was shown as done to reader and is not there",
    ]


@pytest.mark.timeout(120 + 60 * ROUNDS)
async def test_whatever_dies_no_event_no_turn_and_no_effect_is_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = Campaign(tmp_path, SEED)
    for name, value in campaign.ground.env.items():
        monkeypatch.setenv(name, value)
    kinds = [ONLY[number % len(ONLY)] for number in range(ROUNDS)] if ONLY else plan(ROUNDS, campaign)
    try:
        for number, kind in enumerate(kinds):
            before, begun = len(campaign.faults), time.monotonic()
            await KINDS[kind](campaign)
            print(f"{number} {kind} {time.monotonic() - begun:.0f}s: {campaign.faults[before:] or 'ok'}", flush=True)
        await campaign.end()
    finally:
        await campaign.close()

    print(f"\nchaos: {ROUNDS} rounds, seed {SEED}")
    for kind, figures in campaign.figures.items():
        print(f"  {kind}: " + ", ".join(f"{count} {what}" for what, count in figures.items()))
    assert not campaign.faults, "\n".join(campaign.faults)
