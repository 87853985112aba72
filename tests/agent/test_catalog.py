"""The tools the model is offered, finds, and calls."""

import json
from typing import Any

import pytest

from agent.errors import ToolFailed
from agent.tools import own
from agent.tools.catalog import Catalog, Tool, described
from tests.agent.hubs import hub_on
from tests.conftest import MakeSettings


def tool(name: str, description: str = "", **changed: Any) -> Tool:
    given: dict[str, Any] = {"server": "toy", "name": name, "description": description, "parameters": {}}
    return Tool(**(given | changed))


GUESTS = [
    tool("create_issue", "Create a new issue in a GitHub repository", server="github"),
    tool("search_issues", "Search for issues and pull requests", server="github"),
    tool("send_message", "Post a message to a Slack channel", server="slack"),
    tool("todays_weather", "오늘의 날씨와 기온을 알려 준다", server="weather", title="날씨 보기"),
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("연락처 저장", "phone_save_contact"),
        ("새 연락처를 저장해 줘", "phone_save_contact"),
        ("save contact", "phone_save_contact"),
        ("git 차이", "code_git_diff"),
        ("git diff", "code_git_diff"),
        ("날씨", "weather_todays_weather"),
        ("오늘 날씨를 알려줘", "weather_todays_weather"),
        ("creating issues on github", "github_create_issue"),
        ("github 이슈 search", "github_search_issues"),
        ("Slack 메시지 보내기", "slack_send_message"),
    ],
)
async def test_a_tool_is_found_by_what_it_is_for(make_settings: MakeSettings, query: str, best: str) -> None:
    async with hub_on(make_settings()) as hub:
        for server in {guest.server for guest in GUESTS}:
            hub.catalog.replace(server, [guest for guest in GUESTS if guest.server == server])
        found = [one.offered_as for one in hub.catalog.find(query)]

    assert found[0] == best
    assert "calendar_operation_outcome" not in found


@pytest.mark.parametrize("query", ["", "   ", "!?", "a the to", "qwxyz", "도구"])
def test_a_query_that_says_nothing_finds_nothing(query: str) -> None:
    catalog = Catalog()
    catalog.replace("toy", GUESTS)

    assert catalog.find(query) == []
    assert "영어로" in described(catalog.find(query))


def test_what_is_found_is_shown_with_its_schema_as_far_as_it_fits() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string", "description": "가" * 1000}}}
    tools = [tool(f"send_{n}", "보내기", parameters=schema) for n in range(20)]

    shown = json.loads(described(tools))["tools"]

    assert shown[0] == {"tool": "toy_send_0", "description": "보내기", "parameters": schema}
    assert len(shown) == 5


def test_a_monstrous_schema_does_not_fill_the_context() -> None:
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(5000)}}

    assert len(described([tool("monster", parameters=schema)] * 3)) < 7_000


def test_a_server_only_replaces_its_own_tools() -> None:
    catalog = Catalog()
    catalog.replace("calendar", [tool("create_event", server="calendar", core=True, trusted=True)])
    catalog.replace("toy", [tool("create_event", core=False), tool("create_event_2")])
    catalog.replace("toy", [tool("create_event")])

    assert catalog.get("calendar_create_event").trusted
    assert [one.offered_as for one in catalog.of("toy")] == ["toy_create_event"]
    assert [spec.name for spec in catalog.core()] == ["calendar_create_event"]


def test_a_tool_that_does_not_exist_is_answered_with_those_that_are_near() -> None:
    catalog = Catalog()
    catalog.replace("slack", GUESTS[2:3])

    with pytest.raises(ToolFailed, match="slack_send_message") as unknown:
        catalog.get("slack_send_messages")

    assert unknown.value.code == "not_found"


SEND = {
    "type": "object",
    "properties": {"to": {"type": "string"}, "count": {"type": "integer"}, "kind": {"enum": ["sms", "mms"]}},
    "required": ["to"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, "인자: 꼭 필요한 값이 없습니다(to)"),
        ({"to": 3}, "to: string 값이어야 합니다"),
        ({"to": "a", "kind": "fax"}, "kind: 다음 가운데 하나여야 합니다: sms, mms"),
        ({"to": "a", "who": 1}, "who"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_the_reason(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(ToolFailed) as refused:
        tool("send", parameters=SEND).check(arguments)

    assert reason in str(refused.value)
    assert "고쳐 부르세요" in str(refused.value)
    tool("send", parameters=SEND).check({"to": "a", "count": 1})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": {"to": {"pattern": "("}}},
        {"properties": {"to": {"$ref": "http://127.0.0.1:1/schema.json"}}},
        {"properties": {"to": {"$ref": "#/nowhere"}}},
        {"$defs": {"loop": {"$ref": "#/$defs/loop"}}, "$ref": "#/$defs/loop"},
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"},
        {"$schema": "urn:unknown"},
    ],
    ids=["type", "pattern", "address", "nowhere", "loop", "draft 4", "dialect"],
)
def test_a_broken_schema_is_left_to_its_server(schema: dict[str, Any]) -> None:
    tool("send", parameters=schema).check({"to": "a"})


def test_own_tools_have_flat_schemas_without_what_the_model_does_not_need() -> None:
    specs = own.specs()
    written = json.dumps([spec.parameters for spec in specs])

    assert [spec.name for spec in specs] == ["find_tools", "use_tool", "ask_user", "update_plan", "read_result"]
    assert not [word for word in ("$ref", "$defs", "anyOf", '"title"', '"default"') if word in written]
    assert all(spec.parameters["type"] == "object" and spec.description for spec in specs)
    plan = specs[3].parameters["properties"]["steps"]["items"]["properties"]
    assert plan["status"]["enum"] == ["pending", "in_progress", "done"]


def test_inner_arguments_written_as_a_string_are_understood() -> None:
    parsed = own.parse("use_tool", {"tool": "toy_echo", "arguments": '{"text": "네"}'})

    assert parsed == own.UseTool(tool="toy_echo", arguments={"text": "네"})


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("find_tools", {}, "query: 꼭 필요한 값이 없습니다"),
        ("use_tool", {"tool": "x", "arguments": "{"}, "arguments"),
        ("read_result", {"handle": "h", "offset": -1}, "offset"),
    ],
)
def test_wrong_arguments_of_own_tools_are_refused_with_the_reason(
    name: str, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ToolFailed, match=reason):
        own.parse(name, arguments)


def test_a_tool_that_is_not_our_own_is_none_of_them() -> None:
    assert own.parse("calendar_create_event", {}) is None
