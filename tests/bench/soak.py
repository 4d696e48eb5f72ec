"""`make soak`: ten minutes of steady texting on one machine: one process with its worker, SQLite.

Memory and answers every ten seconds. Memory is flat when the line through what was measured after the first third would
not add a twentieth by the end. The families are a process of their own: beside the provider's threads they would wait
for the interpreter, and count that as ours.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from tests.bench import processors
from tests.bench.campaign import Family, Place, burst, compare, place
from tests.network import free_port, until, wait_until_it_listens
from tests.transcript import ROOT

_SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
_RATE = int(os.environ.get("SOAK_RATE", "30"))  # texts a second
_WINDOW, _DESKS = 10, 30
_Texting = Callable[[int, list[Family]], list[float]]


def main() -> int:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before we begin; {_RATE} texts a second\n")
    print("seconds  MB     p50 ms  p99 ms", flush=True)
    rows, every = list[tuple[float, float]](), list[float]()
    with (
        tempfile.TemporaryDirectory() as folder,
        place(Path(folder), f"sqlite:///{folder}/soak.db", _DESKS) as at,
        _families() as text,
        _serving(at) as (port, process),
    ):
        began = time.perf_counter()
        while time.perf_counter() - began < _SECONDS:
            took = sorted(text(port, at.more_families(_RATE * _WINDOW)))
            rows.append((time.perf_counter() - began, processors.memory([process])))
            half, late = _spread(took)
            print(f"{rows[-1][0]:7.0f}  {rows[-1][1]:5.1f}  {half:6.1f}  {late:6.1f}", flush=True)
            every += took
        until(at.is_drained, 120)
        kept = compare(at)
    half, late = _spread(sorted(every))
    print(f"\n{len(every)} texts, {kept} answers sent, 0 lost, 0 doubled; p50 {half:.1f}, p99 {late:.1f} ms", end="; ")
    print(f"p99 / p50 = {late / half:.1f}")
    return _verdict(rows)


@contextmanager
def _families() -> Iterator[_Texting]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:

        def text(port: int, families: list[Family]) -> list[float]:
            took, told = elsewhere.submit(_text, port, families).result()
            for family, ids in zip(families, told, strict=True):
                family.told = ids
            return took

        text(0, [])  # it is there
        yield text


def _text(port: int, families: list[Family]) -> tuple[list[float], list[list[str]]]:
    took = asyncio.run(burst(port, families, _WINDOW)) if families else []
    return took, [family.told for family in families]


@contextmanager
def _serving(at: Place) -> Iterator[tuple[int, int]]:
    """Port and process id."""
    port = free_port()
    command = [sys.executable, "-m", "intake", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=at.surroundings, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, 120)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _verdict(rows: list[tuple[float, float]]) -> int:
    settled = rows[len(rows) // 3 :]
    grows = slope([at for at, _ in settled], [size for _, size in settled]) * (settled[-1][0] - settled[0][0])
    share = grows / settled[0][1]
    print(f"{grows:+.1f} MB over the last {settled[-1][0] - settled[0][0]:.0f} s ({share:+.1%})")
    print("memory is flat" if share <= 0.05 else "memory grows")
    return 0 if share <= 0.05 else 1


def slope(times: list[float], values: list[float]) -> float:
    """Of the line through these, by least squares; 0 for fewer than two."""
    return statistics.linear_regression(times, values).slope if len(times) > 1 else 0.0


def _spread(ordered: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    return statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000


if __name__ == "__main__":
    sys.exit(main())
