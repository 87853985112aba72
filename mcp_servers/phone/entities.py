"""Times, telephone numbers and amounts as they were written in a text."""

import re
from collections.abc import Iterable

from mcp_servers.phone import number

_HOUR = r"(?:\d{1,2}|열한|열두|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_UNIT = rf"""(?:
    (?:\d{{4}}년\s*)?\d{{1,2}}월\s*\d{{1,2}}일 | \d{{1,2}}월(?!\w) | \d{{1,2}}일(?=\s|까지|부터|에|[,.]|$)
    | \d{{4}}-\d{{2}}-\d{{2}} | (?<![\d/])\d{{1,2}}/\d{{1,2}}(?![\d/])
    | (?:이번|다음|지난|저번|다다음)\s*(?:주|달|해)(?:\s*(?:초|말|중))?(?![가-힣]*[의문]) | 내년 | 작년
    | 오늘 | 내일\s*모레 | 내일 | 모레 | 글피 | 어제 | 그저께 | 주말
    | [월화수목금토일]요일 | (?<!\w)[월화수목금토일](?=까지)
    | 오전 | 오후 | 아침 | 점심 | 저녁 | 새벽 | 정오 | 자정 | 밤(?=\s|에)
    | {_HOUR}\s?시(?:\s?(?:반|\d{{1,2}}분|[일이삼사오]?십[일이삼사오육칠팔구]?\s?분))?(?!간|스|장|작|도|험|청)
    | \d{{1,2}}:\d{{2}}
)"""
_TIME = re.compile(rf"{_UNIT}(?:\s*{_UNIT})*(?:까지|부터)?", re.VERBOSE)
_PHONE = re.compile(r"(?<![\d,.])(?:\+82[\s-]?)?\(?\d{2,4}\)?[-.\s]?\d{3,4}(?:[-.\s]?\d{4})?(?![\d,])")
_AMOUNT = re.compile(
    r"""
    \d[\d,]*(?:\.\d+)?(?:\s?(?:조|억|천만|백만|만|천)(?:\s?\d[\d,]*\s?(?:억|천만|백만|만|천)?)*)?\s?원(?!인|래|칙|장|본)
    | (?<![가-힣])[일이삼사오육칠팔구]?[십백천만억][일이삼사오육칠팔구십백천만억\s]*원(?!인|래|칙|장|본)
    """,
    re.VERBOSE,
)
_PART_OF_DAY = {"오전", "오후", "아침", "점심", "저녁", "새벽", "주말"}


def times(text: str) -> list[str]:
    """Dates and times of day; a bare part of the day says too little to count."""
    found = (match.group().strip() for match in _TIME.finditer(text))
    return _distinct(found_time for found_time in found if found_time not in _PART_OF_DAY)


def phones(text: str) -> list[str]:
    """Telephone numbers in their displayed form."""
    stored = (number.parse(match.group()) for match in _PHONE.finditer(text))
    return _distinct(number.display(one) for one in stored if one and one.startswith("+"))


def amounts(text: str) -> list[str]:
    """Amounts of money."""
    return _distinct(match.group().strip() for match in _AMOUNT.finditer(text))


def _distinct(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))
