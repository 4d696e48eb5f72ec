"""Calls: what Twilio tells us of one, and the TwiML that speaks and listens.

Keys first, speech where the language has it, recordings for open answers. TwiML is made by the official SDK. Source:
Twilio's "TwiML for Programmable Voice" (Gather, Record, Dial, Say) and "Voice webhooks".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels import twilio
from channels.base import Inbound, Malformed, Provider, clean
from flows.events import Channel, Digits, Entry, Input, Recording, Text
from flows.speaking import Line
from locales.languages import Languages

SILENCE = 5  # seconds without a key or a word
LONGEST_RECORDING = 60  # seconds
LONGEST_CALL = 20 * 60  # seconds
_RINGS = 20  # seconds that the desk's phone rings
_KEYS = "1234567890*#"
_CALL_ID = re.compile(r"CA[0-9a-f]{32}", re.IGNORECASE)
_RECORDING_ID = re.compile(r"RE[0-9a-f]{32}", re.IGNORECASE)
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})

Sound = Callable[[Line], Sequence[str] | None]  # addresses of the recordings that say a line; None: a voice says it


# --- What Twilio tells us --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a caller did after we spoke. `input`: None for silence; `dialled`: what became of a call put through."""

    call_id: str
    input: Input | None
    seconds: int = 0  # of a recording
    dialled: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording is ready to be fetched."""

    call_id: str
    id: str
    seconds: int


def parse_call(form: twilio.Form, at: datetime) -> Inbound:
    """A call that begins. Raises `Malformed`. A hidden number is known by the call alone."""
    fields = twilio.fields_of(form)
    id_, caller, called = _call_id(fields), fields.get("From", "").strip(), fields.get("To", "").strip()
    if not re.fullmatch(r"\+?[0-9]{3,15}", called):
        raise Malformed("To is missing or no number")
    is_shown = twilio.is_number(caller)
    return Inbound(
        provider=Provider.TWILIO,
        kind="call",
        id=id_,
        channel=Channel.VOICE,
        sender=caller if is_shown else id_,
        recipient=called,
        at=at,
        input=None,
        repliable=is_shown and caller != called,
    )


def parse_turn(form: twilio.Form) -> Pressed:
    """An answer, or silence. Keys win over speech. Raises `Malformed` without a call's id."""
    fields = twilio.fields_of(form)
    call_id, digits = _call_id(fields), fields.get("Digits", "")
    recording, dialled = fields.get("RecordingSid", ""), fields.get("DialCallStatus", "")
    if _RECORDING_ID.fullmatch(recording):
        seconds = _seconds(fields)
        if digits in ("0", "9", "*"):
            return Pressed(call_id, Digits(digits))
        return Pressed(call_id, Recording(recording) if seconds else None, seconds)
    if digits and digits != "hangup":
        return Pressed(call_id, Digits(digits[:32]), dialled=dialled)
    said = clean(fields.get("SpeechResult", ""))[:1600].strip()
    return Pressed(call_id, Text(said) if said else None, dialled=dialled)


def parse_recording(form: twilio.Form) -> Recorded | None:
    """A recording's own report; None when it failed or holds nothing. Raises `Malformed`."""
    fields = twilio.fields_of(form)
    id_ = fields.get("RecordingSid", "")
    if not _RECORDING_ID.fullmatch(id_):
        raise Malformed("RecordingSid is missing or no id")
    seconds = _seconds(fields)
    is_there = fields.get("RecordingStatus", "completed") == "completed" and seconds > 0
    return Recorded(_call_id(fields), id_, seconds) if is_there else None


def parse_call_status(form: twilio.Form) -> tuple[str, bool]:
    """A call's id, and whether it is over. Raises `Malformed`."""
    fields = twilio.fields_of(form)
    return _call_id(fields), fields.get("CallStatus", "") in _OVER


def _call_id(fields: dict[str, str]) -> str:
    id_ = fields.get("CallSid", "")
    if not _CALL_ID.fullmatch(id_):
        raise Malformed("CallSid is missing or no id")
    return id_


