"""What a message says, to listen to: from recordings where there are, else by the voice that is set up.

For families that have an app and do not read. The sound is MP3: what every telephone plays.
"""

import logging
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

from flows import pieces
from flows.events import Entry, Prompt
from flows.speaking import lines
from flows.wording import Wording
from intake.installation import Installation

log = logging.getLogger("intake.listening")
_RATE = 16_000  # samples a second
_KILOBITS = 32  # a second: speech stays clear
_REST = _RATE // 3  # samples between two lines
_PATIENCE = 20.0  # seconds for a voice
_LONGEST = 1500  # characters


def can(here: Installation, language: str) -> bool:
    """Whether a message in this language can be heard."""
    return bool(here.voice_command) or (here.sounds.is_recorded(language) and not here.sounds.missing(language))


def sound(here: Installation, language: str, body: str, prompts: tuple[Prompt, ...], wording: Wording) -> bytes:
    """MP3; b"" when nothing can say it. It takes a while: run it in a thread."""
    files = _recordings(here, language, prompts, wording)
    spoken = [path.read_bytes() for path in files] if files else _by_voice(here, language, body)
    return _mp3(spoken) if spoken else b""


def _recordings(
    here: Installation, language: str, prompts: tuple[Prompt, ...], wording: Wording
) -> list[Path]:  # fmt: skip
    """The recordings that say it all, in order; [] when one is missing."""
    heard = tuple(replace(each, entry=each.entry or Entry()) if each.choices else each for each in prompts)
    found = []
    for line in lines(heard, language, wording):
        for name in pieces.of_line(line):
            path = here.sounds.file(line.language, f"{name}.wav")
            if path is None:
                return []
            found.append(path)
    return found


def _by_voice(here: Installation, language: str, body: str) -> list[bytes]:
    """Each line by the program that is set up: words in, sound out."""
    if not here.voice_command:
        return []
    command = shlex.split(here.voice_command.replace("{language}", language))
    spoken = []
    for line in body[:_LONGEST].splitlines():
        try:
            done = subprocess.run(command, input=line.encode(), capture_output=True, timeout=_PATIENCE, check=True)
        except (OSError, subprocess.SubprocessError) as problem:
            log.warning("no_voice", extra={"code": type(problem).__name__})
            return []
        spoken.append(done.stdout)
    return spoken


def _mp3(spoken: list[bytes]) -> bytes:
    import lameenc  # native, like the other; only who listens needs them
    import miniaudio

    encoder = lameenc.Encoder()
    encoder.set_bit_rate(_KILOBITS)
    encoder.set_in_sample_rate(_RATE)
    encoder.set_channels(1)
    encoder.silence()
    out = bytearray()
    for each in spoken:
        try:
            decoded = miniaudio.decode(each, miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=_RATE)
        except miniaudio.DecodeError:
            log.warning("no_sound")
            return b""
        out += encoder.encode(decoded.samples.tobytes() + bytes(2 * _REST))
    return bytes(out + encoder.flush())
