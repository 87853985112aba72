"""Brings the index up to date with files and folders: reading in a worker thread, one short transaction per file."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mcp_servers.common.database import Database
from mcp_servers.common.text import nfc
from mcp_servers.search import store
from mcp_servers.search.chunks import cut, whole
from mcp_servers.search.extract import Unreadable
from mcp_servers.search.models import Failure, Indexed
from mcp_servers.search.morphemes import Morphemes, bigrams
from mcp_servers.search.readers import read
from mcp_servers.search.walk import Candidate, Walk, walk

Progress = Callable[[float, float, str], Awaitable[None]]
_LISTED = 50
_TITLE_CHARACTERS = 200


@dataclass
class _Tally:
    """What happened to which path."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def result(self) -> Indexed:
        counts = {"새로": self.added, "바뀜": self.updated, "그대로": self.unchanged, "삭제": self.removed}
        told = [f"{label} {len(paths)}개" for label, paths in counts.items() if paths]
        if self.failures:
            told.append(f"실패 {len(self.failures)}개")
        lines = [f"{label}: {path}" for label, paths in counts.items() if label != "그대로" for path in paths]
        lines += [f"실패: {failure.path} ({failure.reason})" for failure in self.failures]
        more = [f"외 {len(lines) - _LISTED}개"] if len(lines) > _LISTED else []
        return Indexed(
            summary=f"문서 색인: {' · '.join(told) or '대상 없음'}",
            detail="\n".join(lines[:_LISTED] + more),
            added=len(self.added),
            updated=len(self.updated),
            unchanged=len(self.unchanged),
            removed=len(self.removed),
            failed=len(self.failures),
            failures=self.failures[:_LISTED],
        )


class Indexer:
    def __init__(self, database: Database, morphemes: Morphemes) -> None:
        self._database = database
        self._morphemes = morphemes
        self._one_at_a_time = asyncio.Lock()

    async def foresee(self, paths: list[Path]) -> Indexed:
        """What `index` would do, as far as it shows without reading the files' text."""
        found, known = await asyncio.to_thread(walk, paths), await self._known()
        tally = _Tally(failures=list(found.failures), removed=_vanished(found, known))
        for key, candidate in found.candidates.items():
            digest = await asyncio.to_thread(_digest, candidate.path)
            _list_for(tally, known.get(key), digest or "").append(key)
        return tally.result()

    async def index(self, paths: list[Path], now: datetime, progress: Progress) -> Indexed:
        """Read new and changed files, forget vanished ones. Doing it again changes nothing."""
        async with self._one_at_a_time:
            found, known = await asyncio.to_thread(walk, paths), await self._known()
            tally = _Tally(failures=list(found.failures), removed=_vanished(found, known))
            for key in tally.removed:
                await self._forget(key)
            total = len(found.candidates)
            for done, (key, candidate) in enumerate(found.candidates.items(), 1):
                await self._update(candidate, known.get(key), now, tally)
                await progress(done, total, f"{candidate.path.name} ({done}/{total})")
            return tally.result()

    async def _update(self, candidate: Candidate, known_hash: str | None, now: datetime, tally: _Tally) -> None:
        key = candidate.key
        try:
            document = await asyncio.to_thread(self._read, candidate, known_hash)
        except Unreadable as error:
            tally.failures.append(Failure(path=key, reason=str(error)))
            if known_hash is not None:
                # What the index held is no longer what the file says.
                await self._forget(key)
                tally.removed.append(key)
            return
        _list_for(tally, known_hash, document.content_hash if document else known_hash or "").append(key)
        if document:
            async with self._database.begin() as connection:
                await store.put(connection, document, now)

    def _read(self, candidate: Candidate, known_hash: str | None) -> store.ReadDocument | None:
        """The document in the file, or None where its bytes are known; runs in a worker thread."""
        try:
            data = candidate.path.read_bytes()
        except OSError as error:
            raise Unreadable("파일을 열 수 없습니다 (권한을 확인하세요)") from error
        digest = hashlib.sha256(data).hexdigest()
        if digest == known_hash:
            return None
        extract = read(candidate.path, candidate.kind, data)
        passages = cut(extract)
        stem = nfc(candidate.path.stem)
        title = " ".join(nfc(extract.title).split())[:_TITLE_CHARACTERS] or stem
        return store.ReadDocument(
            path=str(candidate.path),
            path_key=candidate.key,
            title=title,
            kind=candidate.kind,
            content_hash=digest,
            text=whole(passages),
            # The name of a document is searched through its first passage.
            passages=[
                self._terms(p.place, p.offset, p.text, f"{title}\n{stem}\n" if number == 0 else "")
                for number, p in enumerate(passages)
            ],
        )

    def _terms(self, place: str, offset: int, text: str, name: str) -> store.PassageTerms:
        named = name + text
        morphemes = " ".join(self._morphemes.terms(named))
        return store.PassageTerms(place, offset, text, morphemes, " ".join(bigrams(named)))

    async def _known(self) -> dict[str, str]:
        async with self._database.begin() as connection:
            return await store.hashes(connection)

    async def _forget(self, key: str) -> None:
        async with self._database.begin() as connection:
            await store.remove(connection, key)


def _vanished(found: Walk, known: dict[str, str]) -> list[str]:
    """Known documents under the named paths that are there no more, or are no longer readable documents."""
    gone = (key for key in known if key not in found.candidates)
    return sorted(key for key in gone if _below(key, found.named) and not _below(key, found.unopened))


def _below(key: str, folders: list[str]) -> bool:
    return any(Path(key).is_relative_to(folder) for folder in folders)


def _list_for(tally: _Tally, known_hash: str | None, digest: str) -> list[str]:
    if known_hash is None:
        return tally.added
    return tally.unchanged if digest == known_hash else tally.updated


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