def _seconds(fields: dict[str, str]) -> int:
    raw = fields.get("RecordingDuration", "0")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= 5 else 0


# --- What we say -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ask:
    """Wait for keys or words. `speech`: the language they are heard in, "" for keys only."""

    action: str
    entry: Entry
    speech: str = ""
    hints: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Wait for a spoken message; a key before it begins is an answer as well."""

    action: str
    report: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Put the call through to the desk; `announce`: what its worker hears first."""

    action: str
    number: str
    caller_id: str
    announce: str


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Next = Ask | Record | Connect | HangUp


def render(lines: Sequence[Line], after: Next, languages: Languages, sound: Sound) -> str:
    """The TwiML that says these lines and then does what comes next."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    match after:
        case Ask():
            _say(_gather(response, after), lines, languages, sound)
        case Record():
            keys = response.gather(
                input="dtmf", num_digits=1, finish_on_key="", timeout=1, action=after.action, method="POST"
            )
            _say(keys, lines, languages, sound)
            response.record(
                action=after.action, method="POST", max_length=LONGEST_RECORDING, timeout=SILENCE,
                finish_on_key=_KEYS, play_beep=True, transcribe=False, recording_status_callback=after.report,
                recording_status_callback_method="POST",
            )  # fmt: skip
            response.redirect(after.action, method="POST")
        case Connect():
            _say(response, lines, languages, sound)
            dial = response.dial(
                action=after.action, method="POST", timeout=_RINGS, caller_id=after.caller_id, answer_on_bridge=True
            )
            dial.number(after.number, url=after.announce, method="POST")
        case HangUp():
            _say(response, lines, languages, sound)
            response.hangup()
    return str(response)


def announce(lines: Sequence[Line], action: str, languages: Languages, sound: Sound) -> str:
    """What the desk's worker hears before the caller: one key takes the call, so that no voice mail does."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    keys = response.gather(input="dtmf", num_digits=1, finish_on_key="", timeout=SILENCE, action=action, method="POST")
    _say(keys, lines, languages, sound)
    response.hangup()
    return str(response)


def bridge(*, is_taken: bool) -> str:
    """After the worker's key: nothing more to say lets the two speak; otherwise the worker's leg ends."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    if not is_taken:
        response.hangup()
    return str(response)


def busy() -> str:
    """The call is not taken."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    response.reject(reason="busy")
    return str(response)


def call_out(number: str, caller_id: str) -> str:
    """For the desk's phone that was rung: dial the family."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    response.dial(timeout=_RINGS, caller_id=caller_id, answer_on_bridge=True).number(number)
    return str(response)


def meet(room: str, *, is_desk: bool) -> str:
    """A conversation of three; it begins and ends with the desk's worker."""
    from twilio.twiml.voice_response import VoiceResponse  # only calls need it

    response = VoiceResponse()
    response.dial().conference(
        room, start_conference_on_enter=is_desk, end_conference_on_exit=is_desk, beep="false", max_participants=3
    )
    return str(response)


def _gather(response: Any, ask: Ask) -> Any:
    more: dict[str, Any] = {"num_digits": ask.entry.digits} if ask.entry.digits else {}
    if ask.speech and ask.entry.part != "card":
        more |= {"language": ask.speech, "speech_timeout": 2, **({"hints": ask.hints} if ask.hints else {})}
    return response.gather(
        input="dtmf speech" if "language" in more else "dtmf",
        finish_on_key="" if ask.entry.digits else "#",
        timeout=SILENCE,
        action=ask.action,
        method="POST",
        action_on_empty_result=True,
        **more,
    )


def _say(verb: Any, lines: Sequence[Line], languages: Languages, sound: Sound) -> None:
    before = ""
    for each in lines:
        if before and each.language != before:
            verb.pause(length=1)  # the next voice is another one's
        before = each.language
        played = sound(each)
        if played is not None:
            for address in played:
                verb.play(address)
        elif voice := languages[each.language].voice:
            verb.say(each.text, voice=voice)
