"""A real telephone call: SIP and RTP between two telephones that others wrote, keys as tones, our service behind one of them.

Asked for by `make sip`: it takes as long as people talk. What the caller heard is kept as sound and compared with what should
have been said.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest

from flows import pieces
from intake import service
from storage import desks
from storage.database import Session
from tests.installed import installed
from tests.network import free_port, wait_until_it_listens
from tests.sip.gateway import Gateway
from tests.sip.softphone import Softphone
from tests.sip.sound import RATE, Samples, find, spoken, without_silence, write
from tests.transcript import ROOT

pytestmark = pytest.mark.skipif(not os.environ.get("SIP_CALL"), reason="a call takes a minute: `make sip` makes one")
PUBLIC, TOKEN, CALLER, OURS = "https://loket.example", "sip", "+32470000001", "+3290000001"
_REST = 0.1  # seconds at least between two prompts
_EDGE = 0.25  # seconds at either end of a prompt that are listened to apart
_MENU = [
    ("nl", "Dag. Kies uw taal."),
    ("nl", "Voor Nederlands: druk op 1."),
    ("fr", "Pour le français : appuyez sur 2."),
    ("so", "call.language.1.wav"),
    ("so", "digit.3.wav"),
]
_PURPOSE = [("nl", "Dag!"), ("nl", "Wat kunnen we voor u doen?"), ("nl", "Zoekt u opvang voor uw kind? Druk op 1.")]
_BIRTH = [
    ("nl", "Is het kind al geboren? Druk op 1. Nog niet geboren? Druk op 2."),
    ("nl", "In welke maand is het kind geboren? Druk op twee cijfers. Voor maart: 0 en 3."),
    ("nl", "En in welk jaar? Druk op vier cijfers. Bijvoorbeeld: 2, 0, 2, 5."),
    ("nl", "Geboren: maart 2025."),
    ("nl", "Is dat fout? Druk op 9."),
    ("nl", "In welke gemeente moet de opvang zijn? Druk op de vier cijfers van de postcode."),
]
_DOOR = [("so", "call.door.wav"), ("so", "call.interpreter.wav")]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as it is installed, with one desk; of Somali the first ten recordings were imported."""
    for program in ("baresip", "espeak-ng"):
        assert shutil.which(program), f"{program} is missing: `make sip` brings it where it can"
    folder, port = tmp_path_factory.mktemp("service"), free_port()
    settings, keys, database = installed(folder)
    database.write(_offer).result()
    here = service.load(keys, settings)
    for name in pieces.door("so", here.wording_of(here.form)):
        write(folder / "door.wav", recording(name))
        here.sounds.take("so", name, (folder / "door.wav").read_bytes())
    database.close()
    environment = {
        **os.environ, "INTAKE_DATA_DIR": str(folder), "INTAKE_PUBLIC_URL": PUBLIC, "INTAKE_TEST": "1",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": TOKEN,
    }  # fmt: skip
    command = [sys.executable, "-m", "intake", "serve", "--port", str(port), "--no-worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    wait_until_it_listens(port)
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    process.wait(15)


def _offer(session: Session) -> None:
    (desk,) = desks.everything(session)
    desks.choose(session, desk, desks.Choices(languages=("nl", "fr", "so")))


def recording(name: str) -> Samples:
    """In the place of a volunteer: each name of a recording spelled out in another voice."""
    return without_silence(spoken("sw", name.replace(".", " ")))


def test_a_caller_hears_the_menu_and_answers_by_keys(origin: str, tmp_path: Path) -> None:
    with Softphone(tmp_path, "desk", picks_up=True) as line, Softphone(tmp_path, "family") as family:
        gateway = Gateway(line, origin, PUBLIC, TOKEN, CALLER, OURS)
        call = Thread(target=gateway.take_a_call)
        call.start()
        family.dial(line.address)
        after(gateway, 1, family, "1")  # Dutch
        breaks_off(gateway, _PURPOSE[-1], family, "1")
        for so_far, keys in enumerate(("1", "03", "2025"), 2):
            after(gateway, so_far, family, keys)
        after(gateway, 5, family, "")
        family.hang_up()
        call.join(20)
    said = [(each.language, each.words) for each in gateway.said]
    assert [each for each in said if each in (*_MENU, *_PURPOSE, *_BIRTH)] == [*_MENU, *_PURPOSE, *_BIRTH]
    heard = keep(family)
    at = in_order(_MENU + _PURPOSE[:-1], heard, 0)
    left_out = said[said.index(_PURPOSE[-1]) + 1 : said.index(_BIRTH[0])]
    assert left_out and all(find(sound_of(*each), heard).likeness < 0.6 for each in left_out)
    in_order(_BIRTH, heard, at)
    found = conversation(origin)
    assert (found["asking"], found["status"]) == ("place", "with_bot")
    assert found["answers"] == {"family": {"language": "nl", "purpose": "own"}, "children": [{"birth": "given"}]}


def test_a_caller_whose_language_has_ten_recordings_leaves_a_message(origin: str, tmp_path: Path) -> None:
    with Softphone(tmp_path, "desk", picks_up=True) as line, Softphone(tmp_path, "family") as family:
        gateway, name = Gateway(line, origin, PUBLIC, TOKEN, "+32470000002", OURS), spoken("sw", "jina langu ni Amina")
        call = Thread(target=gateway.take_a_call)
        call.start()
        family.dial(line.address)
        after(gateway, 1, family, "3")
        after(gateway, 3, family, "")  # the tone
        family.play(name)
        time.sleep(3)
        family.press("#")
        call.join(30)
    in_order(_MENU + _DOOR, keep(family), 0)
    assert find(without_silence(name), line.heard).likeness > 0.9
    assert int(next(each for each in gateway.asked if each.get("Digits") == "#")["RecordingDuration"]) in (3, 4)
    found = conversation(origin, "+32470000002")
    assert (found["status"], found["answers"]["family"]) == ("waiting", {"language": "so"})


def after(gateway: Gateway, listens: int, family: Softphone, keys: str) -> None:
    """Press these keys once everything was said for the so-manieth time; a person takes a moment."""
    until = time.monotonic() + 90
    while gateway.listens < listens:
        assert time.monotonic() < until, gateway.asked
        time.sleep(0.02)
    for key in keys:
        time.sleep(0.4)
        family.press(key)


def breaks_off(gateway: Gateway, prompt: tuple[str, str], family: Softphone, key: str) -> None:
    """Press a key in the middle of a prompt."""
    until = time.monotonic() + 20
    while prompt not in [(each.language, each.words) for each in gateway.said]:
        assert time.monotonic() < until
        time.sleep(0.02)
    before = [sound_of(*each) for each in _PURPOSE[:-1]]
    time.sleep(sum(map(len, before)) / RATE + 0.5)
    family.press(key)


def sound_of(language: str, words: str) -> Samples:
    """What should be heard, made anew: nothing of what was sent is looked at."""
    return recording(words.removesuffix(".wav")) if words.endswith(".wav") else spoken(language, words)


def in_order(prompts: list[tuple[str, str]], heard: Samples, at: float) -> float:
    """Each prompt whole after the one before, from its first to its last word, neither faint nor clipped; where it ended."""
    for language, words in prompts:
        sound = without_silence(sound_of(language, words))
        rest = heard[round(at * RATE) :]
        found = find(sound, rest)
        assert found.likeness > 0.9 and found.at > _REST, (words, found)
        for place, edge in (
            (0, sound[: round(_EDGE * RATE)]),
            (len(sound) / RATE - _EDGE, sound[-round(_EDGE * RATE) :]),
        ):
            begin = round((found.at + place) * RATE)
            there = rest[max(begin - 80, 0) : begin + len(edge) + 80]
            assert find(edge, there).likeness > 0.9, (words, place)
        at += found.at + len(sound) / RATE
    assert 0.2 < np.abs(heard).max() < 0.99
    return at


def keep(family: Softphone) -> Samples:
    """What the caller heard; kept in $SIP_CALL_SOUND to be listened to."""
    heard = family.heard
    if folder := os.environ.get("SIP_CALL_SOUND"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        write(Path(folder) / f"{family.folder.parent.name}.wav", heard)
    return heard


def conversation(origin: str, caller: str = CALLER) -> dict[str, object]:
    query = urlencode({"channel": "voice", "address": caller})
    with urlopen(f"{origin}/test/conversation?{query}") as answer:
        return dict(json.load(answer))
