"""What a synchronisation did, in Korean."""

from dataclasses import dataclass, field

from mcp_servers.calendar.ical.block import outline
from mcp_servers.calendar.sync.plan import Note
from mcp_servers.common.text import one_line

_MOST_LINES = 20
_LONGEST_TITLE = 80


@dataclass
class Report:
    """Of one account; grows while it is synchronised."""

    account: str
    taken: int = 0
    """Changes that came from the server."""
    sent: int = 0
    deleted: int = 0
    """Deletions that were sent."""
    notes: list[str] = field(default_factory=list)
    """What a person must hear: conflicts, things that came back, calendars that left."""
    faults: list[str] = field(default_factory=list)
    """What did not work. Changes made here stay queued."""

    def skip(self, text: str) -> None:
        """Note once that something on the server is left there alone."""
        if text not in self.notes:
            self.notes.append(text)

    def note(self, note: Note, text: str) -> None:
        """Count a merge; `text` is the version that it is about."""
        match note:
            case Note.TAKEN:
                self.taken += 1
            case Note.CONFLICT:
                self.notes.append(
                    f"충돌: {title(text)} — 양쪽에서 바뀌어 내 것을 '(내 변경, 충돌)' 사본으로 남겼습니다."
                )
            case Note.UNDELETED:
                self.notes.append(f"되살림: {title(text)} — 여기서 지웠지만 서버에서 바뀌어 남겼습니다.")
            case Note.RESENT:
                self.notes.append(f"되살림: {title(text)} — 서버에서 지웠지만 여기서 바뀌어 다시 보냈습니다.")

    @property
    def failed(self) -> bool:
        """Nothing worked."""
        return bool(self.faults) and not (self.taken or self.sent or self.deleted or self.notes)

    @property
    def summary(self) -> str:
        """One line."""
        counts = (("받음", self.taken), ("보냄", self.sent), ("지움", self.deleted), ("알림", len(self.notes)))
        said = " · ".join(f"{name} {count}" for name, count in counts if count) or "바뀐 것 없음"
        return f"{self.account}: {said}{' · 일부 실패' if self.faults else ''}"

    @property
    def detail(self) -> str:
        """Everything that a line is not enough for."""
        lines = [*self.notes, *self.faults]
        more = [f"… 외 {len(lines) - _MOST_LINES}건"] if len(lines) > _MOST_LINES else []
        return "\n".join([*lines[:_MOST_LINES], *more])


def title(text: str) -> str:
    """The first SUMMARY of an item's text, on one line."""
    parts = (part for block in outline(text).blocks for part in block.blocks("VEVENT", "VTODO"))
    titles = (one_line(part.text("SUMMARY")) for part in parts)
    return next(filter(None, titles), "(제목 없음)")[:_LONGEST_TITLE]
