"""Text that rides along with a request: kept whole, sent to the model cut to size and marked."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from agent.contract import Attachment
from agent.text import clean
from agent.transcript.store import TranscriptStore

_LIMIT = 12_000
"""Characters of all attachments together that the model gets at once."""


class Attached(BaseModel):
    """What goes into the transcript, and what the user should know about it."""

    model_config = ConfigDict(frozen=True)

    text: str = ""
    notices: tuple[str, ...] = ()


async def attach(attachments: Sequence[Attachment], store: TranscriptStore, session: str) -> Attached:
    """Cut what is too long; the rest stays readable under a handle."""
    parts: list[str] = []
    notices: list[str] = []
    for one in attachments:
        text = clean(one.text)
        share = _LIMIT // len(attachments)
        if len(text) <= share:
            parts.append(f"[첨부: {one.source}]\n{text}")
            continue
        handle = await store.put_blob(session, text, outside=True)
        rest = f"[잘림: 전체 {len(text):,}자. read_result(handle={handle!r}, offset={share})]"
        parts.append(f"[첨부: {one.source}]\n{text[:share]}\n{rest}")
        notices.append(
            f"{one.source}이(가) 길어서({len(text):,}자) 앞 {share:,}자만 바로 읽고, 나머지는 필요할 때 이어 읽습니다."
        )
    return Attached(text="\n\n".join(parts), notices=tuple(notices))
