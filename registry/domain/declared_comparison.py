"""The comparison of a declaration with what is stated already."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from registry.domain.base import Value
from registry.domain.declaration import (
    Declaration,
    DeclaredCost,
    DeclaredDataset,
    DeclaredGeneration,
    DeclaredLicence,
    DeclaredModel,
    DeclaredVersion,
    SourceStatement,
)
from registry.domain.declared_changes import (
    ChangeKind,
    DeclaredChange,
    Entry,
    FieldChange,
    KeyPath,
    Known,
    Noun,
    Step,
)
from registry.domain.digest import PREFIX
from registry.domain.generation import label_writer
from registry.domain.model_target import Target
from registry.domain.names import Reference, reference_to
from registry.errors import ConflictError, InputError, UnknownError


@dataclass(slots=True)
class Comparison:
    """The comparison of one declaration with what is known."""

    wanted: Declaration
    known: Known
    where: Callable[[KeyPath], str]
    waiting: dict[str, str] = field(default_factory=dict)
    """What each model waits for that is not here yet."""

    sources: set[str | None] = field(default_factory=set)
    """The URLs of sources that the file states of versions that are there."""

    def steps(self) -> Iterator[Step]:
        """Yield a step for each entry, in an order in which they can be written."""
        for name, dataset in self.wanted.datasets.items():
            yield self._dataset(name, dataset, ("datasets", name))
        for name, model in self.wanted.models.items():
            yield self._model(name, model, ("models", name))
        for name, dataset in self.wanted.datasets.items():
            path: KeyPath = ("datasets", name)
            for number, version in dataset.versions.items():
                reference = reference_to(name, number)
                yield from self._version(reference, version, (*path, "versions", number))
            for tag, number in dataset.tags.items():
                yield self._tag(name, tag, number, (*path, "tags", tag))
        for name, target in self.wanted.targets.items():
            yield self._target(name, target, ("targets", name))
        yield from self._costs()

    def _dataset(self, name: str, wanted: DeclaredDataset, path: KeyPath) -> Step:
        known = self.known.state.datasets.get(name)
        said = {key: getattr(wanted, key) for key in ("kind", "description", "owner", "lifecycle")}
        stated = {key: value for key, value in said.items() if value is not None}
        before = {key: None if known is None else getattr(known, key) for key in stated}
        return self._step(Noun.DATASET, name, wanted, path, known, stated, before)

    def _model(self, name: str, wanted: DeclaredModel, path: KeyPath) -> Step:
        missing = self._missing(wanted.trained_on, (*path, "trained_on"))
        if missing is not None:
            self.waiting[name] = missing
            return self._wait(Noun.MODEL, name, wanted, path, missing)
        known = self.known.state.models.get(name)
        if known is not None:
            self._require_same(name, wanted, known, path)
        stated = _dump(wanted)
        return self._step(Noun.MODEL, name, wanted, path, known, stated, stated)

    def _require_same(
        self, name: str, wanted: DeclaredModel, known: DeclaredModel, path: KeyPath
    ) -> None:
        """Refuse another statement of a model: what it is said to be is said once."""
        now, before = wanted.draft(name), known.draft(name)
        differing = [
            key.replace("_", " ")
            for key in ("weights_digest", "output_licence", "output_terms", "terms_url")
            if getattr(now, key) != getattr(before, key)
        ]
        if set(now.trained_on) != set(before.trained_on):
            differing.append("trained on")
        if differing:
            raise ConflictError(
                f"{self.where(path)}: {name} is there with other facts: {', '.join(differing)}",
                hint=f"muster model show {name}; another state is another revision",
            )

    def _version(self, name: str, wanted: DeclaredVersion, path: KeyPath) -> Iterator[Step]:
        dataset, _, number = name.rpartition("@")
        series = self.known.state.datasets.get(dataset)
        known = DeclaredVersion() if series is None else series.versions.get(int(number))
        missing = self._missing([name], path)
        for language in wanted.languages:
            is_known = known is not None and language in known.languages
            yield self._add(Noun.LANGUAGE, name, language, path, is_known, missing, language)
        for place, source in enumerate(wanted.sources):
            is_known = known is not None and any(_covers(one, source) for one in known.sources)
            if missing is None:
                self.sources.add(source.url)
            at = (*path, "sources", place)
            yield self._add(Noun.SOURCE, name, source, at, is_known, missing, _dump(source))
        for place, licence in enumerate(wanted.licenses):
            at = (*path, "licenses", place)
            yield self._licence(name, licence, at, known, missing)
        for place, stated in enumerate(wanted.generations):
            is_known = known is not None and any(_same(one, stated) for one in known.generations)
            at = (*path, "generations", place)
            lacks = missing or self._missing(stated.grounded_in, at)
            lacks = lacks or self._missing_model(stated, at)
            step = self._add(Noun.GENERATION, name, stated, at, is_known, lacks, _dump(stated))
            yield self._tell_retraction(step, stated)

    def _tell_retraction(self, step: Step, stated: DeclaredGeneration) -> Step:
        """Say of a statement that is to be written how the same one was taken back before."""
        label = label_writer(stated.role, stated.model)
        before = self.known.retracted.get(step.change.name, ())
        taken = [one for one in before if one.what == label]
        if not taken or step.change.action is not ChangeKind.CREATE:
            return step
        return replace(step, change=step.change.model_copy(update={"taken_back": taken[-1]}))

    def _licence(
        self,
        name: str,
        wanted: DeclaredLicence,
        path: KeyPath,
        known: DeclaredVersion | None,
        missing: str | None,
    ) -> Step:
        """Compare with the newest that the same one said: a change appends, it edits nothing."""
        if missing is not None:
            return self._wait(Noun.LICENCE, name, wanted, path, missing)
        wanted = wanted.model_copy(update={"by": wanted.by or self.known.actor})
        before = [one for one in (known.licenses if known else ()) if one.by == wanted.by]
        own = before[-1] if before else None
        stated = _dump(wanted) | {"confidence": wanted.confidence.value}
        said = {} if own is None else _dump(own) | {"confidence": own.confidence.value}
        merged = dict.fromkeys(said) | stated
        return self._step(Noun.LICENCE, name, wanted, path, own, merged, said)

    def _tag(self, name: str, tag: str, number: int, path: KeyPath) -> Step:
        reference = reference_to(name, number)
        entry = Reference.parse(reference)
        missing = self._missing([reference], path)
        if missing is not None:
            return self._wait(Noun.TAG, f"{name}@{tag}", entry, path, missing)
        series = self.known.state.datasets.get(name)
        before = None if series is None else series.tags.get(tag)
        stated, said = {"version": number}, {"version": before}
        return self._step(Noun.TAG, f"{name}@{tag}", entry, path, before, stated, said)

    def _target(self, name: str, wanted: Target, path: KeyPath) -> Step:
        if wanted.tokenizer is not None and not self._knows_tokenizer(wanted.tokenizer):
            return self._wait(Noun.TARGET, name, wanted, path, f"tokenizer {wanted.tokenizer}")
        known = self.known.state.targets.get(name)
        stated = _dump(wanted, without={"name"})
        before = {} if known is None else _dump(known, without={"name"})
        merged = dict.fromkeys(before) | stated
        return self._step(Noun.TARGET, name, wanted, path, known, merged, before)

    def _costs(self) -> Iterator[Step]:
        """Compare as often as an entry stands: the same cost twice is two costs."""
        left = Counter(_identify(one) for one in self.known.state.costs)
        for place, wanted in enumerate(self.wanted.costs):
            subject, path = wanted.subject, ("costs", place)
            missing = {
                "version": subject.name not in self.known.versions,
                "run": subject.name not in self.known.runs,
                "source": subject.name not in self.sources | self.known.sources,
            }[subject.kind.value]
            key = _identify(wanted)
            is_known = left[key] > 0
            left[key] -= is_known
            lacks = f"{subject.kind} {subject.name}" if missing else None
            yield self._add(
                Noun.COST, subject.name, wanted, path, is_known, lacks, str(wanted.draft().amount)
            )

    def _step(
        self,
        noun: Noun,
        name: str,
        entry: Entry,
        path: KeyPath,
        known: object,
        stated: Mapping[str, JsonValue],
        before: Mapping[str, JsonValue],
    ) -> Step:
        fields = tuple(
            FieldChange(name=key, before=before.get(key), after=value)
            for key, value in stated.items()
            if known is None or before.get(key) != value
        )
        action = ChangeKind.CHANGE if fields else ChangeKind.UNCHANGED
        if known is None:
            action = ChangeKind.CREATE
        change = DeclaredChange(
            action=action, noun=noun, name=name, fields=fields, where=self.where(path)
        )
        return Step(change, entry)

    def _add(
        self,
        noun: Noun,
        name: str,
        entry: Entry,
        path: KeyPath,
        is_known: bool,
        missing: str | None,
        said: JsonValue,
    ) -> Step:
        """Return the step of what is only ever added."""
        if missing is not None:
            return self._wait(noun, name, entry, path, missing)
        stated = said if isinstance(said, dict) else {noun.value: said}
        return self._step(noun, name, entry, path, True if is_known else None, stated, stated)

    def _wait(self, noun: Noun, name: str, entry: Entry, path: KeyPath, missing: str) -> Step:
        change = DeclaredChange(
            action=ChangeKind.WAIT, noun=noun, name=name, reason=missing, where=self.where(path)
        )
        return Step(change, entry)

    def _missing(self, references: Iterable[str], path: KeyPath) -> str | None:
        """Return the first version that is not there; its dataset is there or declared."""
        for reference in references:
            if reference not in self.known.versions:
                self._require(
                    "dataset",
                    reference.partition("@")[0],
                    {*self.known.state.datasets, *self.wanted.datasets},
                    path,
                )
                return reference
        return None

    def _knows_tokenizer(self, text: str) -> bool:
        """Return whether a text is the name of a tokenizer, or its fingerprint's beginning."""
        start = PREFIX + text.removeprefix(PREFIX)
        known = self.known.tokenizers
        return text in known.values() or any(one.startswith(start) for one in known)

    def _missing_model(self, stated: DeclaredGeneration, path: KeyPath) -> str | None:
        if stated.model is None:
            return None
        known = {*self.known.state.models, *self.wanted.models}
        self._require("model", stated.model, known, path)
        return self.waiting.get(stated.model)

    def _require(self, what: str, name: str, known: set[str], path: KeyPath) -> None:
        if name not in known:
            hint = "muster list" if what == "dataset" else "muster model list"
            error = UnknownError(what=what, value=name, known=sorted(known), hint=hint)
            raise InputError(f"{self.where(path)}: {error.message}", hint=error.hint)


def _dump(value: Value, *, without: set[str] | None = None) -> dict[str, JsonValue]:
    """Return what an entry states, as JSON."""
    return value.model_dump(mode="json", exclude_defaults=True, exclude=without, by_alias=True)


def _covers(known: SourceStatement, source: SourceStatement) -> bool:
    """Return whether a known source says all that another one says."""
    return all(
        getattr(source, name) in (None, getattr(known, name))
        for name in SourceStatement.model_fields
    )


def _same(known: DeclaredGeneration, stated: DeclaredGeneration) -> bool:
    update = {"grounded_in": tuple(sorted(set(stated.grounded_in)))}
    ordered = {"grounded_in": tuple(sorted(set(known.grounded_in)))}
    return known.model_copy(update=ordered) == stated.model_copy(update=update)


def _identify(cost: DeclaredCost) -> tuple[object, ...]:
    return (cost.subject, *cost.draft())
