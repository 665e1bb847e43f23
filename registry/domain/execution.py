"""Where work is to run."""

from enum import StrEnum

from registry.domain.base import Value


class ExecutorKind(StrEnum):
    """What runs the units of a pass."""

    AUTO = "auto"
    """Worker processes where there is enough to do for several, else this process."""

    IN_PROCESS = "in-process"
    PROCESSES = "processes"


class Execution(Value):
    """Where work is to run. It decides how long it takes, never what comes out."""

    kind: ExecutorKind = ExecutorKind.IN_PROCESS
    num_workers: int | None = None
    """How many worker processes; None: one a core."""
