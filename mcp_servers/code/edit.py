"""Exact replacement in a text, and refusals that show where the wanted text might be."""

import re
from difflib import get_close_matches, unified_diff
from io import StringIO

from mcp_servers.code.cut import DIFF_BYTES, shorten
from mcp_servers.code.encoding import TextFile
from mcp_servers.code.models import FileChange
from mcp_servers.common.refusal import Refused

_SHOWN_LINES = 8
_SHOWN_PLACES = 10


def replace(file: TextFile, old: str, new: str) -> str:
    """The text with its only occurrence of `old` replaced.

    Raises:
        Refused: `old` is not there, or there more than once.
    """
    wanted, _ = spelled = _spelled(file, old, new)
    places = [found.start() for found in re.finditer(re.escape(wanted), file.text)]
    if len(places) > 1:
        lines = ", ".join(str(file.text.count("\n", 0, place) + 1) for place in places[:_SHOWN_PLACES])
        raise Refused(
            f"old_text가 {len(places)}곳에 있습니다({lines}번 줄). "
            "앞뒤 줄을 더 넣어 한 곳만 가리키거나 replace_all을 켜세요.",
            code="ambiguous",
        )
    return file.text.replace(*spelled)


def replace_everywhere(file: TextFile, old: str, new: str) -> str:
    """The text with every occurrence of `old` replaced.

    Raises:
        Refused: `old` is not there.
    """
    return file.text.replace(*_spelled(file, old, new))


def compared(path: str, before: str | None, after: str) -> FileChange:
    """The difference as a unified diff and in numbers; the summary is the caller's to write."""
    old, new = (list(StringIO(text.replace("\r\n", "\n"))) for text in (before or "", after))
    lines = list(unified_diff(old, new, "/dev/null" if before is None else f"a/{path}", f"b/{path}"))
    whole = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return FileChange(
        summary=path,
        detail=shorten(whole, DIFF_BYTES),
        path=path,
        added=sum(line.startswith("+") for line in lines[2:]),
        removed=sum(line.startswith("-") for line in lines[2:]),
    )


def _spelled(file: TextFile, old: str, new: str) -> tuple[str, str]:
    """Both texts with the line ends the file has at that place."""
    if not old:
        raise Refused("old_text가 비어 있습니다. 새 파일은 write_file로 만드세요.")
    for newline in (file.newline, "\n", "\r\n"):
        wanted = _with_newline(old, newline)
        if wanted in file.text:
            return wanted, _with_newline(new, newline)
    raise Refused(f"old_text를 찾지 못했습니다. {_nearest(file, old)}", code="not_found")


def _with_newline(text: str, newline: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", newline)


def _nearest(file: TextFile, old: str) -> str:
    wanted = [line.strip() for line in old.splitlines()]
    anchor = next((at for at, line in enumerate(wanted) if line), None)
    lines = [line.strip() for line in file.lines]
    near = [] if anchor is None else get_close_matches(wanted[anchor], set(lines), n=1, cutoff=0.5)
    if anchor is None or not near:
        return "비슷한 줄도 없습니다. read_file로 지금 내용을 확인하세요."
    at = lines.index(near[0])
    first = max(0, at - anchor)
    shown = file.lines[first : max(at + 1, first + min(len(wanted), _SHOWN_LINES))]
    same = lines[first : first + len(wanted)] == wanted
    advice = "들여쓰기나 공백만 다릅니다. 아래 줄을 그대로 쓰세요." if same else "가장 비슷한 줄은 아래와 같습니다."
    return f"{advice}\n" + "\n".join(f"{first + n}\t{line}" for n, line in enumerate(shown, 1))
