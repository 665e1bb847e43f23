"""Check Croissant: first the specification's required list, then the library's opinion."""

import warnings
from collections.abc import Mapping

from pydantic import JsonValue

from registry.errors import MissingExtraError
from registry.exchange.croissant_context import list_missing


def list_faults(document: Mapping[str, JsonValue]) -> list[str]:
    """Return what is wrong with a Croissant document; empty: nothing.

    Raises:
        MissingExtraError: `mlcroissant` is not installed.
    """
    faults = [f"{name} is required by the specification" for name in list_missing(document)]
    return faults + _ask_library(document)


def _ask_library(document: Mapping[str, JsonValue]) -> list[str]:
    try:
        # Its RDF library warns of its own deprecations while it is loaded and used.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mlcroissant  # noqa: PLC0415 - an extra that takes 1.6 s to load

            try:
                mlcroissant.Dataset(jsonld=dict(document))
            except (mlcroissant.ValidationError, ValueError, TypeError) as error:
                return [str(error)]
    except ImportError as error:
        raise MissingExtraError(task="checking Croissant", extra="exchange") from error
    return []
