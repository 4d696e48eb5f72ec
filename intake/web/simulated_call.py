"""A telephone in a browser, in the demonstration: it calls the desk through the same turns as a real provider.

It works without JavaScript: every key is a button of a form. Where espeak-ng is installed it speaks; else the browser
does; the words stand there in any case, and so does each TwiML document.
"""

import secrets
import shutil
import subprocess
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from channels import simulated_call, simulator
from channels.base import Provider
from channels.simulated_call import Heard, Said
from channels.simulator import SimulatorTelephone
from channels.voice import Pressed
from flows.desk import SOURCE
from intake import calls, demo
from intake.desk import DeskError
from intake.installation import Installation
from intake.web.auth import Visitor, posted, recorded, visitor
from intake.web.pages import Form, back_to, page
from storage import calls as kept
from storage.database import Session

router = APIRouter(prefix="/simulator/phone", tags=["simulator"], include_in_schema=False)
Visited = Annotated[Visitor, Depends(visitor)]
Posted = Annotated[Form, Depends(posted)]
_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#")
_HIDDEN = "hidden"
_BYTES_A_SECOND = 32_000  # of what our page records
_LONGEST = 600  # characters that are spoken at once
_VOICES = {"fr": "fr-be", "en": "en-gb", "pt": "pt", "ku": "ku", "ti": "am"}  # espeak-ng's names where they differ


@dataclass(frozen=True)
class Line:
    language: str
    text: str
    sound: str  # address of it spoken, "" where no voice can


@router.get("")
def show(request: Request, visited: Visited, call: str = "", keys: str = "") -> HTMLResponse:
    document = _document(request, call) if call else ""
    heard = simulated_call.hear(document, request.app.state.installation.words) if document else None
    lines = [_line(request.app.state.installation, each) for each in heard.lines] if heard else []
    return page(
        request, "phone.html", "simulator", call=call, heard=heard, lines=lines, document=document, typed=keys,
        keys=_KEYS, numbers=(*demo.PHONES, _HIDDEN), desk_number=demo.NUMBER,
    )  # fmt: skip


@router.post("/call")
def ring(request: Request, visited: Visited, form: Posted) -> RedirectResponse:
    number = form.get("from", "")
    if number not in (*demo.PHONES, _HIDDEN):
        raise DeskError(400, "Choose a phone.")
    state, call_id = request.app.state, f"CA{secrets.token_hex(16)}"
    inbound = simulator.parse_call(call_id, "" if number == _HIDDEN else number, demo.NUMBER, state.now())
    state.database.write(lambda session: calls.ring(session, state.installation, inbound)).result()
    return back_to(f"/simulator/phone?call={call_id}")


@router.post("/turn")
def turn(request: Request, visited: Visited, form: Posted) -> RedirectResponse:
    """One thing the caller does: a key, words, a recording, silence."""
    call_id = form.get("call", "")
    heard = simulated_call.hear(_document(request, call_id), request.app.state.installation.words)
    pressed = _pressed(call_id, heard, form)
    if pressed is None:  # more keys are awaited
        return back_to(f"/simulator/phone?{urlencode({'call': call_id, 'keys': _keys(form)})}")
    _answer(request, call_id, heard, pressed)
    return back_to(f"/simulator/phone?call={call_id}")


@router.post("/spoken")
def spoken(request: Request, visited: Visited, sound: Annotated[bytes, Depends(recorded)], call: str = "") -> Response:
    """What the caller says after the tone, from the microphone."""
    recording_id = f"RE{secrets.token_hex(16)}"
    telephone = request.app.state.telephones.get(Provider.SIMULATOR)
    if not isinstance(telephone, SimulatorTelephone):
        raise DeskError(404, "This call is not there any more.")
    telephone.keep(recording_id, sound)
    heard = simulated_call.hear(_document(request, call), request.app.state.installation.words)
    _answer(request, call, heard, simulated_call.record(call, recording_id, _seconds(sound)))
    return Response(status_code=204)


@router.post("/hang-up")
def hang_up(request: Request, visited: Visited, form: Posted) -> RedirectResponse:
    state, call_id = request.app.state, form.get("call", "")
    state.database.write(
        lambda session: calls.hang_up(session, state.installation, Provider.SIMULATOR, call_id, state.now())
    ).result()
    return back_to("/simulator/phone")


@router.get("/sound")
def sound(request: Request, visited: Visited, language: str = "", text: str = "") -> Response:
    """The words, spoken by espeak-ng."""
    program = shutil.which("espeak-ng")
    if program is None or language not in request.app.state.installation.words or len(text) > _LONGEST:
        raise DeskError(404, "No voice can say this here.")
    spoken = subprocess.run(
        [program, "-v", _VOICES.get(language, language), "--stdout", "--", text], capture_output=True, timeout=10,
        check=False,
    )  # fmt: skip
    if spoken.returncode:
        raise DeskError(404, "No voice can say this here.")
    return Response(spoken.stdout, media_type="audio/wav", headers={"X-Content-Type-Options": "nosniff"})


def _answer(request: Request, call_id: str, heard: Heard, pressed: Pressed) -> None:
    state = request.app.state
    inbound = simulator.parse_call(call_id, demo.PHONES[0], demo.NUMBER, state.now())
    state.database.write(
        lambda session: calls.answer(session, state.installation, inbound, pressed, heard.turn, heard.mac)
    ).result()


def _seconds(sound: bytes) -> int:
    return max(len(sound) // _BYTES_A_SECOND, 1)


def _pressed(call_id: str, heard: Heard, form: Form) -> Pressed | None:
    match form.get("does", "keys"):
        case "speaks":
            return simulated_call.say(call_id, form.get("words", "")[:200])
        case "records":
            return simulated_call.record(call_id, f"RE{secrets.token_hex(16)}", 2)
        case "waits":
            return Pressed(call_id, None)
        case "answered" | "no-answer" as dialled:
            return Pressed(call_id, None, dialled="completed" if dialled == "answered" else dialled)
    keys = _keys(form)
    if not simulated_call.is_whole(heard, keys) and form.get("does") != "sends":
        return None
    return simulated_call.press(call_id, heard, keys)


def _keys(form: Form) -> str:
    typed = f"{form.get('keys', '')}{form.get('key', '')}"
    return "".join(key for key in typed if key in _KEYS)[:20]


def _document(request: Request, call_id: str) -> str:
    state = request.app.state

    def read(session: Session) -> str:
        call = kept.find(session, Provider.SIMULATOR.value, call_id)
        return kept.said(session, state.installation.keys, call) if call else ""

    with state.database.read() as session:
        found = read(session)
    if not found:
        raise DeskError(404, "This call is not there any more.")
    return found


def _line(here: Installation, said: Said) -> Line:
    """What is said; of a recording the words that were read for it, or what they mean."""
    if not said.recording:
        return Line(said.language, said.words, _sound(said.language, said.words))
    piece = next(each.piece for each in here.sounds.to_record(said.language) if each.piece.name == said.words)
    return Line(said.language if piece.text else SOURCE, piece.text or piece.dutch, said.recording)


def _sound(language: str, text: str) -> str:
    if shutil.which("espeak-ng") is None or not language or len(text) > _LONGEST:
        return ""
    return f"/simulator/phone/sound?{urlencode({'language': language, 'text': text})}"
