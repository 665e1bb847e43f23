"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import Detail

LIBRARIES = ("pyarrow", "tokenizers", "orjson", "ftfy", "numpy", "pydantic", "sqlalchemy")


def describe_machine() -> dict[str, Detail]:
    """Return processor, cores, memory, Python and the versions of the libraries that matter."""
    return {
        "cpu": _cpu_model(),
        "num_cores": os.cpu_count() or 0,
        "load_average": round(os.getloadavg()[0], 2),
        "platform": platform.platform(terse=True),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
    }


def _cpu_model() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
