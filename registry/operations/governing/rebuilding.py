"""Make versions again without documents that were taken down, parents before children."""

import json
from collections.abc import Sequence
from fractions import Fraction

from pydantic import JsonValue

from registry.documents import NO_REJECTIONS, Outcome
from registry.domain.contribution import meet
from registry.domain.count import CountMethod, RecordedCount
from registry.domain.digest import Digest, digest_of_bytes, fingerprint
from registry.domain.generation import Generation, GenerationDraft
from registry.domain.ledger import LedgerEntry, Rejected
from registry.domain.licence import Basis, LicenceStatement
from registry.domain.model import ModelReference
from registry.domain.names import Reference
from registry.domain.reading import Reading
from registry.domain.run import Operation, Run, RunDraft
from registry.domain.takedown import ActionKind, Takedown
from registry.domain.tokenizer import CountingPolicy
from registry.domain.version import Content, Shard, Version, VersionDraft, VersionState
from registry.operations.collecting.contribution_terms import ContributionCounts, list_licences
from registry.operations.context import CODE, Context, environment
from registry.operations.mixing.mixtures import make as make_mixture
from registry.operations.normalizing.normalize import normalize, undo
from registry.operations.passes.quarantine import QuarantineWriter
from registry.operations.passes.shards import read_shard
from registry.operations.tokenizing.counting import Counting
from registry.operations.tokenizing.merge import read_counting
from registry.operations.tokenizing.tokenize import tokenize
from registry.sources.reading import leave_out
from registry.sources.reasons import TAKEDOWN

_ANY = 1
"""All rows may be damaged: what was let through once is not judged again."""


