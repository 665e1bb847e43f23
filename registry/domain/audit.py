"""The audit log: every change, by whom, hash-chained."""

from pydantic import AwareDatetime, JsonValue

from registry.domain.base import Value
from registry.domain.digest import Digest


class AuditEntry(Value):
    """One change. `hash` covers all other fields and the hash of the entry before."""

    id: int
    at: AwareDatetime
    actor: str
    action: str
    """Noun and verb, such as `version.seal`."""

    entity: str
    detail: dict[str, JsonValue]
    previous_hash: Digest
    hash: Digest


class Withdrawal(Value):
    """Who said that a version is not to be used any more, when and why."""

    reason: str
    actor: str
    at: AwareDatetime
