"""Personal data in a text: every recogniser in turn, then the same numbers wherever else they stand."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from agent.privacy.address import addresses
from agent.privacy.checks import digits
from agent.privacy.company import businesses, corporations
from agent.privacy.folding import Folded
from agent.privacy.identity import licences, passports, residents
from agent.privacy.mail import mails
from agent.privacy.payment import accounts, cards, unlabelled_accounts
from agent.privacy.phone import phones
from agent.privacy.reading import Reading
from agent.privacy.spans import Category, Span

_RECOGNISERS: tuple[Callable[[Reading], Iterator[Span]], ...] = (
    mails,
    residents,
    corporations,
    cards,
    phones,
    licences,
    businesses,
    accounts,
    passports,
    addresses,
)
"""Those that are surer of themselves first: where two overlap, the first one has the place."""
_NUMBER = re.compile(r"(?<![0-9a-z])(?<![0-9a-z][-.])[0-9]+(?:[-.][0-9]+)*(?![0-9a-z])")
_SHORTEST_NUMBER = 9
_WORDED: frozenset[Category] = frozenset(("이메일", "주소"))
_ANY = re.compile(r"[0-9@]|[(\[] ?at|골뱅이")


def find(text: str, known: Mapping[str, Category] | None = None) -> list[Span]:
    """The personal data of a text in order, without overlaps.

    A span holds no quote, backslash or control character except inside a JSON escape, so a text that is JSON stays JSON
    when spans are replaced. `known` are numbers by their digits that are taken for personal wherever they stand.
    """
    reading = Reading(text)
    if not _ANY.search(reading.text):
        return []
    found = _apart((span for recognise in _RECOGNISERS for span in recognise(reading)), len(reading.text))
    found = _apart([*found, *unlabelled_accounts(reading, found)], len(reading.text))
    origin = reading.folded.origin
    numbers = dict(known or {})
    for span in sorted(found):
        if number := numeral(text[origin(span.start) : origin(span.end)], span.category):
            numbers.setdefault(number, span.category)
    spans = sorted(_apart([*found, *_again(reading.text, numbers)], len(reading.text)))
    return [Span(origin(span.start), origin(span.end), span.category) for span in spans]


def numeral(value: str, category: Category) -> str:
    """The digits by which a value is known again, or nothing if it is not a number of some length."""
    number = "" if category in _WORDED else digits(Folded(value).text)
    return number if len(number) >= _SHORTEST_NUMBER else ""


def _again(text: str, numbers: Mapping[str, Category]) -> Iterator[Span]:
    """Numbers that are personal elsewhere, here without the words around them that say so."""
    if numbers:
        for found in _NUMBER.finditer(text):
            if category := numbers.get(digits(found[0])):
                yield Span(*found.span(), category)


def _apart(spans: Iterable[Span], length: int) -> list[Span]:
    """The spans that overlap none before them."""
    taken = bytearray(length)
    kept: list[Span] = []
    for span in spans:
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return kept
