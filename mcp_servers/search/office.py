"""Readers of word processor files: DOCX, HWPX and HWP."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mcp_servers.search.extract import Extract, Part, Places, Unreadable

if TYPE_CHECKING:
    from docx.table import Table

_OLE = b"\xd0\xcf\x11\xe0"
_UNPACKED_BYTES = 300 * 1024 * 1024
_BROKEN = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    AttributeError,
    TypeError,
    SyntaxError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What the parsers let out on a damaged file; XML errors of both parsers are SyntaxErrors."""

BROKEN_FILE = "파일이 깨져 있어 읽을 수 없습니다"
ENCRYPTED = "암호가 걸려 있어 읽을 수 없습니다. 암호를 푼 파일로 다시 저장하세요"


def read_docx(data: bytes) -> Extract:
    import docx
    from docx.opc.exceptions import OpcError
    from docx.text.paragraph import Paragraph

    if data.startswith(_OLE):
        raise Unreadable(ENCRYPTED)
    _check_zip(data)
    try:
        document = docx.Document(io.BytesIO(data))
        places = Places()
        parts: list[Part] = []
        for block in document.iter_inner_content():
            if not isinstance(block, Paragraph):
                parts += [places.paragraph(row) for row in _rows(block)]
            elif text := block.text.strip():
                is_heading = (block.style.name or "").startswith(("Heading", "Title", "제목"))
                parts.append(places.heading(text) if is_heading else places.paragraph(text))
        return Extract(parts, document.core_properties.title or "")
    except (*_BROKEN, OpcError) as error:
        raise Unreadable(BROKEN_FILE) from error


def read_hwp(path: Path, data: bytes) -> Extract:
    """Both formats of Hancom: `.hwpx` (ZIP) and `.hwp` (OLE); syhwp looks at the first bytes, not at the name."""
    import syhwp
    from syhwp.exceptions import SyhwpError

    if not data.startswith(_OLE):
        _check_zip(data)
        _refuse_encrypted_hwpx(data)
    try:
        document = syhwp.open(path)
    except syhwp.EncryptedDocumentError as error:
        raise Unreadable(ENCRYPTED) from error
    except (*_BROKEN, SyhwpError) as error:
        raise Unreadable(BROKEN_FILE) from error
    places = Places()
    parts: list[Part] = []
    for block in document.blocks:
        if isinstance(block, syhwp.Table):
            parts += [places.paragraph(" | ".join(filter(None, row))) for row in block.grid() if any(row)]
        elif not isinstance(block, syhwp.Image) and block.text.strip():
            parts.append(places.paragraph(block.text))
    return Extract(parts)


def _check_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except _BROKEN as error:
        raise Unreadable(BROKEN_FILE) from error
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable(ENCRYPTED)
    if sum(member.file_size for member in members) > _UNPACKED_BYTES:
        raise Unreadable("압축을 풀면 너무 큰 파일입니다")


def _refuse_encrypted_hwpx(data: bytes) -> None:
    # syhwp returns an empty document for these instead of an error.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        try:
            manifest = archive.read("META-INF/manifest.xml")
        except KeyError:
            return
        except _BROKEN as error:
            raise Unreadable(BROKEN_FILE) from error
    if b"encryption-data" in manifest:
        raise Unreadable(ENCRYPTED)


def _rows(table: "Table") -> Iterator[str]:
    for row in table.rows:
        cells = dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells)
        if text := " | ".join(filter(None, cells)):
            yield text
