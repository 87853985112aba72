"""Listing, searching, git and commands of the code server."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from mcp_servers.code import server as code_server
from mcp_servers.code.cut import HeadAndTail
from mcp_servers.code.process import plain_environment
from mcp_servers.common.database import Database
from mcp_servers.common.operation import PREVIEW
from mcp_servers.common.settings import load
from mcp_servers.common.workspace import Workspace

ROOT = Path(__file__).parents[2]


class Code:
    """Calls tools and unwraps what comes back."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client = client
        self.root = root

    async def call(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments, meta=meta)
        assert not result.is_error, _text(result)
        return dict(result.structured_content or {})

    async def refused(self, tool: str, **arguments: Any) -> tuple[str, str]:
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error
        return str((result.meta or {})["modu/error"]), _text(result)

    def write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=모두", "-c", "user.email=modu@example.com", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True, capture_output=True)


def _text(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def opened(tmp_path: Path, env: dict[str, str] | None = None) -> AsyncIterator[Code]:
    root = tmp_path / "work"
    root.mkdir(exist_ok=True)
    settings = load({"MODU_HOME": str(tmp_path / "home"), "MODU_WORKSPACE": str(root)})
    database = Database.open(settings, Path(code_server.__file__).parent, head="code0001")
    environment = plain_environment(env or {})
    server = code_server.build(Workspace(settings.workspace, settings.home), database, environment)
    try:
        async with Client(server) as client:
            yield Code(client, settings.workspace)
    finally:
        await database.close()


async def test_files_are_listed_without_hidden_and_vendored_ones(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.write({"a.py": "", "src/나.py": "", ".env": "", "node_modules/x.js": "", "src/.venv/y.py": ""})

        listed = await code.call("list_files")
        inside = await code.call("list_files", path="src", pattern="*.py")
        nothing = await code.call("list_files", pattern="*.rs")

    assert listed == {"items": ["a.py", "src/나.py"], "more": 0, "note": ""}
    assert inside["items"] == ["src/나.py"]
    assert "pattern" in nothing["note"]


async def test_a_repository_lists_what_git_does_not_ignore(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.write({".gitignore": "build/\n", "build/out.py": "", "한글.py": "", "gone.py": ""})
        code.git("init")
        code.git("add", ".")
        (code.root / "gone.py").unlink()

        listed = await code.call("list_files")

    assert listed["items"] == [".gitignore", "한글.py"]


async def test_a_long_list_is_cut_and_says_how_many_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.write({"top.txt": ""} | {f"deep/{n}.txt": "" for n in range(305)})

        listed = await code.call("list_files")

    assert (len(listed["items"]), listed["more"]) == (300, 6)
    assert "top.txt" in listed["items"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/**/*.py", ["src/b.py", "src/deep/c.py"]),
        ("**/c.*", ["src/deep/c.py"]),
        ("*.{md,txt}", ["d.md"]),
        ("[ab].py", ["a.py", "src/b.py"]),
        ("[!a].py", ["src/b.py", "src/deep/c.py"]),
        ("[", []),
    ],
)
async def test_patterns_mean_what_people_expect(tmp_path: Path, pattern: str, found: list[str]) -> None:
    async with opened(tmp_path) as code:
        code.write(dict.fromkeys(("a.py", "src/b.py", "src/deep/c.py", "d.md"), ""))

        listed = await code.call("list_files", pattern=pattern)

    assert listed["items"] == found


async def test_lines_are_found_by_expression_and_by_literal_text(tmp_path: Path) -> None:
    async with opened(tmp_path, {"PATH": "/usr/bin:/bin"}) as code:
        code.write({"a.py": "def f(x):\n    return x\n", "b.txt": "f(x\n"})
        (code.root / "옛날.txt").write_text("재고 부족\n", encoding="cp949")
        (code.root / "image.bin").write_bytes(b"f(x\0")

        expression = await code.call("search_code", pattern=r"def \w+\(")
        literal = await code.call("search_code", pattern="f(x")
        only = await code.call("search_code", pattern="f", glob="*.txt")
        korean = await code.call("search_code", pattern="재고")
        nothing = await code.call("search_code", pattern="없는 말")

    assert expression["items"] == ["a.py:1:def f(x):"]
    assert literal["items"] == ["a.py:1:def f(x):", "b.txt:1:f(x"]
    assert only["items"] == ["b.txt:1:f(x"]
    assert korean["items"] == ["옛날.txt:1:재고 부족"]
    assert (nothing["items"], "낱말" in nothing["note"]) == ([], True)


async def test_many_hits_are_cut_and_it_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.write({"a.txt": "가\n" * 150})

        hits = await code.call("search_code", pattern="가")

    assert len(hits["items"]) == 100
    assert "100줄까지만" in hits["note"]


async def test_a_search_does_not_follow_a_symlink_out(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("비밀\n", encoding="utf-8")
    async with opened(tmp_path) as code:
        (code.root / "link.txt").symlink_to(tmp_path / "secret.txt")

        hits = await code.call("search_code", pattern="비밀")

    assert hits["items"] == []


async def test_ripgrep_is_used_where_it_is_installed(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "rg").write_text("#!/bin/sh\nprintf './src/a.py\\0007:found %s\\n' \"$*\"\n", encoding="utf-8")
    (tools / "rg").chmod(0o755)
    async with opened(tmp_path, {"PATH": f"{tools}:/usr/bin:/bin"}) as code:
        hits = await code.call("search_code", pattern="needle")

    [hit] = hits["items"]
    assert hit.startswith("src/a.py:7:found --no-config --null --line-number")


async def test_git_shows_status_and_differences(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.git("init")
        code.write({"가.txt": "하나\n"})
        code.git("add", ".")
        code.git("commit", "-m", "처음")
        code.write({"가.txt": "둘\n", "새.txt": ""})

        status = await code.call("git_status")
        diff = await code.call("git_diff", path="가.txt")
        staged = await code.call("git_diff", staged=True)

    assert status == {"branch": "main", "changes": [" M 가.txt", "?? 새.txt"], "more": 0}
    assert "-하나\n+둘\n" in diff["diff"]
    assert (staged["diff"], "바뀐 내용이 없습니다" in staged["note"]) == ("", True)


async def test_a_repository_cannot_make_git_run_its_own_programs(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        code.git("init")
        code.write({"a.txt": "하나\n", ".gitattributes": "*.txt diff=evil filter=evil\n"})
        code.git("add", ".")
        code.git("commit", "-m", "처음")
        code.git("config", "filter.evil.required", "true")
        for setting in (
            "core.fsmonitor",
            "diff.external",
            "diff.evil.textconv",
            "diff.evil.command",
            "filter.evil.clean",
        ):
            code.git("config", setting, "touch ran; cat")
        code.write({"a.txt": "둘\n"})

        await code.call("git_status")
        diff = await code.call("git_diff")
        await code.call("list_files")

        assert "+둘" in diff["diff"]
        assert not (code.root / "ran").exists()


async def test_outside_a_repository_git_refuses_politely(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        error, text = await code.refused("git_status")

    assert (error, "list_files" in text) == ("unsupported", True)


async def test_a_command_answers_with_its_output_and_exit_code(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        ran = await code.call("run_command", command="echo 결과; echo 오류 >&2; exit 3")

    assert ran.pop("seconds") >= 0
    assert ran == {
        "summary": "명령 실행(격리 없음): echo 결과; echo 오류 >&2; exit 3",
        "detail": "",
        "exit_code": 3,
        "output": "결과\n오류\n",
        "timed_out": False,
    }


async def test_a_command_sees_no_secret_and_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODU_API_KEY", "비밀")
    monkeypatch.setenv("GITHUB_TOKEN", "비밀")
    async with opened(tmp_path, {"AWS_SECRET_ACCESS_KEY": "비밀", "LANG": "ko_KR.UTF-8"}) as code:
        ran = await code.call("run_command", command="env; cat")

    names = {line.partition("=")[0] for line in ran["output"].splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "LANG", "TERM", "MODU_COMMAND_OF"}
    assert "TERM=dumb" in ran["output"]


async def test_a_timeout_ends_the_whole_process_group(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        ran = await code.call("run_command", command="sleep 300 & echo $!; trap '' TERM; sleep 300", timeout=1)

    assert (ran["timed_out"], ran["exit_code"]) == (True, None)
    assert _is_gone(int(ran["output"].split()[0]))


async def test_a_command_left_in_the_background_ends_with_its_command(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        ran = await code.call("run_command", command="sleep 300 & echo $!")

    assert ran["exit_code"] == 0
    assert _is_gone(int(ran["output"]))


async def test_cancelling_the_call_ends_the_command_and_its_outcome_stays_unknown(tmp_path: Path) -> None:
    running = asyncio.Event()

    async def seen(_progress: float, _total: float | None, message: str | None) -> None:
        (tmp_path / "pid").write_text(message or "", encoding="utf-8")
        running.set()

    async with opened(tmp_path) as code:
        call = asyncio.create_task(
            code.client.call_tool(
                "run_command",
                {"command": "echo $$; sleep 300"},
                meta={"modu/idempotencyKey": "k1"},
                progress_callback=seen,
            )
        )
        await running.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
        while not _is_gone(pid):
            await asyncio.sleep(0)
        outcome = await code.call("operation_outcome", key="k1")

    assert outcome["state"] == "started"


async def test_a_preview_of_a_command_runs_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        seen = await code.call("run_command", {PREVIEW: True}, command="touch ran\ntouch too")

        assert not (code.root / "ran").exists()
    assert seen["summary"] == "명령 실행(격리 없음): touch ran touch too"
    assert (seen["detail"], seen["exit_code"]) == ("touch ran\ntouch too", None)


async def test_long_output_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        ran = await code.call("run_command", command="echo 처음; yes 가나다라 | head -c 3000000; echo; echo 끝")

    assert len(ran["output"].encode()) < 25 * 1024
    assert ran["output"].startswith("처음\n")
    assert ran["output"].endswith("끝\n")
    assert "바이트 생략" in ran["output"]
    assert "\ufffd" not in ran["output"]


def test_cut_output_says_exactly_how_much_is_missing() -> None:
    output = HeadAndTail(limit=8)
    for piece in (b"ab", b"cdef", b"ghij", b"kl"):
        output.feed(piece)

    assert output.text == "abcd\n… (4바이트 생략) …\nijkl"
    assert output.last_line.endswith("ijkl")


async def test_the_server_runs_alone_over_standard_input_and_output(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("안녕\n", encoding="utf-8")
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "mcp_servers.code"],
        cwd=ROOT,
        env={"MODU_HOME": str(tmp_path / "home"), "MODU_WORKSPACE": str(tmp_path), "PATH": os.environ["PATH"]},
    )
    async with Client(parameters) as client:
        read = await client.call_tool("read_file", {"path": "a.txt"})
        wrote = await client.call_tool(
            "write_file", {"path": "b.txt", "content": "글\n"}, meta={"modu/idempotencyKey": "k"}
        )

    assert (read.structured_content or {})["text"] == "1\t안녕\n"
    assert not wrote.is_error
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "글\n"


async def test_core_tools_are_marked_and_cost_little(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        tools = (await code.client.list_tools()).tools

    core = {tool.name for tool in tools if (tool.meta or {}).get("modu/core")}
    assert core == {"read_file", "list_files", "search_code", "edit_file", "write_file", "run_command", "git_status"}
    assert "격리 없이" in next(str(tool.description) for tool in tools if tool.name == "run_command")
    assert all(len(str(tool.description)) <= 30 for tool in tools)


def _is_gone(pid: int) -> bool:
    """No such process, or one that only waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
