"""What other processes do to a catalog. They are forked from one that has loaded all this."""

import multiprocessing

from registry.catalog.catalog import Catalog
from tests.catalog.factories import seal


def run_in_processes(work, arguments) -> list[int]:
    """Call a function in a process of its own for each tuple, all at once; return exit codes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    workers = [context.Process(target=work, args=given) for given in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    return [worker.exitcode for worker in workers]


def seal_some(url: str, worker: int) -> None:
    """Seal four versions of one dataset."""
    with Catalog.open(url) as catalog:
        for number in range(4):
            seal(catalog, content=f"{worker} {number}")
