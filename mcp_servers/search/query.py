"""From the user's words to an FTS5 query, and back to what of a passage answers them."""

from mcp_servers.search.morphemes import Morphemes, bigrams, searchable

LONGEST_QUERY = 1000
_TERMS = 64
_SNIPPET = 400


def match_expression(morphemes: Morphemes, query: str) -> str:
    """An OR of quoted terms over both columns; empty when the query has no word."""
    columns = {"morphemes": morphemes.terms(query), "bigrams": bigrams(query)}
    return " OR ".join(f"{column} : ({_any(terms)})" for column, terms in columns.items() if terms)


def snippet(text: str, terms: list[str]) -> str:
    """The stretch of the passage, at most 400 characters, that holds the most of the terms."""
    if len(text) <= _SNIPPET:
        return text
    width = _SNIPPET - 2
    folded = searchable(text)
    # Where the compared form has another length, places in it mean nothing for the text.
    folded = folded if len(folded) == len(text) else text.lower() if len(text.lower()) == len(text) else text
    hits = sorted({(at, term) for term in set(terms) for at in _places(folded, term)})
    starts = [0, *(max(0, at - 60) for at, _ in hits)]
    best = max(starts, key=lambda start: (_weight(hits, start, start + width), -start))
    best = min(best, len(text) - width)
    shown = text[best : best + width]
    return f"{'…' if best else ''}{shown}{'…' if best + width < len(text) else ''}"


def _any(terms: list[str]) -> str:
    quoted = (term.replace('"', '""') for term in list(dict.fromkeys(terms))[:_TERMS])
    return " OR ".join(f'"{term}"' for term in quoted)


def _places(text: str, term: str) -> list[int]:
    places, at = list[int](), text.find(term)
    while at >= 0 and len(places) < 20:
        places.append(at)
        at = text.find(term, at + len(term))
    return places


def _weight(hits: list[tuple[int, str]], start: int, end: int) -> int:
    return sum(len(term) for term in {term for at, term in hits if start <= at and at + len(term) <= end})
