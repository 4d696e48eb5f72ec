"""In the place of Twilio: takes a call on a real telephone line, asks our service what to say, and walks its TwiML.

Ours, because no interpreter of TwiML can be installed. It does what Twilio documents of the verbs that we use: what is
said inside Gather is broken off by a key; silence is sent on where `actionOnEmptyResult` asks for it, else what follows
is done.
"""

import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import numpy as np
from twilio.request_validator import RequestValidator

from locales import languages
from tests.sip.softphone import Softphone
from tests.sip.sound import RATE, Samples, read, silence, spoken
from tests.twiml_check import check

_BEEP = 0.4  # seconds
_ON_ITS_WAY = 1.0  # seconds that sound may be late in the telephones


class HungUp(Exception):
    """The caller put the telephone down."""


@dataclass(frozen=True)
class Prompt:
    """One thing that was said. `words`: what a voice spoke, or the name of a recording."""

    language: str
    words: str
    sound: Samples = field(repr=False, compare=False)


@dataclass
class Gateway:
    """One call. `origin`: where the service listens; `public`: the address that it believes to have, and is signed."""

    line: Softphone
    origin: str
    public: str
    token: str
    caller: str
    called: str
    said: list[Prompt] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)  # what was sent to the service, in order
    call_id: str = field(default_factory=lambda: f"CA{secrets.token_hex(16)}")
    listens: int = 0  # how many times everything was said and an answer is awaited
    _voices: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._voices = {each.voice: code for code, each in languages.load().items() if each.voice}

    def take_a_call(self) -> None:
        """From the first ring to the end, whoever ends it."""
        self.line.wait_for("CALL_ESTABLISHED", 20)
        try:
            document = self._send("/twilio/voice", {"CallStatus": "ringing"})
            while document:
                document = self._walk(document)
            self.line.hang_up()
        except HungUp:
            pass
        self._send("/twilio/voice/status", {"CallStatus": "completed", "CallDuration": "60"})

    def _walk(self, document: str) -> str:
        """Verb by verb; the document that comes next, "" when the call is over."""
        assert check(document) == [], document
        for verb in ET.fromstring(document):
            match verb.tag:
                case "Say" | "Play" | "Pause":
                    self._tell(list(self._prompts([verb])))
                case "Gather":
                    keys = self._gather(verb)
                    if keys or verb.get("actionOnEmptyResult") == "true":
                        return self._send(verb.attrib["action"], {"Digits": keys} if keys else {})
                case "Record":
                    if found := self._record(verb):
                        return self._send(verb.attrib["action"], found)
                case "Redirect":
                    return self._send((verb.text or "").strip(), {})
                case "Dial":  # nobody is there to take it
                    return self._send(verb.attrib["action"], {"DialCallStatus": "no-answer"})
                case "Hangup":
                    self._wait(_ON_ITS_WAY)
                    return ""
        return ""

    def _gather(self, verb: ET.Element) -> str:
        """The keys that were pressed, without the one that ends them; "" after silence."""
        most, ends, patience = (
            int(verb.get("numDigits", "0")),
            verb.get("finishOnKey", "#"),
            float(verb.get("timeout", "5")),
        )
        keys, key = "", self._speak(list(self._prompts(verb))) or self._key(patience)
        while key and key not in ends:
            keys += key
            if len(keys) == most:
                break
            key = self._key(patience)
        return keys

    def _record(self, verb: ET.Element) -> dict[str, str]:
        """Sound until one of the keys that end it, as Twilio tells of it; {} when nobody pressed one in time."""
        beep = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(round(RATE * _BEEP)) / RATE)
        self.line.play(beep)
        self._wait(_BEEP)
        self.listens += 1
        began = time.monotonic()
        key = self._key(float(verb.attrib["maxLength"]))
        if not key:
            return {}
        told = {"RecordingSid": f"RE{secrets.token_hex(16)}", "RecordingUrl": "x", "Digits": key,
                "RecordingDuration": str(round(time.monotonic() - began))}  # fmt: skip
        self._send(verb.attrib["recordingStatusCallback"], {**told, "RecordingStatus": "completed"})
        return told

    def _prompts(self, verbs: "ET.Element | list[ET.Element]") -> Iterator[Prompt]:
        for each in verbs:
            text = (each.text or "").strip()
            match each.tag:
                case "Say":
                    language = self._voices[each.attrib["voice"]]
                    yield Prompt(language, text, spoken(language, text))
                case "Play":
                    parts = urlsplit(text)
                    with urlopen(f"{self.origin}{parts.path}", timeout=10) as answer:
                        *_, language, name = parts.path.split("/")
                        yield Prompt(language, name, read(answer.read()))
                case "Pause":
                    yield Prompt("", "", silence(float(each.get("length", "1"))))

    def _tell(self, prompts: list[Prompt]) -> None:
        """Say it all, whatever is pressed."""
        self._wait(self._begin(prompts))

    def _begin(self, prompts: list[Prompt]) -> float:
        """How many seconds it takes."""
        self.said += [each for each in prompts if each.words]
        if prompts:
            self.line.play(np.concatenate([each.sound for each in prompts]))
        return sum(len(each.sound) for each in prompts) / RATE

    def _wait(self, seconds: float) -> None:
        """Keys that nobody asked for are lost."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._key(left)

    def _speak(self, prompts: list[Prompt]) -> str:
        """Say it all; the key that breaks it off, "" when none did."""
        key = self._key(self._begin(prompts))
        if key:
            self.line.be_quiet()
        else:
            self.listens += 1
        return key

    def _key(self, seconds: float) -> str:
        """The next key within this time, "" when none came. Raises `HungUp`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                event = self.line.events.get(timeout=left)
            except Empty:
                return ""
            if event["type"] == "CALL_CLOSED":
                raise HungUp
            if event["type"] == "CALL_DTMF_START":
                return str(event["param"])
        return ""

    def _send(self, address: str, fields: dict[str, str]) -> str:
        """Signed, as Twilio does; the TwiML that answers it."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"CallSid": self.call_id, "AccountSid": "AC" + "0" * 32, "From": self.caller, "To": self.called,
                "Direction": "inbound", "CallStatus": "in-progress", **fields}  # fmt: skip
        self.asked.append(fields)
        signature = RequestValidator(self.token).compute_signature(f"{self.public}{path}", sent)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        with urlopen(Request(f"{self.origin}{path}", urlencode(sent).encode(), headers), timeout=15) as answer:
            return str(answer.read().decode())
