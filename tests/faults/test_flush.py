"""The disk says that it could not flush (EIO from fsync): nothing is acknowledged meanwhile, nothing that was is lost.

`strace` makes the calls fail in the running service; SQLite takes back what it could not flush, and so does the spool.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.spool import Spool
from tests.faults.families import OURS, check, signed_post, toll
from tests.faults.server import server
from tests.faults.table import Tell, size
from tests.faults.test_kills import installation, start, tell_to_the_end
from tests.network import until, wait_until_it_listens

TIMES = size("FLUSH_FAULTS", 3)
pytestmark = pytest.mark.skipif(
    not shutil.which("strace") and not os.environ.get("CI"),
    reason="strace is not installed: no flush can be made to fail",
)


@contextmanager
def no_flush(process: int) -> Iterator[None]:
    """Every fsync and fdatasync of this process fails, for the length of a `with`."""
    command = ["strace", "-f", "-q", "-o", os.devnull, "-e", "inject=fsync,fdatasync:error=EIO", "-p", str(process)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: _is_traced(process) or tracer.poll() is not None, 20)
        assert tracer.poll() is None, f"the service cannot be traced: {tracer.stderr and tracer.stderr.read()}"
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)


def _is_traced(process: int) -> bool:
    threads = Path(f"/proc/{process}/task").iterdir()
    return all("TracerPid:\t0\n" not in (each / "status").read_text() for each in threads)


def text(port: int, number: int, sender: str = "+32470000091") -> int:
    sent = {"MessageSid": f"SM{number + 16**31:032x}", "From": sender, "To": OURS, "Body": "dag", "NumMedia": "0"}
    return signed_post(port, "/twilio/sms", sent)[0]


def call(port: int, number: int) -> tuple[int, str]:
    told = {"CallSid": f"CA{number:032x}", "From": "+32470000092", "To": OURS, "CallStatus": "ringing"}
    return signed_post(port, "/twilio/voice", told)


def test_what_could_not_be_flushed_is_not_acknowledged(tmp_path: Path, tell: Tell) -> None:
    with installation(tmp_path, f"sqlite:///{tmp_path / 'flush.db'}") as (database, keys, work):
        child = start(work.nursery)
        wait_until_it_listens(work.port)
        for family in work.families:
            family.start()
        for number in range(TIMES):
            time.sleep(0.4)
            with no_flush(child):
                before = toll(database, work.families).acknowledged
                answers = [
                    text(work.port, number * 10 + each, f"+3247000{number * 10 + each:04d}") for each in range(3)
                ]
                status, said = call(work.port, number)
                assert answers == [503] * 3 and status == 200 and "Het spijt ons" in said and "<Gather" not in said
                assert toll(database, work.families).acknowledged - before <= len(
                    work.families
                )  # under way as it began
        tell_to_the_end(work)
        os.kill(child, signal.SIGKILL)  # what stands there now is what was flushed, or would have been
        found = toll(database, work.families)
        tell(
            "the disk refuses to flush (EIO) while eight families text",
            TIMES,
            found.lost,
            found.doubled,
            "FLUSH_FAULTS",
        )
        assert check(database, keys, work.families) > 10 * TIMES


def test_a_webhook_that_the_spool_could_not_flush_is_not_acknowledged(tmp_path: Path) -> None:
    with server() as running, installation(tmp_path, running.url) as (_, keys, work):
        child = start(work.nursery)
        wait_until_it_listens(work.port)
        assert text(work.port, 1) == 200
        running.stop()
        spool = Spool(tmp_path / "spool", keys)
        with no_flush(child):
            assert text(work.port, 2) == 503
        assert text(work.port, 2) == 200 and spool.count() == 1
        running.start()
        until(spool.is_empty, 300)
        os.kill(child, signal.SIGTERM)
