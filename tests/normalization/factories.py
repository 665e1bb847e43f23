"""Batches that are valid by default."""

# ruff: noqa: RUF001 - mojibake is made of look-alikes

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import strategies as st

from registry.documents import (
    DOCUMENTS,
    NO_REJECTIONS,
    RAW_DOCUMENTS,
    REJECTIONS,
    Outcome,
    locators,
)
from registry.domain.recipe import Recipe
from registry.normalization.building import build_steps, complete_step
from registry.normalization.pipeline import Pipeline, Processed

FRAGMENTS = [
    *("a", "b c", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", "\x0b", "\x0c", "\0", "\x1a"),
    *("\x7f", "\x80", "\x81", "\x85", "\x93", "\x9d", "\xa0", "\xad", "\ufeff", "\ufffe"),
    *("\u200b", "\u200d", "\u2028", "\u2029", "\u3000", "\ufffd"),
    *("\u0300", "\u0301", "\u0303", "\u0327", "\u212b", "\u0958", "\uac00", "\u1100", "\u1161"),
    *("A", "é", "Ã", "Â", "©", "£", "¡", "â", "€", "œ", "™", "“", "à", "Ä", "√", "∂", "×", "ï»¿"),
    *("Ð", "Ñ", "Р", "Г", "Î", "Ì", "日", "語", "👍", "ß", "»", "Š", "°", "²", "à²", "voilÃ "),
]
"""Pieces that the steps look for, that mojibake is made of, or that do both once put together."""

hostile_texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=12).map("".join)
"""Text in which every rule of every step has something to do."""

hostile_bytes = st.lists(
    hostile_texts.map(str.encode)
    | st.text(st.characters(categories=("Cs",)), max_size=2).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    )
    | st.sampled_from([b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfea\0", b"\xfe\xff\0a"]),
    max_size=3,
).map(b"".join)
"""The same as bytes, with surrogates, marks of other encodings and bytes that are no UTF-8."""


def raw_batch(
    texts: Sequence[str | bytes], *, path: str = "a.jsonl", first: int = 1
) -> pa.RecordBatch:
    """Return `RAW_DOCUMENTS`, one a text, as rows of one file."""
    rows = list(range(first, first + len(texts)))
    encoded = [
        text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in texts
    ]
    return pa.RecordBatch.from_arrays(
        [
            pa.array([f"id-{row}" for row in rows], pa.string()),
            pa.array(encoded, pa.large_binary()),
            locators(path, rows),
            pa.array(["{}"] * len(rows), pa.string()),
        ],
        schema=RAW_DOCUMENTS,
    )


def batch_of(texts: Sequence[str]) -> pa.RecordBatch:
    """Return `DOCUMENTS`, one a text."""
    raw = raw_batch(texts)
    columns = [raw.column("id"), pa.array(texts, pa.large_string()), *raw.columns[2:]]
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENTS)


def read(texts: Sequence[str | bytes], *, first: int = 1) -> Outcome:
    """Return what a reader that rejects nothing makes of texts."""
    return Outcome(kept=raw_batch(texts, first=first), rejected=NO_REJECTIONS)


def unreadable_row(*, reason: str = "not-json", raw: bytes = b"{") -> pa.RecordBatch:
    """Return one rejection by a reader."""
    row = {"file": "a.jsonl", "row": 9, "offset": 7, "step": "read", "reason": reason, "raw": raw}
    return pa.RecordBatch.from_pylist([row | {"num_bytes": len(raw)}], schema=REJECTIONS)


def recipe_of(*steps: str, **parameters: object) -> Recipe:
    """Return a recipe of steps; the parameters go to the last one."""
    given: list[dict[str, object]] = [{} for _ in steps]
    given[-1] = parameters
    return Recipe(
        name="made",
        version="1.0.0",
        steps=tuple(
            complete_step(name, values, where="made")
            for name, values in zip(steps, given, strict=True)
        ),
    )


def process(recipe: Recipe, texts: Sequence[str | bytes]) -> Processed:
    """Run a recipe over texts in one batch."""
    return Pipeline(recipe)(read(texts))


def kept_texts(processed: Processed) -> list[str]:
    """Return the texts that came through."""
    return processed.kept.column("text").to_pylist()


def rejected_rows(processed: Processed) -> list[dict[str, object]]:
    """Return the rows that were rejected, the reader's first."""
    return [row for batch in processed.rejected for row in batch.to_pylist()]


def rewrite_with(step: str, texts: Sequence[str], **parameters: object) -> list[str]:
    """Return what a step that rejects nothing makes of texts."""
    verdict = build_steps(recipe_of("decode", step, **parameters))[1](batch_of(texts))
    assert verdict.reasons is None

    return verdict.text.to_pylist()
