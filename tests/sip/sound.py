"""Sound as a telephone carries it: 8,000 samples a second, one channel; spoken by espeak-ng, found in a recording."""

import io
import subprocess
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

RATE = 8000
_DOWN = (160, 441)  # from the 22,050 samples a second of espeak-ng
_VOICES = {"fr": "fr-be", "en": "en-gb"}  # espeak-ng's names where they differ
Samples = np.ndarray[Any, np.dtype[np.float64]]  # between -1 and 1


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE))


@lru_cache(maxsize=256)
def spoken(language: str, text: str) -> Samples:
    """The words, in that language's voice, half as loud as can be."""
    from scipy.signal import resample_poly  # takes a second, and every process of tests reads this file

    command = ["espeak-ng", "-v", _VOICES.get(language, language), "--stdout", "--", text]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    samples = np.frombuffer(said[44:], "<i2") / 32768
    at_once = resample_poly(samples, *_DOWN)
    return 0.5 * at_once / np.abs(at_once).max()


def read(file: bytes) -> Samples:
    """A WAV file of telephone sound."""
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(opened.readframes(opened.getnframes()), "<i2") / 32768


def write(file: Path, sound: Samples) -> None:
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(RATE)
        opened.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


@dataclass(frozen=True)
class Found:
    """`at`: seconds from the beginning; `likeness`: 1 for the very same sound, about 0 for another."""

    at: float
    likeness: float


def find(sound: Samples, heard: Samples) -> Found:
    """Where `sound` is in `heard`: the peak of their normalised cross-correlation."""
    if len(heard) <= len(sound):
        return Found(0.0, 0.0)
    from scipy.signal import correlate  # see above

    products = correlate(heard, sound, "valid", "fft")
    powers = np.concatenate(([0.0], np.cumsum(heard**2)))
    around = np.sqrt(np.maximum(powers[len(sound) :] - powers[: -len(sound)], 1e-9))
    likeness = products / (around * np.sqrt((sound**2).sum()))
    at = int(likeness.argmax())
    return Found(at / RATE, float(likeness[at]))


def without_silence(sound: Samples) -> Samples:
    """From its first word to its last."""
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[loud[0] : loud[-1] + 1]
