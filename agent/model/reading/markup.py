"""Calls written as markup, one tag an argument: Qwen3-Coder, MiniMax and GLM write them."""

import re

from agent.model.reading.raw import Raw

_FUNCTION = re.compile(
    r"<(?:function=|invoke\s+name=)\s*[\"']?([^>\"'\s]+)[\"']?[^>]*>(.*?)(</function>|</invoke>|(?=<function=|<invoke\s)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"<parameter(?:=|\s+name=)\s*[\"']?([^>\"'\s]+)[\"']?[^>]*>(.*?)(</parameter>|(?=<parameter[=\s])|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_PAIR = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)(</arg_value>|(?=<arg_key>)|\Z)", re.DOTALL)
_BEGINS = re.compile(r"<(?:function=|invoke\s+name=)", re.IGNORECASE)


def calls_of(text: str) -> list[Raw]:
    """The calls of a text that begins with one."""
    if _BEGINS.match(text):
        return [_function(*found.groups()) for found in _FUNCTION.finditer(text)]
    if "<arg_key>" in text:
        pairs = [found.groups() for found in _PAIR.finditer(text)]
        return [_made(text.partition("<arg_key>")[0].strip(), pairs, ended=False)]
    return []


def _function(name: str, inner: str, end: str) -> Raw:
    if inner.lstrip().startswith("{"):
        return Raw(name, inner.strip())
    return _made(name, [found.groups() for found in _PARAMETER.finditer(inner)], ended=bool(end))


def _made(name: str, pairs: list[tuple[str, ...]], *, ended: bool) -> Raw:
    """`pairs`: key, value and the tag that ended the value, if one did."""
    cut = not ended and not (pairs and pairs[-1][2])
    return Raw(name, {key.strip(): _unlined(value) for key, value, _ in pairs}, unreadable=cut)


def _unlined(value: str) -> str:
    """The line breaks next to the tags are none of the value's."""
    return value.removeprefix("\n").removesuffix("\n")
