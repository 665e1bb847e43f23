"""One verb a file: the only rooms that join the rooms below.

The rooms in here follow the life of data, and import downwards only:

    exchanging      metadata and tokens, in and out; datasets of the Hub with their cards
    assessing       is it enough: supply, targets, reports, costs
    governing       licences, models, takedowns
    measuring       near duplicates, contamination
    embedding       vectors, likeness, diversity
    mixing          weights over versions
    tokenizing      tokenizers, counts, token shards
    normalizing     recipes over versions
    collecting      from a source to a version
    understanding   samples, descriptions, lineage
    keeping         the home itself: made, found, verified
    passes          what every pass over documents stands on: units, shards, quarantine, runs

`Registry` reaches the verbs through this package, which loads each on first use: who lists datasets
needs the catalog, and none of Arrow, NumPy and tokenizers.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.operations.assessing import (
        costs,
        explain,
        laws,
        plan,
        report,
        report_page,
        reports,
        solve_mixture,
        targets,
    )
    from registry.operations.collecting import collect, contribute, contributors, register
    from registry.operations.embedding import diversity, embed, similar
    from registry.operations.exchanging import (
        declare,
        dossier,
        export,
        export_metadata,
        export_mixture,
        export_plan,
        export_tokens,
        hub,
        import_metadata,
    )
    from registry.operations.governing import erasing, licences, models, policy, takedowns
    from registry.operations.keeping import backup, copy, doctor, gc, verify, verify_all
    from registry.operations.measuring import contamination, near_duplicates
    from registry.operations.mixing import mixtures
    from registry.operations.normalizing import normalize, release
    from registry.operations.passes import cancel
    from registry.operations.tokenizing import (
        counting,
        estimate,
        merge,
        open_tokens,
        stream,
        tokenize,
        tokenizers,
    )
    from registry.operations.understanding import describe, diff, lineage, quarantines, sample, why

VERBS = {
    "backup": "keeping",
    "cancel": "passes",
    "collect": "collecting",
    "contamination": "measuring",
    "contribute": "collecting",
    "contributors": "collecting",
    "copy": "keeping",
    "costs": "assessing",
    "counting": "tokenizing",
    "declare": "exchanging",
    "describe": "understanding",
    "diff": "understanding",
    "diversity": "embedding",
    "doctor": "keeping",
    "dossier": "exchanging",
    "embed": "embedding",
    "erasing": "governing",
    "estimate": "tokenizing",
    "explain": "assessing",
    "export": "exchanging",
    "export_metadata": "exchanging",
    "export_mixture": "exchanging",
    "export_plan": "exchanging",
    "export_tokens": "exchanging",
    "gc": "keeping",
    "hub": "exchanging",
    "import_metadata": "exchanging",
    "laws": "assessing",
    "licences": "governing",
    "lineage": "understanding",
    "merge": "tokenizing",
    "mixtures": "mixing",
    "models": "governing",
    "near_duplicates": "measuring",
    "normalize": "normalizing",
    "open_tokens": "tokenizing",
    "plan": "assessing",
    "policy": "governing",
    "quarantines": "understanding",
    "register": "collecting",
    "release": "normalizing",
    "report": "assessing",
    "report_page": "assessing",
    "reports": "assessing",
    "sample": "understanding",
    "similar": "embedding",
    "solve_mixture": "assessing",
    "stream": "tokenizing",
    "takedowns": "governing",
    "targets": "assessing",
    "tokenize": "tokenizing",
    "tokenizers": "tokenizing",
    "verify": "keeping",
    "verify_all": "keeping",
    "why": "understanding",
}

__all__ = [
    "backup",
    "cancel",
    "collect",
    "contamination",
    "contribute",
    "contributors",
    "copy",
    "costs",
    "counting",
    "declare",
    "describe",
    "diff",
    "diversity",
    "doctor",
    "dossier",
    "embed",
    "erasing",
    "estimate",
    "explain",
    "export",
    "export_metadata",
    "export_mixture",
    "export_plan",
    "export_tokens",
    "gc",
    "hub",
    "import_metadata",
    "laws",
    "licences",
    "lineage",
    "merge",
    "mixtures",
    "models",
    "near_duplicates",
    "normalize",
    "open_tokens",
    "plan",
    "policy",
    "quarantines",
    "register",
    "release",
    "report",
    "report_page",
    "reports",
    "sample",
    "similar",
    "solve_mixture",
    "stream",
    "takedowns",
    "targets",
    "tokenize",
    "tokenizers",
    "verify",
    "verify_all",
    "why",
]


def __getattr__(name: str) -> object:
    if room := VERBS.get(name):
        return import_module(f"{__name__}.{room}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
