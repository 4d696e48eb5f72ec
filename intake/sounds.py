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
from typing import TypeAlias

from flows import pieces
from flows.form import Form
from flows.pieces import Piece
from flows.speaking import Line
from flows.wording import Wording
from locales.languages import Languages

RATE = 8000  # samples a second, as on a telephone line
_SUFFIX = ".wav"
_QUIETEST, _LOUDEST = -32.0, -10.0  # dB below full scale, over the words: between whispering and shouting
_SHORTEST = 0.2  # seconds
_SILENT = 30.0  # dB below the words
_STEP, _REST = RATE // 20, RATE // 10  # samples: what is measured at once, what is left before and after the words
Samples: TypeAlias = "array.array[int]"


class Level(StrEnum):
    """What a caller can do in a language."""

    NONE = "none"  # not offered
    DOOR = "door"  # leave a message in it, and be called with an interpreter
    FULL = "full"


class Unfit(Exception):
    """A recording that cannot be used. `sentence`: in English, says what to do; its gaps are filled by `values`."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values)
        self.sentence, self.values = sentence, values


@dataclass(frozen=True)
class Needed:
    """A piece that has to be recorded. `longest`: seconds."""

    piece: Piece
    longest: float
    is_at_the_door: bool
    is_there: bool


class Sounds:
    """The voices and recordings of an installation. `folder`: where recordings are; `at`: their public address."""

    def __init__(self, languages: Languages, form: Form, wording: Wording, folder: Path, at: str) -> None:
        self._languages, self._form, self._wording, self._folder, self._at = languages, form, wording, folder, at
        self._read = lru_cache(maxsize=64)(self._names)
        self._reached = lru_cache(maxsize=64)(self._level)
        self._needed = lru_cache(maxsize=64)(self._needed_names)

    def level(self, language: str) -> Level:
        """A language with a voice can say everything; another one what was recorded of it."""
        if self._languages[language].voice:
            return Level.FULL
        recorded = self._recorded(language)
        return self._reached(language, recorded) if recorded else Level.NONE

    def _level(self, language: str, recorded: frozenset[str]) -> Level:
        if self._needed(language) <= recorded:
            return Level.FULL
        return Level.DOOR if set(pieces.door(language, self._wording)) <= recorded else Level.NONE

    def _needed_names(self, language: str) -> frozenset[str]:
        return frozenset(piece.name for piece in pieces.everything(self._form, language, self._wording))

    def progress(self, language: str) -> tuple[int, int]:
        """How many pieces of a language are recorded, of how many."""
        needed = self._needed(language)
        return len(needed & self._recorded(language)), len(needed)

    def is_recorded(self, language: str) -> bool:
        """Whether there are recordings at all."""
        return bool(self._recorded(language))

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

    def can_say(self, line: Line) -> bool:
        """Whether anything is heard of a line: a voice, or recordings of all of it."""
        return bool(self._languages[line.language].voice) or self.play(line) is not None

    def file(self, language: str, name: str) -> Path | None:
        """The recording with this name, None when there is none: only names that were recorded are looked for."""
        stem = name.removesuffix(_SUFFIX)
        known = language in self._languages and name.endswith(_SUFFIX) and stem in self._recorded(language)
        return self._folder / language / name if known else None

    def to_record(self, language: str) -> tuple[Needed, ...]:
        """Every piece of a language; first those with which it can be offered."""
        recorded = self._recorded(language)
        at_the_door = frozenset(pieces.door(language, self._wording))
        found = (
            Needed(piece, pieces.longest(piece), piece.name in at_the_door, piece.name in recorded)
            for piece in pieces.everything(self._form, language, self._wording)
        )
        return tuple(sorted(found, key=lambda each: not each.is_at_the_door))

    def take(self, language: str, name: str, sound: bytes) -> None:
        """Keep one recording. Raises `Unfit`."""
        wanted = {piece.name: piece for piece in pieces.everything(self._form, language, self._wording)}
        if name not in wanted:
            raise Unfit("This language has no recording of that name.")
        converted = convert(sound, pieces.longest(wanted[name]))
        folder = self._folder / language
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{name}.new"
        unfinished.write_bytes(converted)
        unfinished.replace(folder / f"{name}{_SUFFIX}")  # whoever is calling hears the old one or the new one, whole

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
            yield Refused(path.name, "This is no sound: WAV, MP3, FLAC or OGG.")
            continue
        try:
            sounds.take(language, path.stem, path.read_bytes())
        except Unfit as problem:
            yield Refused(path.name, str(problem))


def convert(sound: bytes, longest: float) -> bytes:
    """Telephone sound (WAV, 8 kHz, mono, 16 bits), with a short rest at both ends. Raises `Unfit`."""
    import miniaudio  # native; only an import needs it

    try:
        decoded = miniaudio.decode(sound, miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=RATE)
    except miniaudio.DecodeError:
        raise Unfit("This cannot be read as sound.") from None
    loudness = _loudness(decoded.samples)
    samples = _without_silence(decoded.samples, loudness)
    seconds = max(len(samples) - 2 * _REST, 0) / RATE  # of words
    if seconds < _SHORTEST:
        raise Unfit("This holds no words. Record it again.")
    if seconds > longest:
        raise Unfit(
            "This lasts %(seconds)s seconds, at most %(longest)s. Say only these words, a little faster.",
            seconds=round(seconds, 1), longest=longest,
        )  # fmt: skip
    if loudness < _QUIETEST:
        raise Unfit("This is too quiet. Speak closer to the microphone.")
    if loudness > _LOUDEST:
        raise Unfit("This is too loud. Hold the microphone further away.")
    return _wav(samples)


def _without_silence(samples: Samples, loudness: float) -> Samples:
    """From a rest before the first word to one after the last: pieces are played one after the other."""
    limit = _power(loudness - _SILENT)
    steps = range(0, len(samples) - _STEP + 1, _STEP)
    heard = [at for at in steps if sum(each * each for each in samples[at : at + _STEP]) / _STEP > limit]
    if not heard:
        return samples[:0]
    first, end = heard[0] - _REST, heard[-1] + _STEP + _REST
    return _rest(-first) + samples[max(first, 0) : end] + _rest(end - len(samples))


def _rest(samples: int) -> Samples:
    return array.array("h", bytes(2 * max(samples, 0)))


def _power(loudness: float) -> float:
    return float(10 ** (loudness / 10) * 32768**2)


def _loudness(samples: Samples) -> float:
    """dB below full scale of the louder half of all twentieths of a second: rests do not count."""
    powers = sorted(
        sum(each * each for each in samples[at : at + _STEP]) / _STEP
        for at in range(0, len(samples) - _STEP + 1, _STEP)
    )
    louder = powers[len(powers) // 2 :]
    mean = sum(louder) / len(louder) if louder else 0.0
    return 10 * math.log10(mean / 32768**2) if mean else -100.0


def _wav(samples: Samples) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()
