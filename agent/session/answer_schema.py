"""How a request wants to be answered, as a face says it: checked before anybody asks a model by it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from agent.contract import RequestOptions
from agent.errors import UsageError


def request_options(given: Mapping[str, Any], schema: Mapping[str, str] | None = None) -> RequestOptions:
    """`given` as in `RequestOptions`, `schema` as it crosses the wire. Raises `UsageError` for what cannot be meant."""
    wanted = {"answer_schema": answer_schema(schema["name"], schema["text"])} if schema else {}
    try:
        return RequestOptions.model_validate({**given, **wanted})
    except ValidationError as error:
        raise UsageError(
            f"--thinking 에 쓸 수 없는 값입니다: {given.get('thinking')!r}.",
            hint="on, off, 또는 생각할 토큰 수(1 이상의 정수)를 적으세요.",
        ) from error


def answer_schema(name: str, text: str) -> dict[str, Any]:
    """What the file of that name says. Raises `UsageError` with the place where it is no schema."""
    try:
        schema = json.loads(text)
    except json.JSONDecodeError as error:
        raise _fault(
            f"{name} 의 {error.lineno}번째 줄 {error.colno}번째 글자 근처가 JSON 문법에 맞지 않습니다."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _fault(f"{name} 을(를) JSON으로 읽을 수 없습니다: 수가 너무 길거나 너무 깊이 겹쳤습니다.") from error
    if not isinstance(schema, dict):
        raise _fault(f"{name} 의 맨 바깥이 JSON 객체({{…}})가 아닙니다.")
    try:
        _check(name, schema)
    except RecursionError as error:
        raise _fault(f"{name} 이(가) 너무 깊이 겹쳤습니다.") from error
    except ValueError as error:
        raise _fault(f"{name} 의 $schema, $id, $ref 가운데 주소로 읽을 수 없는 것이 있습니다.") from error
    return schema


def _check(name: str, schema: dict[str, Any]) -> None:
    """Raises `ValueError` for an address that is none, and `RecursionError`."""
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    dialect = {"$schema": schema["$schema"]} if isinstance(schema.get("$schema"), str) else {}
    try:
        validator_for(dialect, default=Draft202012Validator).check_schema(schema)
    except SchemaError as error:
        raise _fault(f"{name} 의 {error.json_path} 이(가) JSON 스키마 규칙에 맞지 않습니다.") from error
    # A reference to elsewhere would be fetched from there when the answer is checked.
    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable as error:
            raise _fault(f"{name} 의 $ref {reference!r} 이(가) 파일 안에 없습니다.") from error


def _references(schema: dict[str, Any]) -> Iterator[str]:
    unseen: list[Any] = [schema]
    while unseen:
        match unseen.pop():
            case dict() as table:
                yield from (table[key] for key in ("$ref", "$dynamicRef") if isinstance(table.get(key), str))
                unseen.extend(table.values())
            case list() as items:
                unseen.extend(items)


def _fault(message: str) -> UsageError:
    return UsageError(f"스키마 파일 {message}", hint='스키마 파일을 고쳐 다시 하세요. 예: {"type": "object"}')
