"""`make soak`: ten minutes of steady texting on one machine with SQLite; memory and answers every ten seconds.

Memory is flat when the line through what was measured after the first third would not add a twentieth by the end.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import processors
from tests.bench.campaign import burst, compare, place, services
from tests.network import until

_SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
_RATE = int(os.environ.get("SOAK_RATE", "50"))  # texts a second
_WINDOW, _DESKS = 10, 30


def main() -> int:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before we begin; {_RATE} texts a second\n")
    print("seconds  web MB  worker MB  p50 ms  p99 ms", flush=True)
    began, rows, every = time.perf_counter(), list[tuple[float, float, float]](), list[float]()
    with (
        tempfile.TemporaryDirectory() as folder,
        place(Path(folder), f"sqlite:///{folder}/soak.db", _DESKS) as at,
        services(at, 1, 1) as (port, parts),
    ):
        while time.perf_counter() - began < _SECONDS:
            took = sorted(asyncio.run(burst(port, at.more_families(_RATE * _WINDOW), _WINDOW)))
            web, worker = (processors.memory(parts[part]) for part in ("web", "worker"))
            rows.append((time.perf_counter() - began, web, worker))
            half, late = _spread(took)
            print(f"{rows[-1][0]:7.0f}  {web:6.1f}  {worker:9.1f}  {half:6.1f}  {late:6.1f}", flush=True)
            every += took
        until(at.is_drained, 120)
        kept = compare(at)
    half, late = _spread(sorted(every))
    print(f"\n{len(every)} texts, {kept} answers sent, 0 lost, 0 doubled; p99 / p50 = {late / half:.1f}")
    return _verdict(rows)


def _verdict(rows: list[tuple[float, float, float]]) -> int:
    settled = rows[len(rows) // 3 :]
    is_flat = True
    for name, place_ in (("web", 1), ("worker", 2)):
        grows = slope([row[0] for row in settled], [row[place_] for row in settled]) * (settled[-1][0] - settled[0][0])
        share = grows / settled[0][place_]
        is_flat = is_flat and share <= 0.05
        print(f"{name}: {grows:+.1f} MB over the last {settled[-1][0] - settled[0][0]:.0f} s ({share:+.1%})")
    print("memory is flat" if is_flat else "memory grows")
    return 0 if is_flat else 1


def slope(times: list[float], values: list[float]) -> float:
    """Of the line through these, by least squares; 0 for fewer than two."""
    return statistics.linear_regression(times, values).slope if len(times) > 1 else 0.0


def _spread(ordered: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    return statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.99)] * 1000


if __name__ == "__main__":
    sys.exit(main())
