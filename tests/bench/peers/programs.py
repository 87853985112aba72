"""The peers: how each is asked without a screen.

Command lines, settings and arguments are templates: $PROGRAM, $URL (of the model server), $HOME, $WORK (the folder it
works in), $PROMPT and, in a later turn, $SESSION.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.bench.peers.dialects import Answer, Call

NOTES = "notes.txt"
"""A file in the folder the peers work in; their tool calls read it."""


@dataclass(frozen=True)
class Peer:
    name: str
    ask: str
    """A fresh session with one prompt."""
    again: str
    """The next turn of the latest session, in a new process."""
    begin: str = ""
    """The first turn of a session that goes on, where that is not `ask`."""
    session: str = ""
    """A pattern that finds $SESSION in what the first turn printed, where `again` needs it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Files in its home."""
    environment: Mapping[str, str] = field(default_factory=dict)
    tool: Call | None = None
    """What the model calls once in each turn of a session; must need no approval."""
    answer: Answer = "네."
    """What ends a turn."""


CODEX = Peer(
    "codex",
    ask="$PROGRAM exec --skip-git-repo-check $PROMPT",
    again="$PROGRAM exec --skip-git-repo-check resume --last $PROMPT",
    settings={
        ".codex/config.toml": """
model = "scripted"
model_provider = "bench"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.bench]
name = "bench"
base_url = "$URL/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
"""
    },
    environment={"OPENAI_API_KEY": "none"},
    tool=Call("exec_command", {"cmd": f"cat {NOTES}"}),
)

CLAUDE = Peer(
    "claude",
    ask="$PROGRAM -p $PROMPT",
    again="$PROGRAM -p --continue $PROMPT",
    environment={
        "ANTHROPIC_BASE_URL": "$URL",
        "ANTHROPIC_API_KEY": "none",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    },
    tool=Call("Read", {"file_path": f"$WORK/{NOTES}"}),
)

OPENCODE = Peer(
    "opencode",
    ask="$PROGRAM run $PROMPT",
    again="$PROGRAM run --continue $PROMPT",
    settings={
        ".config/opencode/opencode.json": json.dumps(
            {
                "autoupdate": False,
                "share": "disabled",
                "model": "bench/scripted",
                "small_model": "bench/scripted",
                "provider": {
                    "bench": {
                        "npm": "@ai-sdk/openai-compatible",
                        "options": {"baseURL": "$URL/v1", "apiKey": "none"},
                        "models": {"scripted": {"limit": {"context": 128_000, "output": 8_000}}},
                    }
                },
            }
        )
    },
    environment={
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    },
    tool=Call("read", {"filePath": f"$WORK/{NOTES}"}),
)

QWEN_CODE = Peer(
    "qwen-code",
    ask="$PROGRAM --auth-type openai -p $PROMPT",
    again="$PROGRAM --auth-type openai --continue -p $PROMPT",
    settings={
        ".qwen/settings.json": json.dumps(
            {
                "privacy": {"usageStatisticsEnabled": False},
                "telemetry": {"enabled": False},
                "general": {"enableAutoUpdate": False},
            }
        )
    },
    environment={"OPENAI_BASE_URL": "$URL/v1", "OPENAI_API_KEY": "none", "OPENAI_MODEL": "scripted"},
    tool=Call("read_file", {"file_path": f"$WORK/{NOTES}"}),
)

KIMI_CLI = Peer(
    "kimi-cli",
    ask="$PROGRAM --print -p $PROMPT",
    again="$PROGRAM --print --continue -p $PROMPT",
    settings={
        ".kimi/config.toml": """
default_model = "scripted"
telemetry = false
[providers.bench]
type = "openai_legacy"
base_url = "$URL/v1"
api_key = "none"
[models.scripted]
provider = "bench"
model = "scripted"
max_context_size = 128000
"""
    },
    environment={"KIMI_CLI_NO_AUTO_UPDATE": "1"},
    tool=Call("ReadFile", {"path": f"$WORK/{NOTES}"}),
)

MISTRAL_VIBE = Peer(
    "mistral-vibe",
    ask="$PROGRAM --auto-approve -p $PROMPT",
    again="$PROGRAM --auto-approve --continue -p $PROMPT",
    settings={
        ".vibe/config.toml": """
active_model = "scripted"
enable_update_checks = false
enable_telemetry = false
[[providers]]
name = "bench"
api_base = "$URL/v1"
api_key_env_var = "BENCH_KEY"
[[models]]
name = "scripted"
provider = "bench"
alias = "scripted"
"""
    },
    environment={"BENCH_KEY": "none"},
    tool=Call("read_file", {"path": f"$WORK/{NOTES}"}),
)

DEEPAGENTS_CODE = Peer(
    "deepagents-code",
    ask="$PROGRAM -M openai:scripted -n $PROMPT",
    again="$PROGRAM -M openai:scripted -r $SESSION -n $PROMPT",
    session=r"Thread:\s+([0-9a-f-]+)",
    settings={".deepagents/config.toml": '[warnings]\nsuppress = ["ripgrep", "tavily"]\n'},
    environment={
        "OPENAI_BASE_URL": "$URL/v1",
        "OPENAI_API_KEY": "none",
        "DEEPAGENTS_CODE_OFFLINE": "1",
        "DEEPAGENTS_CODE_AUTO_UPDATE": "0",
        "LANGSMITH_TRACING": "false",
    },
    tool=Call("read_file", {"file_path": f"$WORK/{NOTES}"}),
)

GPTME = Peer(
    "gptme",
    ask="$PROGRAM -n -m local/scripted $PROMPT",
    again="$PROGRAM -n -m local/scripted -r $PROMPT",
    environment={"OPENAI_BASE_URL": "$URL/v1", "OPENAI_API_KEY": "none"},
    tool=Call("shell", {"command": f"cat {NOTES}"}),
    answer=Call("complete", {}),
)

AIDER_ASK = "$PROGRAM --model openai/scripted --no-git --no-check-update --no-show-model-warnings --yes-always"
AIDER = Peer(
    "aider",
    ask=f"{AIDER_ASK} --message $PROMPT",
    begin=f"{AIDER_ASK} --chat-history-file $HOME/session.md --message $PROMPT",
    again=f"{AIDER_ASK} --chat-history-file $HOME/session.md --restore-chat-history --message $PROMPT",
    environment={
        "OPENAI_API_BASE": "$URL/v1",
        "OPENAI_API_KEY": "none",
        "AIDER_ANALYTICS_DISABLE": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    },
)

PEERS = (CODEX, CLAUDE, OPENCODE, QWEN_CODE, KIMI_CLI, MISTRAL_VIBE, DEEPAGENTS_CODE, GPTME)
HEAVY = (AIDER,)
"""Measured only when asked for, last."""
