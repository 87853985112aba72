"""What is found: a piece of text and the kind of personal data it is."""

from typing import Literal, NamedTuple

Category = Literal[
    "주민등록번호",
    "전화번호",
    "이메일",
    "카드번호",
    "계좌번호",
    "사업자번호",
    "법인번호",
    "여권번호",
    "면허번호",
    "주소",
]


class Span(NamedTuple):
    """`text[start:end]` is a value of this category; positions count characters."""

    start: int
    end: int
    category: Category
