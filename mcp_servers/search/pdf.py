"""Reader of PDF files."""

import re
from typing import TYPE_CHECKING

from mcp_servers.search.extract import Extract, Part, Unreadable
from mcp_servers.search.office import BROKEN_FILE, ENCRYPTED

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument


def read_pdf(data: bytes) -> Extract:
    """The text layer, page by page. Not safe in two threads at once: PDFium is not."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(ENCRYPTED if "password" in str(error).lower() else BROKEN_FILE) from error
    parts: list[Part] = []
    try:
        title = document.get_metadata_value("Title")
        for number in range(len(document)):
            parts += _page(document, number)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(BROKEN_FILE) from error
    finally:
        document.close()
    if not parts:
        raise Unreadable("글자가 들어 있지 않은 PDF입니다 (스캔한 그림일 수 있음)")
    return Extract(parts, title)


def _page(document: "PdfDocument", number: int) -> list[Part]:
    page = document[number]
    layer = page.get_textpage()
    text = layer.get_text_bounded().replace("\r\n", "\n").replace("\ufffe", "").replace("\x02", "")
    layer.close()
    page.close()
    place = f"{number + 1}쪽"
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return [Part(block, place, breaks=position == 0) for position, block in enumerate(blocks)]
