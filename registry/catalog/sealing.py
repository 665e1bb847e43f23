"""Seal drafts into versions: look everything up once, decide in memory, write in batches.

One road for one draft and for thousands. The caller owns the transaction and its write lock, so
what was looked up still holds when it is written.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, insert

from registry.catalog import audit
from registry.catalog.audit import Change
from registry.catalog.closing import OpenRun, close_runs, find_open_runs, ledger_rows, run_row
from registry.catalog.counts import count_row
from registry.catalog.facts import (
    ensure_recipes,
    ensure_schemas,
    ensure_sources,
    find_recipes,
    find_tokenizers,
    schema_fingerprint,
    source_fingerprint,
)
from registry.catalog.identifiers import new_run_id, reserve_ids
from registry.catalog.licensing import assertion_row, current_licences, supersede_licence
from registry.catalog.loading import load_versions
from registry.catalog.resolving import chunked, resolve_all
from registry.catalog.series import Series, load_series, save_series, save_tags
from registry.catalog.tables import (
    AS_IS,
    DatasetRow,
    LedgerEntryRow,
    LedgerRejectionRow,
    LicenceAssertionRow,
    LineageEdgeRow,
    MetricRow,
    Row,
    RunInputRow,
    RunOutputRow,
    RunRow,
    ShardRow,
    TokenCountRow,
    VersionLanguageRow,
    VersionRow,
    VersionSourceRow,
)
from registry.domain.digest import Digest
from registry.domain.ledger import Ledger
from registry.domain.licence import UNKNOWN
from registry.domain.names import Reference, parse_tag, reference_to
from registry.domain.run import RunDraft
from registry.domain.version import (
    Sealed,
    SealStatus,
    Version,
    VersionDraft,
    VersionState,
)
from registry.errors import InputError
