"""Every digest that is written anywhere in the catalog.

No list of columns: an object that any row of any table names, in a column, in JSON or in a text, is
wanted. A table that is added is looked at from its first row on.
"""

import re
from collections.abc import Iterator

from sqlalchemy import Connection, String, Text, cast, or_, select

from registry.catalog.columns import JsonDocument, OneOf
from registry.catalog.tables import Row
from registry.domain.digest import PREFIX

_DIGEST = re.compile(rf"{PREFIX}([0-9a-f]{{64}})")
_BATCH = 1_000


def iter_mentions(connection: Connection) -> Iterator[bytes]:
    """Yield the 32 bytes of each digest that is mentioned, as often as it is."""
    for table in Row.metadata.sorted_tables:
        columns = [
            cast(column, Text) if isinstance(column.type, JsonDocument) else column
            for column in table.columns
            if isinstance(column.type, (String, JsonDocument))
            and not isinstance(column.type, OneOf)
        ]
        if not columns:
            continue
        query = select(*columns).where(
            or_(*(column.contains(PREFIX, autoescape=True) for column in columns))
        )
        with connection.execute(query, execution_options={"yield_per": _BATCH}) as found:
            for row in found:
                for text in row:
                    if text is not None:
                        yield from map(bytes.fromhex, _DIGEST.findall(text))
