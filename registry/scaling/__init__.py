"""Pure numbers: laws, repetition, sufficiency. No files, no clock, no SQL."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.scaling.laws import get_law, load_laws
    from registry.scaling.repetition import effective_tokens, epochs_needed
    from registry.scaling.requirement import optimal_parameters, optimal_tokens
    from registry.scaling.sufficiency import assess

__all__ = [
    "assess",
    "effective_tokens",
    "epochs_needed",
    "get_law",
    "load_laws",
    "optimal_parameters",
    "optimal_tokens",
]

_HOME = {
    "assess": "sufficiency",
    "effective_tokens": "repetition",
    "epochs_needed": "repetition",
    "get_law": "laws",
    "load_laws": "laws",
    "optimal_parameters": "requirement",
    "optimal_tokens": "requirement",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds under that name
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
