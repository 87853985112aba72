"""Which reader reads which file."""

from pathlib import Path

from mcp_servers.search import html, office, pdf, plain
from mcp_servers.search.extract import Extract, Unreadable

KINDS = {
    ".txt": "txt",
    ".text": "txt",
    ".log": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".hwpx": "hwpx",
    ".hwp": "hwp",
}


def kind_of(path: Path) -> str | None:
    """What the file is by its name, or None where no reader exists."""
    return KINDS.get(path.suffix.lower())


def read(path: Path, kind: str, data: bytes) -> Extract:
    """The text of a file whose bytes are already here.

    Raises:
        Unreadable: encrypted, broken, or without any text.
    """
    match kind:
        case "md":
            extract = plain.read_markdown(data)
        case "html":
            extract = html.read_html(data)
        case "pdf":
            extract = pdf.read_pdf(data)
        case "docx":
            extract = office.read_docx(data)
        case "hwpx" | "hwp":
            extract = office.read_hwp(path, data)
        case _:
            extract = plain.read_text(data)
    if not extract:
        raise Unreadable("글자가 없는 빈 파일입니다")
    return extract
