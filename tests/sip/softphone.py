"""A telephone that others wrote: baresip, a SIP client for people, without sound card, told what to do over TCP.

It sends and hears real RTP (G.711) on loopback, presses keys as RFC 2833 events, and keeps what it heard as WAV.
"""

import json
import socket
import subprocess
import time
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, BinaryIO, Self

import numpy as np

from tests.network import free_port, wait_until_it_listens
from tests.sip.sound import RATE, Samples, read, silence, write

MODULES = Path("/usr/lib/baresip/modules")  # where Debian puts them
_CONFIG = """
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
audio_source aufile,{folder}/silence.wav
audio_player aubridge,nobody
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module ctrl_tcp.so
module_app account.so
module_app menu.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {folder}
"""
_QUIET = 180  # seconds of silence, longer than anybody waits here: where a file ends, baresip hangs up


class Softphone:
    """One telephone with one line, for the length of a `with`. `picks_up`: answers whoever calls."""

    def __init__(self, folder: Path, name: str, *, picks_up: bool = False) -> None:
        self.folder, self.events = folder / name, Queue[dict[str, Any]]()
        self.folder.mkdir()
        self._sip, self._control = _two_free_ports(), free_port()
        self.address = f"sip:{name}@127.0.0.1:{self._sip}"
        write(self.folder / "silence.wav", silence(_QUIET))
        mode = "auto" if picks_up else "manual"
        (self.folder / "accounts").write_text(f"<{self.address}>;regint=0;audio_codecs=pcmu;answermode={mode}\n")
        (self.folder / "contacts").write_text("")
        (self.folder / "config").write_text(
            _CONFIG.format(
                sip=self._sip, control=self._control, rate=RATE, folder=self.folder, modules=MODULES
            )
        )  # fmt: skip

    def __enter__(self) -> Self:
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(["baresip", "-f", str(self.folder)], stdout=log, stderr=log)
        wait_until_it_listens(self._control)
        self._socket = socket.create_connection(("127.0.0.1", self._control))
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._socket.close()

    def dial(self, address: str) -> None:
        self._command("dial", address)
        self.wait_for("CALL_ESTABLISHED", 10)

    def press(self, key: str) -> None:
        self._command("sndcode", key)

    def play(self, sound: Samples) -> None:
        """From now on this is heard at the other end, then silence."""
        file = self.folder / f"{time.monotonic_ns()}.wav"
        write(file, np.concatenate((sound, silence(_QUIET))))
        self._command("ausrc", f"aufile,{file}")

    def be_quiet(self) -> None:
        self._command("ausrc", f"aufile,{self.folder}/silence.wav")

    def hang_up(self) -> None:
        self._command("hangup")

    def wait_for(self, what: str, seconds: float) -> dict[str, Any]:
        """The next event of this kind; others in between are let go."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                event = self.events.get(timeout=left)
            except Empty:
                break
            if event["type"] == what:
                return event
        raise AssertionError(f"no {what} within {seconds} s: {self.folder / 'log'}")

    @property
    def heard(self) -> Samples:
        """All that came in, from the first second of the call to its end."""
        (file,) = self.folder.glob("dump-*-dec.wav")
        return read(file.read_bytes())

    def _command(self, name: str, params: str = "") -> None:
        said = json.dumps({"command": name, "params": params}).encode()
        self._socket.sendall(b"%d:%s," % (len(said), said))  # a netstring

    def _listen(self) -> None:
        stream = self._socket.makefile("rb")
        while size := _size(stream):
            message = json.loads(stream.read(size))
            stream.read(1)
            if message.get("event"):
                self.events.put(message)


def _size(stream: BinaryIO) -> int:
    """Of the netstring that comes; 0 at the end."""
    digits = b""
    while (sign := stream.read(1)) not in (b":", b""):
        digits += sign
    return int(digits or b"0")


def _two_free_ports() -> int:
    """The first of two: baresip takes the one after it for TLS, asked or not."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port
