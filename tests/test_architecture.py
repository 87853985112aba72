"""Rules that cannot rot: size, cycles, one-way arrows, what an import loads. There is no exception list."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for folder in ("agent", "mcp_servers", "tui") for p in (ROOT / folder).rglob("*.py"))
MAX_LINES, MAX_FUNCTION = 300, 50


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    longest = max(((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions), default=0)

    assert source.count("\n") <= MAX_LINES
    assert longest <= MAX_FUNCTION


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    if "versions" not in path.parts:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_module_imports_itself_through_others() -> None:
    graph = {_module(path): _imports(path) for path in SOURCES}

    assert _cycle({module: wanted & graph.keys() for module, wanted in graph.items()}) is None


def test_arrows_go_one_way() -> None:
    """The contracts in pyproject.toml, checked by import-linter."""
    lint = Path(sys.executable).with_name("lint-imports")

    checked = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("agent.__main__", {"langgraph", "mcp", "textual", "sqlalchemy", "openai", "pydantic", "asyncio"}),
        ("agent.events", {"langgraph", "mcp", "textual", "sqlalchemy", "openai"}),
        ("agent.contract", {"langgraph", "mcp", "textual", "sqlalchemy", "openai"}),
        ("agent.cli.request", {"pydantic", "asyncio", "logging", "argparse", "subprocess", "ssl", "textual"}),
        ("agent.wire.launching", {"pydantic", "asyncio", "logging"}),
        ("agent.remote.assistant", {"langgraph", "mcp", "textual", "sqlalchemy", "openai", "httpx", "httpx2"}),
        ("agent.daemon.supervisor", {"pydantic", "asyncio", "logging", "sqlalchemy"}),
        ("agent.host.host", {"langgraph", "mcp", "openai", "httpx", "httpx2", "textual", "mcp_servers", "alembic"}),
        ("agent.session.assistant", {"langgraph", "mcp", "openai", "textual", "mcp_servers"}),
        ("agent.tools.hub", {"mcp", "mcp_types", "httpx2", "jsonschema"}),
        ("agent.model.choice", {"langgraph", "mcp", "textual", "sqlalchemy", "openai", "httpx", "mecab_ko"}),
        ("tui.app", {"langgraph", "mcp", "sqlalchemy", "openai"}),
        ("mcp_servers.calendar.server", {"langgraph", "textual", "openai", "agent", "holidays", "alembic"}),
        ("mcp_servers.phone.server", {"langgraph", "textual", "openai", "agent", "alembic"}),
        ("mcp_servers.search.server", {"langgraph", "textual", "openai", "agent", "pypdfium2", "docx", "alembic"}),
        ("mcp_servers.code.server", {"langgraph", "textual", "openai", "agent", "alembic"}),
    ],
)
def test_importing_a_module_does_not_pull_in_another_layer(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({unwanted!r} & sys.modules.keys()))"

    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not found.stdout.split()


def test_the_version_loads_nothing_heavy() -> None:
    heavy = {"langgraph", "mcp", "textual", "sqlalchemy", "openai", "pydantic", "argparse"}
    called = "import sys; from agent.__main__ import main; main(['--version'])"
    code = f"{called}; print(*sorted({heavy!r} & sys.modules.keys()))"

    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert found.stdout.split()[2:] == []


def test_the_lock_file_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert "--hash=sha256:" in lock


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found - {_module(path)}


def _cycle(graph: dict[str, set[str]]) -> list[str] | None:
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str] | None:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return None
        for wanted in sorted(graph.get(module, ())):
            if found := visit(wanted, [*trail, module]):
                return found
        done.add(module)
        return None

    return next((found for module in graph if (found := visit(module, []))), None)
