"""Work in this process, one task after the other; its threads may use every core."""

from collections.abc import Iterator, Sequence

from registry.execution.base import Finished, Report, Result, Task, Work


class InProcess:
    """Run tasks here, in order; see `registry.execution.base.Executor`."""

    num_workers = 1
    is_apart = False

    def run(
        self, work: Work[Task, Result], tasks: Sequence[Task], report: Report
    ) -> Iterator[Finished[Result]]:
        """See `Executor.run`."""
        for number, task in enumerate(tasks):
            yield Finished(number, work(task, report))
