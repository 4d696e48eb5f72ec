"""Long work whose page shows how far it is while it is being done: a page that comes in pieces needs no script."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

_T = TypeVar("_T")
_LOOK_EVERY = 0.5  # seconds
Done = Callable[[int], object]


class Watched(Generic[_T]):
    """Going through it gives percentages, each once, until the work is done."""

    def __init__(self, start: Callable[[Done], Future[_T]], total: int) -> None:
        """`start` begins the work and hands it where to tell of each part of `total` that is done."""
        self._done, self._total = 0, max(total, 1)
        self._future = start(self._add)

    def __iter__(self) -> Iterator[int]:
        shown = -1
        while not wait((self._future,), _LOOK_EVERY).done:
            percent = min(99, 100 * self._done // self._total)
            if percent > shown:
                yield percent
            shown = percent

    def result(self) -> _T:
        return self._future.result()

    def _add(self, many: int) -> None:
        self._done += many


def beside(work: Callable[[], _T]) -> Future[_T]:
    """`work` in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work)
    finally:
        pool.shutdown(wait=False)
