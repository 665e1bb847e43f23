"""Do one thing in a thread while another is done: the next items, a digest."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@contextmanager
def meanwhile(call: Callable[[], _Answer], *, pays: bool = True) -> Iterator[Callable[[], _Answer]]:
    """Make a call in a thread while the block runs; what it gives returns the call's answer.

    Args:
        call: What is called.
        pays: Whether it takes longer than a thread to start; else it is called when asked for.
    """
    if not pays:
        yield call
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(call).result


def read_ahead(items: Iterator[_Item], *, depth: int = 2) -> Iterator[_Item]:
    """Yield the same items while a thread makes the next ones.

    At most `depth` items wait. An error in the thread is raised here, at its place in the order;
    when the consumer stops early, the thread stops at its next item.
    """
    ready: queue.Queue[_Item | _End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_produce, args=(items, ready, stopped), name="read-ahead", daemon=True
    )
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class _End:
    """Behind it nothing comes; the error that ended the items, if one did."""

    error: BaseException | None = None


def _produce(
    items: Iterator[_Item], ready: "queue.Queue[_Item | _End]", stopped: threading.Event
) -> None:
    end = _End()
    try:
        for item in items:
            if not _offer(item, ready, stopped):
                return
    except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
        end = _End(error)
    _offer(end, ready, stopped)


def _offer(
    item: _Item | _End, ready: "queue.Queue[_Item | _End]", stopped: threading.Event
) -> bool:
    """Wait until the item is taken in; false when the consumer has stopped."""
    while not stopped.is_set():
        try:
            ready.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