class Rebuilding:
    """What takes the place of each version of a takedown."""

    def __init__(self, context: Context, takedown: Takedown) -> None:
        self._context = context
        self._takedown = takedown
        # What any takedown keeps out comes back with none.
        self._digests = frozenset(context.catalog.takedowns.list_digests())
        takedowns = context.catalog.takedowns.list()
        done = [
            (item.reference, item.done)
            for one in takedowns
            for item in one.items
            if one.id != takedown.id and item.done is not None
        ]
        self._earlier = {name: one.result for name, one in done if one.result is not None}
        """What took the place of versions in other takedowns."""

        self._withdrawn = {name for name, one in done if one.action is ActionKind.WITHDRAWN}
        """Versions whose place nothing took in another takedown."""

        self._reasons = {name_reason(one) for one in takedowns}
        # What a person withdrew without anything found in it is not known to be in nothing else.
        self._results: dict[str, str | None] = {
            item.reference: item.done.result
            for item in takedown.items
            if item.done is not None and (item.done.result is not None or not item.kind.is_judged)
        }

    def find_withdrawal(self, reference: str) -> str | None:
        """Return why a version is out of use without another in its place; None: it is not so.

        It is not where a takedown is making it again, and was interrupted.
        """
        if reference in self._earlier:
            return None
        found = self._context.catalog.versions.find_withdrawal(Reference.parse(reference))
        if found is None or (found.reason in self._reasons and reference not in self._withdrawn):
            return None
        return found.reason

    def leave_withdrawn(self, reference: str) -> None:
        """Make what was made of a version without anything in its place."""
        self._results[reference] = None

    def rebuild(self, reference: str) -> str | None:
        """Return the version that takes a version's place; None: nothing is left of it.

        Documents are read where they lie and left out by the digest of their text; what was
        normalized or tokenized is made again, by the same recipe and tokenizer. Embeddings are not.
        """
        if reference in self._earlier:
            # Another takedown made it again, without what any of them keeps out.
            result = self._results[reference] = self._now(reference)
            return result
        version = self._context.catalog.versions.get(Reference.parse(reference))
        run = self._context.catalog.runs.get(version.run or "")
        is_mixture = run.operation is Operation.MIX
        result = self._mix_again(version) if is_mixture else self._make_again(version, run)
        if result is not None and version.content is Content.DOCUMENTS:
            made = self._context.catalog.versions.get(Reference.parse(result))
            result = self._leave_out(made)
        self._results[reference] = result
        return result

    def _now(self, reference: str) -> str | None:
        """Return what stands in a version's place; None: nothing is left of it."""
        found: str | None = reference
        while found is not None:
            following = self._results.get(found, self._earlier.get(found, found))
            if following == found:
                break
            found = following
        return found

    def count_again(self) -> None:
        """Count what was made again by the tokenizers that had counted what it replaces."""
        for before, after in self._results.items():
            if after is None or after == before:
                continue
            known = {_identify(one) for one in self._exact_counts(after)}
            for count in self._exact_counts(before):
                if _identify(count) not in known:
                    tokenizer = self._context.catalog.tokenizers.get(count.tokenizer_fingerprint)
                    counting = Counting(tokenizer, count.policy, count_only=True)
                    tokenize(self._context, Reference.parse(after), counting, max_rejected=_ANY)

    def _exact_counts(self, reference: str) -> list[RecordedCount]:
        """Return the counts of all documents of a version as they stand."""
        return [
            one
            for one in self._context.catalog.counts.list_for(Reference.parse(reference))
            if one.method is CountMethod.EXACT and one.recipe is None
        ]

    def _make_again(self, version: Version, run: Run) -> str | None:
        inputs = self._context.catalog.runs.inputs(run.id)
        if run.operation not in {Operation.NORMALIZE, Operation.TOKENIZE, Operation.EMBED}:
            return version.reference
        parent, *others = map(self._now, inputs)
        if parent is None or None in others or run.operation is Operation.EMBED:
            return None
        if [parent, *others] == inputs:
            return version.reference
        if self._is_withdrawn(parent):
            return version.reference if version.content is Content.DOCUMENTS else None
        if run.operation is Operation.TOKENIZE:
            counting = read_counting(self._context, run)
            made = tokenize(
                self._context,
                Reference.parse(parent),
                counting,
                name=version.dataset,
                max_rejected=_ANY,
            )
            return made.reference
        return self._normalize_again(version, parent, [one for one in others if one is not None])

    def _is_withdrawn(self, reference: str) -> bool:
        version = self._context.catalog.versions.get(Reference.parse(reference))
        return version.state is VersionState.WITHDRAWN

    def _normalize_again(self, version: Version, parent: str, others: list[str]) -> str:
        """Return a version made by the same recipe, with what it learns from what is left."""
        recipe, source = version.recipe, Reference.parse(parent)
        if recipe is None:
            return version.reference
        if recipe.is_inverse:
            return undo(self._context, source, name=version.dataset).reference
        fitted_on = Reference.parse(others[0]) if others else None
        return normalize(
            self._context,
            source,
            recipe=None if fitted_on else recipe.model_copy(update={"fitted": None}),
            name=version.dataset,
            fitted_on=fitted_on,
            max_rejected=_ANY,
        ).reference

    def _mix_again(self, version: Version) -> str | None:
        """Return the same weights over what took the place of each part; None: no part is left."""
        mixture = self._context.catalog.mixtures.get(Reference.parse(version.reference))
        results = {part.reference: self._now(part.reference) for part in mixture.parts}
        weights = [
            (Reference.parse(result), Fraction(part.weight))
            for part in mixture.parts
            if (result := results[part.reference]) is not None
        ]
        if not weights:
            return None
        return make_mixture(self._context, version.dataset, weights).mixture.reference

    def _leave_out(self, version: Version) -> str | None:
        """Seal the same files, read without the documents; the version itself if it has none."""
        listed = self._context.catalog.versions.list_shards(Reference.parse(version.reference))
        writer = QuarantineWriter(self._context.store)
        given = list_licences(version.metrics)
        counts = None if given is None else ContributionCounts()
        found = [self._read(shard, writer, counts) for shard in listed]
        quarantine = writer.finish()
        rejected = [sizes for _, sizes in found if sizes]
        if not rejected:
            return version.reference
        shards = tuple(shard for shard, _ in found if shard.num_documents)
        if not shards:
            return None
        entry = _account(shards, [size for sizes in rejected for size in sizes])
        return self._seal(version, shards, entry, quarantine, counts)

    def _read(
        self, shard: Shard, writer: QuarantineWriter, counts: ContributionCounts | None
    ) -> tuple[Shard, list[int]]:
        """Return a shard read without the documents, and the sizes of those that it held.

        What people gave is counted anew, where there are counts.
        """
        hits: set[Digest] = set()
        sizes: list[int] = []
        for outcome in read_shard(self._context.place, shard):
            held = map(digest_of_bytes, outcome.kept.column("text").to_pylist())
            met = self._digests.intersection(held)
            kept = outcome.kept
            if met:
                hits |= met
                (left,) = leave_out([Outcome(kept, NO_REJECTIONS)], met)
                writer.write([left.rejected])
                sizes += left.rejected.column("num_bytes").to_pylist()
                kept = left.kept
            if counts is not None:
                counts.add([json.loads(text) for text in kept.column("metadata").to_pylist()])
        if not hits:
            return shard, []
        reading = shard.reading or Reading()
        without = tuple(sorted(hits.union(reading.without)))
        changes = {
            "reading": reading.model_copy(update={"without": without}),
            "num_documents": shard.num_documents - len(sizes),
            "num_text_bytes": shard.num_text_bytes - sum(sizes),
        }
        return shard.model_copy(update=changes), sizes

    def _seal(
        self,
        version: Version,
        shards: tuple[Shard, ...],
        entry: LedgerEntry,
        quarantine: Digest | None,
        counts: ContributionCounts | None,
    ) -> str:
        context = self._context
        reference = Reference.parse(version.reference)
        parents = context.catalog.lineage.parents(reference)
        inputs = [self._now(parent) for parent in parents]
        kept = tuple(dict.fromkeys(one for one in inputs if one is not None))
        stated = self._find_statements(version)
        draft = VersionDraft(
            dataset=version.dataset,
            kind=version.kind,
            content=version.content,
            shards=shards,
            fields=version.fields,
            recipe=version.recipe,
            inputs=kept,
            taken=self._list_taken(version, entry),
            generation=stated[0] if stated else None,
            languages=version.languages,
            tags=version.tags,
            licence=None if counts is None else meet(counts.licences),
            metrics=() if counts is None else tuple(counts.measure()),
            sources=version.sources,
            ledger=(entry,),
            quarantine=quarantine,
        )
        run = self._run(version, is_derived=bool(kept))
        sealed = context.catalog.versions.seal(
            draft, run=run, actor=context.actor, at=context.clock()
        )
        made = Reference.parse(sealed.version.reference)
        self._repeat_licences(reference, made, but=_licence_of(version))
        for statement in stated[1:]:
            context.catalog.generations.add(
                made, statement, actor=context.actor, at=context.clock()
            )
        return sealed.version.reference

    def _run(self, version: Version, *, is_derived: bool) -> RunDraft:
        facts: dict[str, JsonValue] = {
            "takedown": self._takedown.id,
            "of": version.reference,
            "digest": version.digest,
        }
        return RunDraft(
            operation=Operation.DERIVE if is_derived else Operation.REGISTER,
            derivation=fingerprint({"operation": "takedown", "code": CODE, **facts}),
            parameters=facts,
            environment=environment(),
            actor=self._context.actor,
            started_at=self._context.clock(),
        )

    def _repeat_licences(self, reference: Reference, made: Reference, *, but: str | None) -> None:
        """Let everybody say of the new version what they said of the old one, on their evidence.

        But not what followed from the documents that people gave: it follows from what is left.
        """
        context = self._context
        for said in reversed(context.catalog.licences.list_for(reference)):
            if said.basis is Basis.STATED and not said.is_outdated and said.expression != but:
                statement = LicenceStatement.model_validate(
                    said.model_dump(include=set(LicenceStatement.model_fields))
                )
                context.catalog.licences.state(
                    made, statement, actor=context.actor, at=context.clock()
                )

    def _find_statements(self, version: Version) -> list[GenerationDraft]:
        graph = self._context.catalog.generations.upstream([Reference.parse(version.reference)])
        node = graph.nodes[graph.starts[version.reference]]
        return [self._repeat(one) for one in node.generations]

    def _repeat(self, stated: Generation) -> GenerationDraft:
        grounded = (self._now(one) for one in stated.grounded_in)
        return GenerationDraft(
            role=stated.role,
            model=None if stated.model is None else ModelReference.parse(stated.model),
            prompt_digest=stated.prompt_digest,
            sampling=stated.sampling,
            grounded_in=tuple(one for one in grounded if one is not None),
        )

    def _list_taken(self, version: Version, entry: LedgerEntry) -> tuple[tuple[str, int], ...]:
        """Return what is taken of each parent now, where that is certain.

        It is so of whole parents, and where all that went was found in one parent alone.
        """
        graph = self._context.catalog.generations.upstream([Reference.parse(version.reference)])
        node = graph.nodes[graph.starts[version.reference]]
        num_removed = entry.documents_in - entry.documents_kept
        found = {item.reference for item in self._takedown.items if item.num_documents}
        holders = {graph.nodes[key].reference for key in node.taken or {}} & found
        taken: dict[str, int] = {}
        for key, number in (node.taken or {}).items():
            parent = graph.nodes[key]
            result = self._now(parent.reference)
            if result is None:
                continue
            if number == parent.num_documents:
                now = self._context.catalog.versions.get(Reference.parse(result))
                taken[result] = now.num_documents
            elif holders == {parent.reference}:
                taken[result] = number - num_removed
            else:
                taken[result] = number
        return tuple(taken.items()) if sum(taken.values()) == entry.documents_kept else ()


def name_reason(takedown: Takedown) -> str:
    """Return why a version is withdrawn that a takedown makes again."""
    return f"takedown {takedown.id}: {takedown.reason}"


def _licence_of(version: Version) -> str | None:
    """Return the licence that follows from what people gave; None: nobody gave the documents."""
    licences = list_licences(version.metrics)
    return None if licences is None else meet(licences)


def _identify(count: RecordedCount) -> tuple[Digest, CountingPolicy]:
    return count.tokenizer_fingerprint, count.policy


def _account(shards: Sequence[Shard], sizes: Sequence[int]) -> LedgerEntry:
    num_documents = sum(shard.num_documents for shard in shards)
    num_bytes = sum(shard.num_text_bytes for shard in shards)
    return LedgerEntry(
        position=0,
        step="read",
        documents_in=num_documents + len(sizes),
        bytes_in=num_bytes + sum(sizes),
        documents_kept=num_documents,
        bytes_kept_in=num_bytes,
        bytes_kept=num_bytes,
        rejected=(Rejected(reason=TAKEDOWN, num_documents=len(sizes), num_bytes=sum(sizes)),),
    )
