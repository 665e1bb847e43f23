"""In which pass over a table each step is fitted."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from registry.normalization.tables.base import TableStep


def plan_passes(steps: Sequence[TableStep[Any]]) -> tuple[int, ...]:
    """Return from which pass on each step sees its columns as they will be, counted from 0.

    A step that is fitted is so in that pass and works from the next one on. Steps whose columns
    no other fitted step makes share a pass, so most recipes are fitted in one.
    """
    ready: dict[str, int] = {}
    floor = 0
    schema = pa.schema([])
    passes = []
    for step in steps:
        pass_ = max([floor, *(ready.get(column, 0) for column in step.columns)])
        passes.append(pass_)
        after = step.schema_after(schema)
        new = set(after.names) - set(schema.names)
        for column in (*step.columns, *new):
            ready[column] = pass_ + 1 if step.needs else pass_
        # Behind a step that rejects rows, everything is fitted to those that are left.
        floor = pass_ if step.rejects else floor
        schema = after
    return tuple(passes)
