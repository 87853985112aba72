"""Searches files for a regular expression in a process of its own: a runaway expression can be killed.

`python -m mcp_servers.code.scan PATTERN LIMIT`, file names on standard input, each ended by NUL; prints
`file NUL line:text`. Standard library only.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mcp_servers.code.encoding import decode

_MAX_BYTES = 2 * 1024 * 1024


def hits(pattern: re.Pattern[str], names: list[str]) -> Iterator[str]:
    """Every matching line of the files that are text and not huge; symlinks are not followed."""
    for name in names:
        path = Path(name)
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            continue
        file = _read(path)
        for number, line in enumerate(file, 1):
            if pattern.search(line):
                yield f"{name}\0{number}:{line}\n"


def _read(path: Path) -> list[str]:
    try:
        file = decode(path.read_bytes())
    except OSError:
        return []
    return file.lines if file else []


def main(pattern: str, limit: str) -> None:
    names = [name for name in os.fsdecode(sys.stdin.buffer.read()).split("\0") if name]
    for _, hit in zip(range(int(limit)), hits(re.compile(pattern), names), strict=False):
        sys.stdout.buffer.write(os.fsencode(hit))


if __name__ == "__main__":
    main(*sys.argv[1:])
