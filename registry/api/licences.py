"""`Registry.licences`: asserted, and what follows from them."""

from pathlib import Path

from registry import operations
from registry.domain.effective import (
    EffectiveLicence,
    LicenceDescription,
    LicenceList,
    LicencePolicy,
    Notice,
)
from registry.domain.licence import Confidence
from registry.domain.names import Reference
from registry.licensing.policies import list_policies
from registry.operations.context import Context


class Licences:
    """What may be done with versions: who says so, and what really applies."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(
        self,
        reference: str,
        expression: str,
        *,
        by: str | None = None,
        evidence: str | None = None,
        evidence_file: Path | None = None,
        confidence: Confidence | str = Confidence.MEDIUM,
    ) -> LicenceList:
        """State a version's licence; see `operations.licences.add`."""
        return operations.licences.add(
            self._context,
            Reference.parse(reference),
            expression,
            by=by,
            evidence=evidence,
            evidence_file=evidence_file,
            confidence=Confidence(confidence),
        )

    def effective(
        self, reference: str, *, policy: str | LicencePolicy | None = None
    ) -> EffectiveLicence:
        """Return what applies to a version after everything it was made from, with proofs."""
        return operations.licences.effective(
            self._context, Reference.parse(reference), policy=policy
        )

    def notice(self, reference: str) -> Notice:
        """Return whom a version owes a notice: authors, licences, sources, evidence."""
        return operations.licences.notice(self._context, Reference.parse(reference))

    def explain(
        self, expression: str, *, policy: str | LicencePolicy | None = None
    ) -> LicenceDescription:
        """Return what an expression permits and asks for, and where that was read."""
        return operations.licences.explain(expression, policy=policy)

    def list_policies(self) -> list[LicencePolicy]:
        """Return the built-in policies, by name."""
        return list_policies()

    def list(self, reference: str) -> LicenceList:
        """Return everything that was ever asserted of a version, newest first."""
        return operations.licences.list_assertions(self._context, Reference.parse(reference))
