"""Tokens of a text: those of o200k_base where its vocabulary can be had from a package, else an estimate."""

import json
import subprocess
from pathlib import Path

from agent.transcript.compaction import tokens as estimated
from tests.bench.peers.install import NotInstalled, install
from tests.bench.peers.sources import VOCABULARY

COUNT = """
import json, sys, bpe_openai
encoding = bpe_openai.get_encoding("o200k_base")
print(json.dumps([len(encoding.encode_ordinary(text)) for text in json.load(sys.stdin)]))
"""


def counted(texts: list[str], home: Path) -> tuple[list[int], bool]:
    """The tokens of each text, and whether they are counted rather than estimated."""
    try:
        python = install("tokens", VOCABULARY, home).program
        done = subprocess.run(
            [python, "-c", COUNT], input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=60
        )
    except (NotInstalled, subprocess.SubprocessError):
        return [estimated(text) for text in texts], False
    return json.loads(done.stdout), True
