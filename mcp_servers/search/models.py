"""What the search tools return."""

from pydantic import BaseModel, Field

from mcp_servers.common.operation import Change


class Failure(BaseModel):
    path: str
    reason: str


class Indexed(Change):
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    failures: list[Failure] = Field(default_factory=list)
    """The first of the failed ones."""


class Hit(BaseModel):
    document_id: str
    title: str
    path: str
    place: str
    score: float
    """Higher is better; comparable only within one query."""
    snippet: str
    offset: int
    """Where the passage begins, for `read_document`."""


class DocumentText(BaseModel):
    document_id: str
    title: str
    path: str
    text: str
    offset: int
    next_offset: int | None = None
    total: int


class Source(BaseModel):
    document_id: str
    title: str
    path: str
    kind: str
    chunks: int
    indexed_at: str
