"""One verb a file: the only rooms that join the rooms below.

`Registry` reaches the verbs through this package, which loads each on first use: who lists datasets
needs the catalog, and none of Arrow, NumPy and tokenizers.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.operations import (
        cancel,
        costs,
        counting,
        describe,
        diff,
        diversity,
        dossier,
        embed,
        estimate,
        explain,
        export,
        export_metadata,
        export_plan,
        export_tokens,
        import_metadata,
        laws,
        licences,
        lineage,
        merge,
        models,
        normalize,
        open_tokens,
        plan,
        policy,
        quarantine,
        register,
        report,
        report_page,
        reports,
        sample,
        similar,
        takedowns,
        targets,
        tokenize,
        tokenizers,
        verify,
        why,
    )

__all__ = [
    "cancel",
    "costs",
    "counting",
    "describe",
    "diff",
    "diversity",
    "dossier",
    "embed",
    "estimate",
    "explain",
    "export",
    "export_metadata",
    "export_plan",
    "export_tokens",
    "import_metadata",
    "laws",
    "licences",
    "lineage",
    "merge",
    "models",
    "normalize",
    "open_tokens",
    "plan",
    "policy",
    "quarantine",
    "register",
    "report",
    "report_page",
    "reports",
    "sample",
    "similar",
    "takedowns",
    "targets",
    "tokenize",
    "tokenizers",
    "verify",
    "why",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
