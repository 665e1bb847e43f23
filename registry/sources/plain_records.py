"""Many ordinary JSON records at once, without a call for each.

What makes a record ordinary: an object whose one text column is a string, whose id is a string or
an integer, and whose numbers orjson keeps. One record that is not sends its whole block the slow
way (`registry.sources.records`), which gives the same documents for all the others.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from registry.domain.reading import Reading
from registry.sources.outcomes import Documents
from registry.sources.records import LARGE_FLOAT


def make_plain_parser(
    reading: Reading,
) -> Callable[[Sequence[bytes]], Documents | None] | None:
    """Return the function that turns lines of JSON into documents; None: there cannot be one.

    It gives None where some line is not ordinary.
    """
    id_column = reading.id_column
    if (
        len(reading.text_columns) != 1
        or id_column in reading.text_columns
        or reading.template is not None
        or reading.max_json_depth is not None
    ):
        return None
    (text_column,) = reading.text_columns

    def parse(lines: Sequence[bytes]) -> Documents | None:
        try:
            records = [orjson.loads(line) for line in lines]
            texts = [record.pop(text_column) for record in records]
            ids = _take_ids(records, id_column)
            if ids is None or {*map(type, texts)} != {str} or {*map(type, records)} != {dict}:
                return None
            metadata = [
                orjson.dumps(record, option=orjson.OPT_SORT_KEYS) if record else b"{}"
                for record in records
            ]
        except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
            return None
        if LARGE_FLOAT.search(b"\n".join(metadata)):
            return None
        return Documents(ids=ids, texts=texts, metadata=metadata)

    return parse


def _take_ids(
    records: Sequence[dict[str, Any]], id_column: str | None
) -> Sequence[str | None] | None:
    """Take the ids out of records; None: one of them is neither string nor integer."""
    if id_column is None:
        return [None] * len(records)
    ids = [record.pop(id_column) for record in records]
    kinds = {*map(type, ids)}
    if kinds <= {str}:
        return ids
    return [str(id_) for id_ in ids] if kinds <= {str, int} else None
