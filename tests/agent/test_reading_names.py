"""Tool names as models write them."""

import pytest

from agent.model.reading.names import Names

NAMES = Names(["calendar_search_events", "use_tool", "a_b", "a__b", "tool_x", "status"])


@pytest.mark.parametrize(
    "written",
    [
        "calendar_search_events",
        " calendar_search_events\n",
        '"calendar_search_events"',
        "`calendar_search_events`",
        "functions.calendar_search_events",
        "functions.calendar_search_events:0",
        "function:calendar_search_events",
        "tools.calendar_search_events",
        "tool_calendar_search_events",
        "default_api.calendar_search_events",
        "default_api.calendar_search_events()",
        "mcp__calendar__search_events",
        "calendar.search_events",
        "calendar-search-events",
        "calendar/search_events",
        "calendar:search_events",
        "calendar_search_events<|channel|>commentary",
        "<|constrain|>calendar_search_events",
    ],
)
def test_what_models_put_round_a_name_is_taken_off(written: str) -> None:
    assert NAMES.meant(written) == NAMES.settled(written) == "calendar_search_events"


@pytest.mark.parametrize(
    ("written", "settled"),
    [
        ("Calendar_Search_Events", "Calendar_Search_Events"),
        ("calendar_search_event", "calendar_search_event"),
        ("calendar search events", "calendar search events"),
        ("functions.weather", "functions.weather"),
        ("a.b", "a.b"),
        ("", ""),
        ("\ud83dx\n<|im_end|>", "x"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_a_name_that_is_no_tool_is_never_guessed(written: str, settled: str) -> None:
    assert NAMES.meant(written) is None
    assert NAMES.settled(written) == settled


@pytest.mark.parametrize("name", ["tool_x", "a_b", "a__b"])
def test_an_offered_name_is_itself(name: str) -> None:
    assert NAMES.meant(name) == name


def test_a_name_may_be_told_from_its_beginning() -> None:
    assert [NAMES.may_become(begun) for begun in ("cal", "functions.st", "func", "홍", "statuses")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_without_tools_every_name_stays() -> None:
    assert Names(()).settled("functions.x:0") == "functions.x:0"
