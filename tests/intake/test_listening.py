"""A family that does not read presses "listen": the message comes back as sound, made from recordings or by a voice."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import miniaudio
import pytest

from channels import simulated_call
from channels.base import LISTEN, Provider
from channels.telegram_sender import TelegramSender
from flows import pieces
from intake import installation, listening, updates, worker
from intake.installation import Installation
from storage import clock, conversations, desks
from storage.database import Database, Session
from storage.keys import Keys
from tests.intake.test_conversations import NOW
from tests.intake.test_joining import telegram_message
from tests.network import JsonHandler, Loopback

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ACCOUNT = 7001
_ids = count(1)


class Telegram(Loopback):
    """Takes messages and sounds as Telegram's API does."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.messages: list[dict[str, object]] = []
        self.sounds: list[bytes] = []
        self.acknowledged = 0


class _Handler(JsonHandler):
    server: Telegram

    def do_POST(self) -> None:
        raw = self.received()
        what, result = self.path.rpartition("/")[2], object()
        number = next(_ids)
        message = {"message_id": number, "date": 1, "chat": {"id": ACCOUNT, "type": "private"}}
        match what:
            case "getMe":
                result = {"id": 1, "is_bot": True, "first_name": "b", "username": "b_bot"}
            case "answerCallbackQuery":
                self.server.acknowledged += 1
                result = True
            case "sendAudio":
                *_, rest = raw.partition(b'name="audio"')
                self.server.sounds.append(rest.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0])
                result = message
            case _:
                self.server.messages.append({"number": number, "raw": raw.decode()})
                result = message
        self.answer(200, {"ok": True, "result": result})


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as server:
        yield server


@pytest.fixture
def here(database: Database, keys: Keys, tmp_path: Path) -> Installation:
    def work(session: Session) -> None:
        chosen = desks.Choices(languages=("nl", "so"), dutch_alongside="off")
        desks.add(session, keys, NOW, "gent", "Gent", "+3290000001", ["9000"], chosen)

    database.write(work).result()
    return installation.load(keys, "https://loket.example", audio=tmp_path / "audio")


def voice(tmp_path: Path) -> str:
    """A program that turns words into sound: a tone in their place."""
    sound = tmp_path / "voice.wav"
    sound.write_bytes(simulated_call.tone(0.4))
    return f"cat {sound}"


def write_and_listen(database: Database, here: Installation, telegram: Telegram, *texts: str) -> list[str]:
    """The labels of the buttons under the last message; then "listen" is pressed under it."""

    async def work() -> list[str]:
        sender = TelegramSender("1:token", telegram.origin)
        for text in texts:
            await take(telegram_message(next(_ids), ACCOUNT, text), sender)
        while await worker.send_due(database, here.keys, {Provider.TELEGRAM: sender}, clock.system_now()):
            pass
        press = {
            "update_id": next(_ids),
            "callback_query": {
                "id": "q", "from": {"id": ACCOUNT, "is_bot": False, "first_name": "N"}, "data": LISTEN,
                "message": {"message_id": telegram.messages[-1]["number"], "date": 1,
                            "chat": {"id": ACCOUNT, "type": "private"}},
            },
        }  # fmt: skip
        await take(json.dumps(press).encode(), sender)
        await take(json.dumps(press).encode(), sender)  # Telegram brings it twice
        await sender.close()
        with database.read() as session:
            _, entries = conversations.of_address(session, here.keys, "telegram", str(ACCOUNT))
        return [label for label, _ in json.loads(entries[-1].buttons or "[]")]

    async def take(body: bytes, sender: TelegramSender) -> None:
        read = updates.read(body, clock.system_now())
        after = database.write(lambda session: read(session, here)).result()
        if after is not None:
            await updates.follow(sender, here, after)

    return asyncio.run(work())


def test_a_message_is_played_by_the_voice_that_is_set_up(
    database: Database, here: Installation, telegram: Telegram, tmp_path: Path
) -> None:
    here.voice_command = voice(tmp_path)
    assert write_and_listen(database, here, telegram, "dag")[-1] == "luister"
    (sound,) = telegram.sounds
    decoded = miniaudio.decode(sound)
    assert 4 < decoded.duration < 8  # as many lines as the message and its buttons have, a rest after each
    assert telegram.acknowledged == 1


def test_it_is_played_from_recordings_where_a_volunteer_made_them(
    database: Database, here: Installation, telegram: Telegram, tmp_path: Path
) -> None:
    folder = tmp_path / "audio/so"
    folder.mkdir(parents=True)
    for piece in pieces.everything(here.form, "so", here.wording_of(here.form)):
        (folder / f"{piece.name}.wav").write_bytes(simulated_call.tone(0.3))
    assert listening.can(here, "so") and not listening.can(here, "nl")
    assert write_and_listen(database, here, telegram, "salaan", "1")[-1] == "dhegayso"
    assert len(telegram.sounds) == 1


def test_without_a_voice_there_is_no_button_and_an_old_press_does_no_harm(
    database: Database, here: Installation, telegram: Telegram
) -> None:
    assert "luister" not in write_and_listen(database, here, telegram, "dag")
    assert telegram.sounds == [] and telegram.acknowledged == 1


@pytest.mark.parametrize("command", ["false", "no-such-program", "echo hello"])
def test_a_voice_that_fails_leaves_the_words(here: Installation, command: str) -> None:
    here.voice_command = command
    assert listening.sound(here, "nl", "Dag!", (), here.wording_of(here.form)) == b""


def test_a_real_voice_speaks_every_line(here: Installation) -> None:
    if shutil.which("espeak-ng") is None and not os.environ.get("CI"):
        pytest.skip("espeak-ng is not installed here")
    here.voice_command = "espeak-ng -v {language} --stdout"
    sound = listening.sound(
        here, "nl", "Dag!\nWat kunnen we doen?\n1 opvang voor mijn kind", (), here.wording_of(here.form)
    )
    assert 2 < miniaudio.decode(sound).duration < 10
