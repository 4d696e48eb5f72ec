"""A telephone without a provider: what somebody hears in our TwiML, and what they may do now.

It understands the verbs that we use, as Twilio documents them; the tests hold every document to Twilio's own grammar.
"""

import io
import math
import struct
import wave
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from channels.voice import Pressed
from flows.events import Digits, Input, Recording, Text
from locales.languages import Languages

_RATE = 8000  # samples a second, as on a telephone line


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is said. `recording`: the path of its sound, and then `words` is its name; "" for a voice."""

    language: str
    words: str
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """`digits`: how many keys are awaited, 0 for as many as it takes, None for none at all."""

    lines: tuple[Said, ...]
    digits: int | None
    listens: bool
    records: bool
    rings: str  # the number that is being rung, "" when none
    is_over: bool
    turn: int
    mac: str


def hear(document: str, languages: Languages) -> Heard:
    """What a document of ours says and asks."""
    root = ET.fromstring(document)
    voices = {language.voice: code for code, language in languages.items() if language.voice}
    said = tuple(_said(each, voices) for each in root.iter() if each.tag in ("Say", "Play"))
    gather, record, dial = root.find("Gather"), root.find("Record"), root.find("Dial")
    asked = record if record is not None else gather if gather is not None else dial
    query = parse_qs(urlsplit(asked.get("action", "") if asked is not None else "").query)
    number = dial.find("Number") if dial is not None else None
    return Heard(
        lines=said,
        digits=int(gather.get("numDigits", "0")) if gather is not None else None,
        listens=gather is not None and "speech" in gather.get("input", ""),
        records=record is not None,
        rings=(number.text or "") if number is not None else "",
        is_over=asked is None,
        turn=int(query.get("turn", ["-1"])[0]),
        mac=query.get("mac", [""])[0],
    )


def _said(verb: ET.Element, voices: Mapping[str, str]) -> Said:
    if verb.tag == "Say":
        return Said(voices.get(verb.get("voice", ""), ""), verb.text or "")
    path = urlsplit(verb.text or "").path
    *_, language, name = path.split("/")
    return Said(language, name.rpartition(".")[0], path)


def is_whole(heard: Heard, keys: str) -> bool:
    """Whether these keys are all that is awaited."""
    if heard.digits is None:
        return False
    return len(keys) >= heard.digits if heard.digits else keys.endswith("#")


def press(call_id: str, heard: Heard, keys: str) -> Pressed:
    """The keys as Twilio sends them: the hash key that ends an entry of free length is not among them."""
    given = keys[: heard.digits] if heard.digits else keys.removesuffix("#")
    return Pressed(call_id, Digits(given) if given else None)


def say(call_id: str, words: str) -> Pressed:
    return Pressed(call_id, Text(words) if words.strip() else None)


def record(call_id: str, recording_id: str, seconds: int) -> Pressed:
    given: Input = Recording(recording_id)
    return Pressed(call_id, given, seconds)


def tone(seconds: float = 1.5) -> bytes:
    """A WAV file with a rising tone, in the place of a voice: what a simulated caller "said"."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        count = int(_RATE * seconds)
        samples = (math.sin(2 * math.pi * (300 + 200 * at / count) * at / _RATE) for at in range(count))
        file.writeframes(b"".join(struct.pack("<h", int(9000 * each)) for each in samples))
    return buffer.getvalue()
