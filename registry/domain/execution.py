"""Where work is to run."""

from enum import StrEnum

from registry.domain.base import Value


class ExecutorKind(StrEnum):
    """What runs the units of a pass."""

    AUTO = "auto"
    """Worker processes where there is enough to do for several, else this process."""

    IN_PROCESS = "in-process"
    PROCESSES = "processes"
    RAY = "ray"
    """The machines of a Ray cluster."""


class Execution(Value):
    """Where work is to run. It decides how long it takes, never what comes out."""

    kind: ExecutorKind = ExecutorKind.IN_PROCESS
    num_workers: int | None = None
    """How many tasks at a time; None: one a core, of this machine or of the cluster."""

    ray_address: str = "auto"
    """Where the cluster is; `auto`: as `RAY_ADDRESS` says, else the one on this machine."""
