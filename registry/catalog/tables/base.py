"""The base of all rows, and what several tables share."""

from inspect import getdoc
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from registry.catalog.columns import NAMING_CONVENTION, PYTHON_TYPES

AS_IS = 0
"""The id of the recipe that stands for none: keys hold no NULL, since NULLs never collide."""

CLUSTERED = {"sqlite_with_rowid": False}
"""On SQLite the rows lie in the primary key itself: one tree instead of two."""


class Row(DeclarativeBase):
    """The base of all rows: naming convention, column types, comments."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = PYTHON_TYPES

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own signature
        constraints = cls.__dict__.get("__table_args__", ())
        options = constraints[-1] if constraints and isinstance(constraints[-1], dict) else {}
        constraints = constraints[: len(constraints) - bool(options)]
        comment = " ".join((getdoc(cls) or "").split())
        cls.__table_args__ = (*constraints, {"comment": comment, **options})
        super().__init_subclass__(**kwargs)
