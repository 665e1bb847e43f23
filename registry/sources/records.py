"""JSON records into documents: the one place where a record's fields become columns.

orjson reads the ordinary record. Three kinds need the standard library's slower parser: lone
surrogates, which orjson refuses; integers beyond 64 bits, which it would round; and broken ones,
to tell what is wrong with them.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import orjson

from registry.domain.digest import canonical_json
from registry.domain.limits import MAX_JSON_DEPTH
from registry.domain.reading import Reading
from registry.domain.template import parse_template
from registry.sources import reasons
from registry.sources.outcomes import Document
from registry.sources.reasons import RowError

SEPARATOR = "\n\n"
"""What stands between the texts of several columns."""

ITEM_SEPARATOR = "\n"
"""What stands between the strings of a column that holds lists of them."""

LARGE_FLOAT = re.compile(rb"[:,\[]-?[0-9](?:\.[0-9]+)?e\+?(?:1[89]|[2-9][0-9]|[0-9]{3})")
"""A float of 2^63 or more, as orjson writes it, behind what can stand before a number. It may have
been an integer."""


def make_parser(reading: Reading, *, skips_blank: bool) -> Callable[[bytes], Document | None]:
    """Return the function that turns the bytes of one record into a document.

    It raises `RowError` for a record that cannot be a document. Blank bytes are no row (None) if
    they are to be skipped, else invalid JSON.
    """
    if reading.holds_texts:
        return partial(_parse_text, skips_blank=skips_blank)
    loads, assemble = orjson.loads, _make_assembler(reading)
    is_templated, max_depth = reading.template is not None, reading.max_json_depth

    def parse_slowly(raw: bytes) -> Document:
        record = _load_slowly(raw, max_depth=max_depth or MAX_JSON_DEPTH)
        identity, text, metadata = assemble(record, _dump_slowly)
        return identity, encode_text(text), metadata

    def parse(raw: bytes) -> Document | None:
        try:
            record = loads(raw)
        except orjson.JSONDecodeError:
            if skips_blank and not raw.strip():
                return None
            return parse_slowly(raw)
        if is_templated:
            # A number that becomes text must not have been rounded.
            return parse_slowly(raw)
        if type(record) is not dict:
            raise RowError(reasons.NOT_AN_OBJECT)
        if max_depth is not None and _is_deeper_than(record, max_depth):
            raise RowError(reasons.NESTED_TOO_DEEP)
        document = assemble(record, _dump)
        if LARGE_FLOAT.search(document[2]):
            return parse_slowly(raw)
        return document

    return parse


def load_text(raw: bytes) -> str | None:
    """Return the text in some bytes, None if they are blank.

    Raises:
        RowError: They hold no JSON string.
    """
    if not raw.strip():
        return None
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = _load_value_slowly(raw)
    if not isinstance(value, str):
        raise RowError(reasons.TEXT_NOT_A_STRING)
    return value


def load_record(raw: bytes) -> dict[str, Any] | None:
    """Return the record in some bytes, None if they are blank; integers keep any size.

    Raises:
        RowError: They hold no JSON object.
    """
    return _load_slowly(raw) if raw.strip() else None


def encode_text(text: str) -> str | bytes:
    """Return a text that Arrow can take: itself, or its bytes if it has lone surrogates."""
    if _is_encodable(text):
        return text
    return text.encode("utf-8", "surrogatepass")


def dump_metadata(fields: dict[str, Any]) -> bytes:
    r"""Return the canonical JSON of fields; `\u` escapes where a lone surrogate needs them."""
    try:
        return canonical_json(fields)
    except UnicodeEncodeError:
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode()


def _make_assembler(
    reading: Reading,
) -> Callable[[dict[str, Any], Callable[[dict[str, Any]], bytes]], tuple[str | None, str, bytes]]:
    """Return the function that takes id and text out of a record and dumps the rest.

    It changes the record and raises `RowError` where the record has no usable text.
    """
    columns, id_column = reading.text_columns, reading.id_column
    take_text = _make_text_taker(reading)
    id_is_text = id_column in columns

    def assemble(
        record: dict[str, Any], dump: Callable[[dict[str, Any]], bytes]
    ) -> tuple[str | None, str, bytes]:
        identity = None if id_column is None else _identity(record.get(id_column))
        text = take_text(record)
        if identity is not None and id_column is not None and not id_is_text:
            del record[id_column]
        return identity, text, dump(record) if record else b"{}"

    return assemble


def _make_text_taker(reading: Reading) -> Callable[[dict[str, Any]], str]:
    if reading.template is None:
        return lambda record: _take_text(record, reading.text_columns)
    pieces = parse_template(reading.template)

    def fill(record: dict[str, Any]) -> str:
        values = {column: record.pop(column, None) for column in reading.text_columns}
        if all(value is None for value in values.values()):
            raise RowError(reasons.NULL_TEXT)
        return "".join(
            piece.words + ("" if piece.column is None else in_words(values[piece.column]))
            for piece in pieces
        )

    return fill


def in_words(value: object) -> str:
    """Return a value as a template has it: strings as they are, null as nothing, the rest as JSON.

    Raises:
        RowError: A number without a JSON form.
    """
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise RowError(reasons.INVALID_JSON) from error


def _take_text(record: dict[str, Any], columns: tuple[str, ...]) -> str:
    parts = []
    for column in columns:
        if column not in record:
            raise RowError(reasons.MISSING_TEXT)
        part = record.pop(column)
        parts.append(part if type(part) is str else _join_items(part))
    if not parts:
        raise RowError(reasons.MISSING_TEXT)
    return parts[0] if len(parts) == 1 else SEPARATOR.join(parts)


def _join_items(value: object) -> str:
    """Return a list of strings as one text; null as a whole or in an item is no text."""
    items: list[object] = value if isinstance(value, list) else [value]
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) == len(items):
        return ITEM_SEPARATOR.join(texts)
    is_null = len(texts) + items.count(None) == len(items)
    raise RowError(reasons.NULL_TEXT if is_null else reasons.TEXT_NOT_A_STRING)


def _dump(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise RowError(reasons.NESTED_TOO_DEEP) from error


def _dump_slowly(record: dict[str, Any]) -> bytes:
    try:
        return dump_metadata(record)
    except ValueError as error:
        # An exponent so large that the number became infinite.
        raise RowError(reasons.INVALID_JSON) from error


def _parse_text(raw: bytes, *, skips_blank: bool) -> Document | None:
    text = load_text(raw)
    if text is not None:
        return None, encode_text(text), b"{}"
    if skips_blank:
        return None
    raise RowError(reasons.INVALID_JSON)


def _load_slowly(raw: bytes, *, max_depth: int = MAX_JSON_DEPTH) -> dict[str, Any]:
    record = _load_value_slowly(raw)
    if not isinstance(record, dict):
        raise RowError(reasons.NOT_AN_OBJECT)
    if _is_deeper_than(record, max_depth):
        raise RowError(reasons.NESTED_TOO_DEEP)
    return record


def _load_value_slowly(raw: bytes) -> object:
    try:
        value: object = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise RowError(reasons.INVALID_UTF8) from error
    except RecursionError as error:
        raise RowError(reasons.NESTED_TOO_DEEP) from error
    except ValueError as error:
        raise RowError(reasons.INVALID_JSON) from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _is_deeper_than(value: object, depth: int) -> bool:
    level = [value]
    while level and depth:
        depth -= 1
        level = [
            child
            for parent in level
            for child in _children(parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _identity(value: object) -> str | None:
    if type(value) is int:
        return str(value)
    return value if type(value) is str and _is_encodable(value) else None


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
