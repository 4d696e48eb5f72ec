"""A telephone for the tests: it walks our TwiML as a caller would, and sends what Twilio would send. Ours, because no
current interpreter of TwiML can be installed; every document it gets is first held to the official SDK's grammar.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field

from locales import languages
from tests.twiml_check import check

Post = Callable[[str, dict[str, str]], str]  # address, fields -> TwiML


@dataclass
class Phone:
    """One call. `post` carries a request to the service, as Twilio does."""

    post: Post
    number: str
    called: str
    call_id: str
    document: str = ""
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def ring(self, address: str) -> None:
        self._send(address, {"CallStatus": "ringing"})

    @property
    def heard(self) -> list[tuple[str, str]]:
        """What is said now: (language, words), in order; a recording by the name of its file."""
        codes = {language.voice: code for code, language in languages.load().items() if language.voice}
        found: list[tuple[str, str]] = []
        for each in ET.fromstring(self.document).iter():
            if each.tag == "Say":
                found.append((codes.get(each.get("voice", ""), "?"), each.text or ""))
            elif each.tag == "Play":
                *_, language, name = (each.text or "").split("/")
                found.append((f"{language}, recorded", name.removesuffix(".wav")))
        return found

    @property
    def verbs(self) -> list[str]:
        return [each.tag for each in ET.fromstring(self.document)]

    @property
    def is_over(self) -> bool:
        return self.verbs[-1:] in (["Hangup"], []) or not self.verbs

    @property
    def records(self) -> bool:
        return "Record" in self.verbs

    @property
    def is_put_through(self) -> bool:
        return "Dial" in self.verbs

    def verb(self, tag: str) -> ET.Element:
        found = ET.fromstring(self.document).find(tag)
        assert found is not None, f"no {tag} in {self.document}"
        return found

    def press(self, keys: str) -> None:
        """Keys, as the Gather takes them: as many as it wants, without the one that ends them."""
        gather = self.verb("Gather")
        limit, ends = gather.get("numDigits"), gather.get("finishOnKey", "#")
        taken = ""
        for key in keys:
            if ends and key in ends:
                break
            taken += key
            if limit and len(taken) == int(limit):
                break
        self._send(gather.attrib["action"], {"Digits": taken})

    def wait(self) -> None:
        """Say and press nothing."""
        verb = self.verb("Redirect") if self.records else self.verb("Gather")
        self._send((verb.text or "").strip() if self.records else verb.attrib["action"], {})

    def say(self, words: str) -> None:
        gather = self.verb("Gather")
        assert "speech" in gather.get("input", ""), "nobody listens"
        self._send(gather.attrib["action"], {"SpeechResult": words, "Confidence": "0.9"})

    def record(self, seconds: int, recording_id: str, key: str = "#") -> None:
        self._send(
            self.verb("Record").attrib["action"],
            {"RecordingSid": recording_id, "RecordingDuration": str(seconds), "RecordingUrl": "x", "Digits": key},
        )

    def dial_ends(self, status: str) -> None:
        """What became of the call that was put through."""
        self._send(self.verb("Dial").attrib["action"], {"DialCallStatus": status})

    def again(self, fields: dict[str, str] | None = None) -> str:
        """The last request once more; what it is answered with."""
        address, sent = self.requests[-1]
        return self.post(address, {**sent, **(fields or {})})

    def _send(self, address: str, fields: dict[str, str]) -> None:
        sent = {
            "CallSid": self.call_id, "AccountSid": "AC" + "0" * 32, "From": self.number, "To": self.called,
            "CallStatus": "in-progress", "Direction": "inbound", **fields,
        }  # fmt: skip
        self.requests.append((address, sent))
        self.document = self.post(address, sent)
        assert check(self.document) == [], self.document
