"""Which build of the program this is, so that a face and a process notice that they are of different ones."""

from pathlib import Path

import agent


def build() -> str:
    """Version and time of installation of what lies on the disk now: an installation writes every file anew."""
    try:
        written = Path(agent.__file__).stat().st_mtime_ns
    except OSError:
        return agent.__version__
    return f"{agent.__version__}-{written}"
