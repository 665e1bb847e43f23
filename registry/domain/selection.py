"""Which versions of a lineage graph are meant: references and methods with `+`, as dbt writes them.

`+web/cc@3` is a version and all it was made from, `web/cc@3+` all that was made from it, a number
at a `+` so many generations. `@web/cc@3` is the version, all made from it, and all that any of
these was made from. A method takes the place of a reference: `tag:release+`. Spaces join (any of),
commas narrow (all of); a comma binds more tightly.

Source: the graph operators, set operators and methods of dbt's node selection syntax. No name here
holds `+`, `,`, a space, or begins with `@`, so each of them can only be an operator.
"""

import re
from enum import StrEnum
from typing import Self

from registry.domain.base import Value
from registry.domain.names import DatasetName, Reference, parse_space, parse_tag
from registry.domain.version import Content, DatasetKind, VersionState
from registry.errors import InputError, InvalidNameError

MAX_TERMS = 1_000
"""Terms of one selection."""

_TERM = re.compile(
    r"(?P<at>@)?(?:(?P<up>[0-9]{0,9})\+)?(?P<body>[^+@][^+]*?)(?:\+(?P<down>[0-9]{0,9}))?"
)
_METHOD = re.compile(r"(?P<method>[^:/@]*):(?P<value>.*)")
_RULE = (
    "it is REF or METHOD:VALUE, with N+ before it and +N behind it for so many generations (no "
    "number: all), or @ before it"
)


class Method(StrEnum):
    """How a term finds the versions that it starts from."""

    REFERENCE = "reference"
    """The one version that a reference means; the only method whose name is not written."""

    DATASET = "dataset"
    """Every version of a dataset; a reference without a number is the newest alone."""

    SPACE = "space"
    TAG = "tag"
    """Every version that a tag of this name points to, of whatever dataset."""

    KIND = "kind"
    CONTENT = "content"
    STATE = "state"


class Term(Value):
    """Versions, and how many generations beside them."""

    method: Method = Method.REFERENCE
    value: str
    """The reference, or what stands behind the method's colon."""

    up: int | None = 0
    """Generations upstream; None: all."""

    down: int | None = 0
    """Generations downstream; None: all."""

    is_closed: bool = False
    """Written `@`: all downstream, and all upstream of these."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one term.

        Raises:
            InvalidNameError: It is none, or its reference or value is not one.
            InputError: There is no such method.

        Example:
            >>> str(Term.parse("2+clean/en@3+1"))
            '2+clean/en@3+1'
        """
        found = _TERM.fullmatch(text)
        if found is None:
            raise InvalidNameError(what="selection", value=text, rule=_RULE)
        at, up, down = found["at"], found["up"], found["down"]
        if at and (up is not None or down is not None):
            raise InvalidNameError(
                what="selection", value=text, rule="@ holds all generations already, without +"
            )
        method, value = _read_body(found["body"])
        return cls(
            method=method,
            value=value,
            up=_read_generations(up),
            down=_read_generations(down),
            is_closed=at is not None,
        )

    @property
    def reference(self) -> Reference | None:
        """The reference; None for another method."""
        return Reference.parse(self.value) if self.method is Method.REFERENCE else None

    @property
    def is_bare(self) -> bool:
        """A reference without an operator."""
        has_operator = self.is_closed or self.up != 0 or self.down != 0
        return self.method is Method.REFERENCE and not has_operator

    def __str__(self) -> str:
        at = "@" if self.is_closed else ""
        up = "" if self.up == 0 else f"{_write(self.up)}+"
        down = "" if self.down == 0 else f"+{_write(self.down)}"
        method = "" if self.method is Method.REFERENCE else f"{self.method}:"
        return f"{at}{up}{method}{self.value}{down}"


class Selection(Value):
    """A union of intersections of terms."""

    groups: tuple[tuple[Term, ...], ...]
    """A version is selected by all terms of any group."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a selection.

        Raises:
            InvalidNameError: A term is none.
            InputError: There is no term, an unknown method, or more than `MAX_TERMS`.

        Example:
            >>> str(Selection.parse("+a/b@1,tag:release   c/d"))
            '+a/b@1,tag:release c/d'
        """
        groups = tuple(
            tuple(Term.parse(term) for term in group.split(",")) for group in text.split()
        )
        if not groups:
            raise InputError("nothing is selected", hint="muster lineage space/name")
        if sum(map(len, groups)) > MAX_TERMS:
            raise InputError(f"a selection has at most {MAX_TERMS:,} terms")
        return cls(groups=groups)

    @classmethod
    def of(cls, reference: Reference, *, up: int | None = 0, down: int | None = 0) -> Self:
        """Return the selection of a version and generations beside it; None: all of them."""
        return cls(groups=((Term(value=str(reference), up=up, down=down),),))

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms, each once."""
        return tuple(dict.fromkeys(term for group in self.groups for term in group))

    @property
    def is_plain(self) -> bool:
        """Nothing but references, without any operator."""
        return all(len(group) == 1 and group[0].is_bare for group in self.groups)

    def follow(self, *, up: int | None, down: int | None) -> Self:
        """Return a plain selection with so many generations at each reference; None: all."""
        return self.model_copy(
            update={
                "groups": tuple(
                    (group[0].model_copy(update={"up": up, "down": down}),) for group in self.groups
                )
            }
        )

    def __str__(self) -> str:
        return " ".join(",".join(map(str, group)) for group in self.groups)


def _read_body(text: str) -> tuple[Method, str]:
    found = _METHOD.fullmatch(text)
    if found is None:
        return Method.REFERENCE, str(Reference.parse(text))
    named = [method for method in Method if method is not Method.REFERENCE]
    if found["method"] not in named:
        raise InputError(
            f"{text!r}: there is no method {found['method']!r}",
            hint="methods: " + ", ".join(f"{method}:" for method in named),
        )
    method = Method(found["method"])
    return method, _read_value(method, found["value"])


def _read_value(method: Method, value: str) -> str:
    match method:
        case Method.DATASET:
            return str(DatasetName.parse(value))
        case Method.SPACE:
            return parse_space(value)
        case Method.TAG:
            return parse_tag(value)
        case _:
            return _read_member(method, value)


def _read_member(method: Method, value: str) -> str:
    members: dict[Method, type[StrEnum]] = {
        Method.KIND: DatasetKind,
        Method.CONTENT: Content,
        Method.STATE: VersionState,
    }
    known = [member.value for member in members[method]]
    if value not in known:
        raise InputError(
            f"{method}:{value}: there is no {method} {value!r}",
            hint=f"{method}: is one of " + ", ".join(known),
        )
    return value


def _read_generations(text: str | None) -> int | None:
    if text is None:
        return 0
    return int(text) if text else None


def _write(generations: int | None) -> str:
    return "" if generations is None else str(generations)
