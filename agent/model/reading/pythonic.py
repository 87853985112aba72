"""Calls written as Python: `[search(text="회의", limit=3)]`, as Llama and LFM2 write them."""

import ast
import re
import warnings
from typing import Any

from agent.model.reading.raw import Raw

_LIMIT = 50_000
_BEGINS = re.compile(r"\[?\s*[\w.:]+\s*\(")
_JSON_NAMES = {"true": True, "false": False, "null": None}


def calls_of(code: str) -> list[Raw]:
    """The calls; none if the text is anything but calls with named, literal arguments."""
    code = code.strip()
    if len(code) > _LIMIT or not _BEGINS.match(code):
        return []
    try:
        with warnings.catch_warnings():
            # An unknown escape in a string is the model's slip and nobody's warning.
            warnings.simplefilter("ignore")
            body = ast.parse(code, mode="eval").body
        nodes = body.elts if isinstance(body, ast.List | ast.Tuple) else [body]
        return [_call(node) for node in nodes]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return []


def _call(node: ast.expr) -> Raw:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and len(node.args) == 1
    ):
        node = node.args[0]
    if not isinstance(node, ast.Call) or node.args:
        raise ValueError("no call with named arguments")
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        value = _literal(keyword.value)
        arguments |= value if keyword.arg is None else {keyword.arg: value}
    return Raw(ast.unparse(node.func), arguments)


class _JsonNames(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_JSON_NAMES[node.id]) if node.id in _JSON_NAMES else node


def _literal(node: ast.expr) -> Any:
    value = ast.literal_eval(_JsonNames().visit(node))
    return list(value) if isinstance(value, tuple) else value
