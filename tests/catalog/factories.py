"""Values that are valid by default; a test varies one thing."""

from datetime import UTC, datetime, timedelta

from registry.domain.cost import CostDraft, CostKind, CostSubject, SubjectKind
from registry.domain.count import TokenCount
from registry.domain.digest import digest_of_bytes
from registry.domain.engine import EngineCheck
from registry.domain.erasure import ErasedObject
from registry.domain.generation import GenerationDraft
from registry.domain.ledger import LedgerEntry, Rejected
from registry.domain.licence import LicenceStatement
from registry.domain.measurement import Measurement
from registry.domain.model import ModelDraft, ModelReference
from registry.domain.money import Money
from registry.domain.names import Reference
from registry.domain.reading import Field, Format, Reading
from registry.domain.recipe import Recipe, RecipeStep
from registry.domain.run import Operation, RunDraft
from registry.domain.takedown import TakedownDraft
from registry.domain.tokenizer import CountingPolicy, Tokenizer
from registry.domain.version import Shard, VersionDraft

AT = datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
WHO = {"actor": "ada", "at": AT}


def ref(text):
    return Reference.parse(text)


def digest(text):
    return digest_of_bytes(text.encode())


def make_shard(content="some text", **fields):
    return Shard(
        **{
            "path": "part-0.jsonl",
            "digest": digest(content),
            "num_bytes": 100,
            "num_documents": 10,
            "num_text_bytes": 90,
            "uri": "/data/part-0.jsonl",
            "modified_ns": 1_790_000_000_123_456_789,
            "reading": Reading(format=Format.JSONL, text_columns=("text",)),
            **fields,
        }
    )


def make_draft(dataset="web/cc", content="some text", **fields):
    return VersionDraft.model_validate(
        {
            "dataset": dataset,
            "kind": "text",
            "content": "documents",
            "shards": (make_shard(content),),
            "fields": (Field(name="text", type="string"),),
            **fields,
        }
    )


def make_run(derivation="run", **fields):
    return RunDraft.model_validate(
        {
            "operation": Operation.REGISTER,
            "derivation": digest(derivation),
            "parameters": {"paths": ["/data"]},
            "environment": {"python": "3.11"},
            "actor": "ada",
            "started_at": AT,
            **fields,
        }
    )


def make_entry(position=0, **fields):
    return LedgerEntry(
        **{
            "position": position,
            "step": "read",
            "documents_in": 10,
            "bytes_in": 100,
            "documents_kept": 8,
            "bytes_kept_in": 70,
            "bytes_kept": 70,
            "rejected": (
                Rejected(reason="empty", num_documents=1, num_bytes=0),
                Rejected(reason="invalid-utf8", num_documents=1, num_bytes=30),
            ),
            **fields,
        }
    )


def make_recipe(**fields):
    step = RecipeStep(step="cut", version=2, parameters={"share": 0.5, "words": ("a", "b")})
    return Recipe(**{"name": "text-default", "version": "1.0.0", "steps": (step,), **fields})


def make_tokenizer(name="gpt2", content="gpt2", **fields):
    return Tokenizer.model_validate(
        {
            "name": name,
            "fingerprint": digest(content),
            "kind": "bpe",
            "engine": "tokenizers",
            "file_digest": digest("file"),
            "vocab_size": 50_257,
            "highest_id": 50_256,
            "eos_token": "<|endoftext|>",
            "eos_id": 50_256,
            **fields,
        }
    )


def make_engine_check(tokenizer="gpt2", **fields):
    return EngineCheck.model_validate(
        {
            "tokenizer_fingerprint": digest(tokenizer),
            "parse_special": False,
            "engine": {"name": "fast", "version": "1.0"},
            "reference": {"name": "tokenizers", "version": "0.23"},
            "num_texts": 5_000,
            **fields,
        }
    )


def make_count(tokenizer="gpt2", **fields):
    num_tokens = fields.get("num_tokens", 1_000)
    return TokenCount.model_validate(
        {
            "tokenizer_fingerprint": digest(tokenizer),
            "policy": CountingPolicy(eos_id=50_256),
            "method": "exact",
            "num_tokens": num_tokens,
            "num_special_tokens": 10,
            "num_documents": 10,
            "num_bytes": 90,
            "num_tokens_low": num_tokens,
            "num_tokens_high": num_tokens,
            "document_index": digest("index"),
            **fields,
        }
    )


def make_measurement(**fields):
    return Measurement.model_validate(
        {
            "kind": "near-duplicates",
            "method": {"name": "minhash", "bands": 14},
            "found": digest("found"),
            **fields,
        }
    )


def make_model(reference="org/small@v1", **fields):
    return ModelDraft(reference=ModelReference.parse(reference), **fields)


def make_generation(model="org/small@v1", **fields):
    return GenerationDraft.model_validate(
        {
            "role": "generator" if model else "people",
            "model": model and ModelReference.parse(model),
            **fields,
        }
    )


def make_takedown(*references, **fields):
    items = [
        {"kind": "documents", "reference": reference, "num_documents": 1}
        for reference in references
    ]
    return TakedownDraft.model_validate(
        {
            "selector": {"kind": "id", "value": "d3"},
            "reason": "a request",
            "deadline": LATER,
            "documents": [{"digest": digest("gone"), "num_bytes": 4}],
            "items": items,
            **fields,
        }
    )


def make_erased_object(**fields):
    given = {"digest": digest("erased"), "num_bytes": 4, "reference": "web/in@1", "path": "a"}
    return ErasedObject.model_validate(given | fields)


def make_statement(expression="MIT", **fields):
    return LicenceStatement.model_validate({"expression": expression, "by": "ada", **fields})


def make_cost(micros=1_500_000, **fields):
    currency = fields.pop("currency", "EUR")
    return CostDraft.model_validate(
        {
            "kind": CostKind.ACQUIRE,
            "amount": Money(micros=micros, currency=currency),
            **fields,
        }
    )


def make_subject(name, kind=SubjectKind.VERSION):
    return CostSubject(kind=kind, name=name)


def seal(catalog, dataset="web/cc", content="some text", **fields):
    """Seal a draft and return what came of it."""
    return catalog.versions.seal(make_draft(dataset, content, **fields), run=make_run(), **WHO)
