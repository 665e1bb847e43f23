"""A supply by language, kind, domain and quality adds up to the supply, or to a run."""

from hypothesis import given
from hypothesis import strategies as st

from registry.domain.grouping import GroupBy
from registry.domain.supply import compose
from registry.domain.version import DatasetKind, Version
from tests.reporting.factories import make_supply_line

parts = st.builds(
    dict,
    space=st.sampled_from(["web", "law"]),
    languages=st.sampled_from([(), ("en",), ("de",), ("de", "en")]),
    tags=st.sampled_from([(), ("quality-high",), ("best", "quality-high")]),
    kind=st.sampled_from(["text", "code"]),
    tokens=st.integers(0, 10**12),
)


def composed(held, weights=None):
    versions, lines = [], []
    for number, part in enumerate(held):
        name = f"{part['space']}/part-{number}"
        versions.append(
            # Of a version only what groups go by.
            Version.model_construct(
                dataset=name,
                number=1,
                kind=DatasetKind(part["kind"]),
                languages=part["languages"],
                tags=part["tags"],
            )
        )
        lines.append(
            make_supply_line(
                reference=versions[-1].reference,
                num_tokens=part["tokens"],
                num_unique_tokens=part["tokens"] // 2,
            )
        )
    named = None
    if weights is not None:
        named = {line.reference: one for line, one in zip(lines, weights, strict=True)}
    return compose(versions, lines, weights=named)


@given(st.lists(parts, max_size=6))
def test_languages_kinds_and_domains_each_add_up_to_the_supply(held):
    found = composed(held)

    sorts = [GroupBy.LANGUAGE, GroupBy.KIND, GroupBy.SPACE]
    if any("quality-high" in part["tags"] for part in held):
        sorts.append(GroupBy.QUALITY)
    for by in sorts:
        groups = [group for group in found if group.by is by]
        assert len(held) == sum(group.num_versions for group in groups)
        assert sum(part["tokens"] for part in held) == sum(group.num_tokens for group in groups)
        assert sum(part["tokens"] // 2 for part in held) == sum(
            group.unique_tokens for group in groups
        )


def test_several_languages_are_a_group_of_their_own_and_tags_stand_in_each():
    one = {"space": "web", "kind": "text", "tokens": 8}
    found = composed(
        [
            {**one, "languages": ("de", "en"), "tags": ("best", "quality-high")},
            {**one, "languages": (), "tags": ()},
            {**one, "languages": ("en",), "tags": ("quality-high",), "tokens": 6},
        ]
    )

    assert [
        ("language", "mul", 4),
        ("language", "und", 4),
        ("language", "en", 3),
        ("kind", "text", 11),
        ("space", "web", 11),
        ("quality", "high", 7),
        ("quality", "und", 4),
        ("tag", "untagged", 7),
        ("tag", "best", 4),
    ] == [(group.by, group.value, group.unique_tokens) for group in found]
    untagged = composed([{**one, "languages": (), "tags": ()}])
    assert not any(group.by is GroupBy.TAG for group in untagged)


def test_a_mixture_is_composed_by_its_weights_and_not_by_what_is_held():
    one = {"space": "web", "kind": "text", "languages": ("en",)}
    found = composed(
        [
            {**one, "tags": ("quality-high",), "tokens": 10},
            {**one, "tags": ("quality-low",), "tokens": 1_000},
        ],
        weights=[0.75, 0.25],
    )

    assert [("high", 0.75), ("low", 0.25)] == [
        (group.value, group.weight) for group in found if group.by is GroupBy.QUALITY
    ]
