"""Where one program is run: a home of its own, a folder to work in, the model server, and what each run cost."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from tests.bench.peers.dialects import Answer, Call, Json
from tests.bench.peers.programs import NOTES
from tests.bench.peers.prompt import tool_names
from tests.bench.peers.server import InstantModel, Post

LAUNCH = Path(__file__).with_name("launch.py")
GRACE = 30.0
NOWHERE = "http://127.0.0.1:9"
"""A proxy that refuses: nothing that a program looks for outside is fetched, or waited for."""


@dataclass(frozen=True)
class Run:
    """One process from its start to its end."""

    began: float
    wall: float
    cpu: float
    """Seconds of the program and of every process that it, or the launcher in its place, waited for."""
    mib: float
    """Peak memory of the largest of them."""
    status: int | None
    """None if it was ended at the limit."""
    killed: int
    """Processes that it left running."""
    output: str = ""
    posts: list[Post] = field(default_factory=list)

    @property
    def first(self) -> float:
        """Seconds from its start to its first request for the model."""
        return min(post.arrived for post in self.posts) - self.began

    @property
    def main(self) -> Post:
        """The request of the agent itself, beside those for a title or for a memory."""
        return max(self.posts, key=lambda post: (len(tool_names(post.body)), len(post.raw)))

    @property
    def failure(self) -> str:
        """Why it is no use, empty if it is."""
        if not self.posts:
            return f"asked no model, {self.outcome}"
        return "" if self.status == 0 else self.outcome

    @property
    def outcome(self) -> str:
        """How it ended, and the line of its output that says most about it."""
        said = [plain for line in self.output.splitlines() if (plain := re.sub(r"\x1b\[[\d;]*m", "", line).strip())]
        errors = [line for line in said if re.search("error|오류", line, re.IGNORECASE)] or said[-1:] or ["no word"]
        ended = f"did not end within {self.wall:.0f} s" if self.status is None else f"ended with {self.status}"
        return f"{ended}: {re.sub(r'https?://[^ ,)]+', '(address)', errors[0])[:140]}"


@dataclass(frozen=True)
class Seat:
    model: InstantModel
    home: Path
    program: Path
    path: str
    limit: float
    environment: Mapping[str, str] = field(default_factory=dict)
    keep: bool = False
    """Whether processes that it leaves behind go on."""

    @property
    def work(self) -> Path:
        return self.home / "work"

    def prepare(self, settings: Mapping[str, str]) -> None:
        """An empty home with these files."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.work.mkdir(parents=True)
        (self.work / NOTES).write_text("The meeting is at three.\n", encoding="utf-8")
        for name, text in settings.items():
            file = self.home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.fill(text), encoding="utf-8")

    def fill(self, template: str, **more: str) -> str:
        places = {"URL": self.model.origin, "HOME": str(self.home), "WORK": str(self.work)}
        return Template(template).safe_substitute(places, PROGRAM=str(self.program), **more)

    def run(self, command: str, **more: str) -> Run:
        """One process, run to its end; the requests it made are those that came meanwhile."""
        argv = [self.fill(word, **more) for word in shlex.split(command)]
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(self.limit), "keep" if self.keep else "end", *argv]
        self.model.posts.clear()
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(launch, env=self._environment(), cwd=self.work, stdout=subprocess.PIPE, stderr=output,
                                  stdin=subprocess.DEVNULL, check=True, timeout=self.limit + GRACE)  # fmt: skip
            output.seek(0)
            said = output.read().decode(errors="replace")
        cost: dict[str, Any] = json.loads(done.stdout)
        return Run(**cost, output=said, posts=list(self.model.posts))

    def answers(self, answer: Answer, tool: Call | None = None) -> None:
        """From here on the model first calls the tool, once, and then gives the answer."""
        self.model.answer = scripted(self._filled(answer), self._filled(tool) if tool else None)

    def _filled(self, answer: Answer) -> Answer:
        if isinstance(answer, str):
            return answer
        return Call(answer.tool, json.loads(self.fill(json.dumps(answer.arguments))))

    def _environment(self) -> dict[str, str]:
        """Nothing of ours: no keys, no settings."""
        home = self.home
        own = {name: self.fill(value) for name, value in self.environment.items()}
        return {
            "PATH": self.path,
            "HOME": str(home),
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_DATA_HOME": f"{home}/.local/share",
            "XDG_STATE_HOME": f"{home}/.local/state",
            "XDG_CACHE_HOME": f"{home}/.cache",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "DO_NOT_TRACK": "1",
            "HTTP_PROXY": NOWHERE,
            "HTTPS_PROXY": NOWHERE,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            **own,
        }


def scripted(answer: Answer, tool: Answer | None) -> Callable[[Json], Answer]:
    """Calls only what a request offers; the tool in the first request that does."""
    left = [tool] if isinstance(tool, Call) else []

    def reply(body: Json) -> Answer:
        offered = tool_names(body)
        if left and left[0].tool in offered:
            return left.pop()
        return answer if isinstance(answer, str) or answer.tool in offered else "네."

    return reply
