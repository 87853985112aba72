"""One clause of a request, read once: its words, its times, its people and what came before it."""

import re
from dataclasses import dataclass
from functools import cached_property

from agent.model.offline.people import NUMBER, Mention, Person, companions, mentioned, recipients, sender
from agent.model.offline.phrasing import Quote, masked, plain, quotes, without_tail
from agent.model.offline.plan import Done
from agent.model.offline.spans import VAGUE, TimeSpan, time_spans

PATH = re.compile(
    r"(?<![\w/])(?:~?[\w.-]*/)*[\w.-]+\.(?:py|pyi|js|jsx|ts|tsx|java|kt|go|rs|c|h|cpp|rb|php|sh|sql|html|css|md"
    r"|txt|toml|json"
    r"|jsonl|ya?ml|ini|cfg|csv|log|xml|lock|hwpx?|pdf|docx|xlsx|env)(?![A-Za-z0-9])"
    r"|(?<![\w/])(?:README|LICENSE|Makefile|Dockerfile|CHANGELOG)(?!\w)|리드미"
)
FOLDER = re.compile(
    r"(?<![\w가-힣/.])(?:(?:~|\.{1,2})/[\w가-힣./-]*|/[\w가-힣][\w가-힣./-]*|[A-Za-z_.][\w.-]*/[\w가-힣./-]*"
    r"|[A-Za-z_][\w.-]*(?=\s?(?:폴더|디렉터리|디렉토리)))"
)
_THAT_PERSON = re.compile(r"(?:그\s?(?:사람|분|친구)|걔|본인|이\s?(?:사람|분))(?:한테|에게|께)(?:도|는)?")
IDENTIFIER = re.compile(
    r"(?<![\w/.])(?:[A-Za-z]\w*_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|[A-Za-z_]\w*\(\)|TODO|FIXME|XXX)(?!\w*\.\w)"
)


@dataclass(frozen=True)
class Clause:
    """`text` is what the user wrote; the rest is derived from it."""

    text: str
    before: Done | None = None
    """What the clause before it, or the turn before it, came to."""

    @cached_property
    def core(self) -> str:
        """Without filler and polite ending."""
        return without_tail(plain(self.text))

    @cached_property
    def hidden(self) -> str:
        """The core with quoted words blanked out, so that no order is read out of a quotation."""
        return masked(self.core)

    @cached_property
    def quotes(self) -> list[Quote]:
        return quotes(self.core)

    @cached_property
    def times(self) -> list[TimeSpan]:
        return time_spans(self.hidden)

    @cached_property
    def points(self) -> list[TimeSpan]:
        return [span for span in self.times if span.kind == "point"]

    @cached_property
    def lengths(self) -> list[TimeSpan]:
        return [span for span in self.times if span.kind == "length"]

    @property
    def when(self) -> str:
        """The first time as a search takes it; words for "lately" are left out, the newest come first anyway."""
        spans = [span for span in self.points if span.text not in VAGUE]
        if not spans:
            return ""
        return f"{spans[0].text}부터 {spans[0].until}까지" if spans[0].until else spans[0].text

    @cached_property
    def to(self) -> Mention | None:
        found = recipients(self.hidden)
        that = _THAT_PERSON.search(self.hidden)
        if found is None and that and self.before and self.before.person:
            return Mention(that.start(), that.end(), (Person(self.before.person),))
        return found

    @cached_property
    def companions(self) -> Mention | None:
        return companions(self.hidden)

    @cached_property
    def sender(self) -> Mention | None:
        return sender(self.hidden)

    @cached_property
    def marked(self) -> str:
        """The blanked core with a mark for each kind of thing found in it: what the intent rules match on."""
        found = {
            "to": self.to,
            "from": self.sender,
            "with": self.companions,
            "name": mentioned(self.hidden),
            "time": self.points,
            "clock": any(span.has_clock for span in self.points),
            "length": self.lengths,
            "quote": self.quotes,
            "number": re.search(NUMBER, self.hidden),
            "path": PATH.search(self.hidden),
            "folder": FOLDER.search(self.hidden),
            "identifier": IDENTIFIER.search(self.hidden),
            "before": self.before,
        }
        return self.hidden + "\n" + "".join(f"<{mark}>" for mark, value in found.items() if value)
