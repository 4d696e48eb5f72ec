"""How each language sounds on the phone: a synthetic voice, recordings, or both; recordings go first.

Recordings are WAV files, 8,000 samples a second, one channel, in `audio/<language>/` of the data folder, each named
after what it says (`flows/pieces.py`).
"""

import array
import io
import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from flows import pieces
from flows.form import Form
from flows.speaking import Line
from flows.wording import Wording
from locales.languages import Languages

RATE = 8000  # samples a second, as on a telephone line
_SUFFIX = ".wav"
_QUIETEST, _LOUDEST = -32.0, -10.0  # dB below full scale, over the words: between whispering and shouting
_SHORTEST = 0.2  # seconds


class Level(StrEnum):
    """What a caller can do in a language."""

    NONE = "none"  # not offered
    DOOR = "door"  # leave a message in it, and be called with an interpreter
    FULL = "full"


class Sounds:
    """The voices and recordings of an installation. `folder`: where recordings are; `at`: their public address."""

    def __init__(self, languages: Languages, form: Form, wording: Wording, folder: Path, at: str) -> None:
        self._languages, self._form, self._wording, self._folder, self._at = languages, form, wording, folder, at
        self._read = lru_cache(maxsize=64)(self._names)
        self._reached = lru_cache(maxsize=64)(self._level)

    def level(self, language: str) -> Level:
        """A language with a voice can say everything; another one what was recorded of it."""
        if self._languages[language].voice:
            return Level.FULL
        recorded = self._recorded(language)
        return self._reached(language, recorded) if recorded else Level.NONE

    def _level(self, language: str, recorded: frozenset[str]) -> Level:
        needed = {piece.name for piece in pieces.everything(self._form, language, self._wording)}
        if needed <= recorded:
            return Level.FULL
        return Level.DOOR if set(pieces.door(language, self._wording)) <= recorded else Level.NONE

    def missing(self, language: str) -> tuple[str, ...]:
        """What is still to be recorded before this language can say everything."""
        recorded = self._recorded(language)
        needed = (piece.name for piece in pieces.everything(self._form, language, self._wording))
        return tuple(name for name in needed if name not in recorded)

    def play(self, line: Line) -> tuple[str, ...] | None:
        """Addresses of the recordings that say a line, one after the other; None: a voice says it."""
        recorded = self._recorded(line.language)
        if not recorded:
            return None
        names = pieces.of_line(line)
        if not set(names) <= recorded:
            return None
        return tuple(f"{self._at}/audio/{line.language}/{name}{_SUFFIX}" for name in names)

    def file(self, language: str, name: str) -> Path | None:
        """The recording with this name, None when there is none: only names that were recorded are looked for."""
        stem = name.removesuffix(_SUFFIX)
        known = language in self._languages and name.endswith(_SUFFIX) and stem in self._recorded(language)
        return self._folder / language / name if known else None

    def take(self, language: str, name: str, sound: bytes) -> str:
        """Keep one recording; what is wrong with it instead, "" when nothing is."""
        wanted = {piece.name: piece for piece in pieces.everything(self._form, language, self._wording)}
        if name not in wanted:
            return "is no name of a recording of this language"
        converted, problem = convert(sound, pieces.says(wanted[name].text))
        if not problem:
            folder = self._folder / language
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}{_SUFFIX}").write_bytes(converted)
        return problem

    def _recorded(self, language: str) -> frozenset[str]:
        """What is there now; another process may have put something there."""
        try:
            changed = (self._folder / language).stat().st_mtime_ns
        except FileNotFoundError:
            return frozenset()
        return self._read(language, changed)

    def _names(self, language: str, changed: int) -> frozenset[str]:
        return frozenset(path.stem for path in (self._folder / language).glob(f"*{_SUFFIX}"))


@dataclass(frozen=True)
class Refused:
    """A file that was not taken."""

    file: str
    why: str


def import_folder(sounds: Sounds, language: str, folder: Path) -> Iterator[Refused]:
    """Take every sound in `folder`; what was refused, file by file."""
    for path in sorted(each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")):
        if path.suffix.lower() not in (".wav", ".mp3", ".flac", ".ogg"):
            yield Refused(path.name, "is no sound: WAV, MP3, FLAC or OGG")
        elif problem := sounds.take(language, path.stem, path.read_bytes()):
            yield Refused(path.name, problem)


def convert(sound: bytes, longest: float) -> tuple[bytes, str]:
    """Telephone sound (WAV, 8 kHz, mono, 16 bits), and what is wrong with it ("" when nothing is)."""
    import miniaudio  # native; only an import needs it

    try:
        decoded = miniaudio.decode(sound, miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE)
    except miniaudio.DecodeError:
        return b"", "cannot be read as sound"
    samples = array.array("h", decoded.samples)
    seconds = len(samples) / RATE
    if seconds < _SHORTEST:
        return b"", "holds no words"
    if seconds > longest:
        return b"", f"lasts {seconds:.1f} seconds, at most {longest:.1f}: leave out the silence at its ends"
    loudness = _loudness(samples)
    if not _QUIETEST <= loudness <= _LOUDEST:
        told = "quiet: speak closer to the microphone" if loudness < _QUIETEST else "loud: hold it further away"
        return b"", f"is too {told}"
    return _wav(samples), ""


def _loudness(samples: "array.array[int]") -> float:
    """dB below full scale of the louder half of all twentieths of a second: rests do not count."""
    step = RATE // 20
    powers = sorted(
        sum(each * each for each in samples[at : at + step]) / step for at in range(0, len(samples) - step + 1, step)
    )
    louder = powers[len(powers) // 2 :]
    mean = sum(louder) / len(louder) if louder else 0.0
    return 10 * math.log10(mean / 32768**2) if mean else -100.0


def _wav(samples: "array.array[int]") -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
