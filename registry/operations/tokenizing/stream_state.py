"""Where a stream of documents stands: a small value that becomes JSON and resumes it."""

from collections.abc import Mapping

from pydantic import ValidationError

from registry.domain.base import Value
from registry.domain.digest import Digest
from registry.domain.tokenizer import CountingPolicy
from registry.errors import InputError

_PROGRESS = ("num_units", "num_batches", "rejected")


class StreamState(Value):
    """Which stream it is, and how far it was handed out."""

    digest: Digest
    """The version."""

    recipe: Digest | None
    tokenizer: Digest | None
    policy: CountingPolicy | None
    """Which special tokens stand among the ids."""

    shuffle_seed: int | None
    epoch: int
    part: str
    batch_bytes: int
    """Where batches end, and what is shuffled together, depends on it."""

    num_units: int
    """Units that were handed out to their end."""

    num_batches: int
    """Batches of the unit behind them that were handed out."""

    rejected: Mapping[str, int] = {}
    """Damaged rows among all of these, by reason."""


def take_up(resume: Mapping[str, object], start: StreamState) -> StreamState:
    """Return the state from which a stream goes on.

    Args:
        resume: What `DocumentStream.state` returned.
        start: The state in which the stream would begin.

    Raises:
        InputError: It is none, or of another stream.
    """
    try:
        state = StreamState.model_validate(resume)
    except ValidationError as error:
        raise InputError("resume takes what state() returned") from error
    wanted = start.model_copy(update={name: getattr(state, name) for name in _PROGRESS})
    differing = [name for name, value in wanted if getattr(state, name) != value]
    if differing:
        raise InputError(
            "the state is of another stream: "
            + ", ".join(
                f"{name} {getattr(state, name)}, not {getattr(wanted, name)}" for name in differing
            )
        )
    return state
