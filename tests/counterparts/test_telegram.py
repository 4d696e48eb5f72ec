"""Telegram's side, played by others' software: the real python-telegram-bot on ours, by webhook and by polling."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from channels.base import Provider
from channels.telegram_sender import TelegramSender
from intake import probing, service
from intake.set_up import add_desk
from tests.installed import begun
from tests.network import free_port, until, wait_until_it_listens
from tests.transcript import ROOT

TOKEN, SECRET, OURS = "1234:test-token", "a_secret-of-twenty-signs", "+32460000000"
_ids = count(50_000)


class Telegram:
    """The counterpart, seen from a family's phone."""

    def __init__(self, port: int) -> None:
        self.port = port

    def write(self, account: int, text: str) -> None:
        self._post("/sendMessage", {**_person(account), "botToken": TOKEN, "date": 1_795_420_800, "text": text})

    def press(self, account: int, label: str) -> None:
        """The newest button with these words."""
        message, data = next(
            (each, button["callback_data"])
            for each in reversed(self.said(account))
            for button in buttons(each)
            if button["text"] == label
        )
        below = {**_person(account), "message_id": message["messageId"], "date": 1, "text": message["text"]}
        below["reply_markup"] = message["reply_markup"]
        query = {"botToken": TOKEN, "from": _person(account)["from"], "message": below, "data": data, "date": 1}
        self._post("/sendCallback", query)

    def deliver(self, update: Mapping[str, Any], **more: str) -> int:
        """An update of any kind; the status that our webhook answered."""
        return int(self._post("/update", {"token": TOKEN, "update": update, **more})["status"])

    def said(self, account: int) -> list[dict[str, Any]]:
        """What our bot wrote to this account, oldest first."""
        history = self._post("/getUpdatesHistory", {"token": TOKEN})["result"]
        messages = [{**each["message"], "messageId": each["messageId"]} for each in history if "message" in each]
        return [each for each in messages if str(each.get("chat_id")) == str(account)]

    def fail(self, *faults: Mapping[str, Any]) -> None:
        self._post("/faults", faults)

    def calls(self, method: str) -> list[dict[str, Any]]:
        with urlopen(f"http://127.0.0.1:{self.port}/calls", timeout=10) as answer:
            return [each for each in json.loads(answer.read()) if each["method"] == method]

    def _post(self, path: str, content: Any) -> dict[str, Any]:
        request = Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(content).encode())
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found


@pytest.fixture(scope="module")
def telegram(node: None) -> Iterator[Telegram]:
    port = free_port()
    command = ["node", str(Path(__file__).with_name("telegram_server.js")), str(port)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port, 60)
        yield Telegram(port)
    finally:
        running.terminate()
        running.wait(timeout=10)


@pytest.fixture(params=["webhook", "polling"])
def ours(
    telegram: Telegram, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Mapping[str, Any]]]:
    """Our service, reached one way or the other; gives the test door's ledger."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = begun(tmp_path)
    keys, database = service.opened(settings)
    add_desk(database, keys, "gent", "Gent", OURS, ["9000"], ["nl", "fr", "en"])
    database.close()
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(tmp_path), "INTAKE_PUBLIC_URL": address, "INTAKE_TEST": "1",
        "TELEGRAM_BOT_TOKEN": TOKEN, "INTAKE_TELEGRAM_SECRET": SECRET,
        "INTAKE_TELEGRAM_API_BASE": f"http://127.0.0.1:{telegram.port}",
    }  # fmt: skip
    intake = [sys.executable, "-m", "intake"]
    running = [subprocess.Popen([*intake, "serve", "--port", str(port)], env=surroundings, cwd=ROOT)]
    try:
        wait_until_it_listens(port)
        if request.param == "webhook":
            done = subprocess.run([*intake, "telegram", "set-webhook"], env=surroundings, cwd=ROOT, check=True,
                                  capture_output=True, text=True)  # fmt: skip
            assert f"{address}/telegram" in done.stdout
        else:
            polls = subprocess.Popen(
                [*intake, "telegram", "poll"], env=surroundings, cwd=ROOT, stdout=subprocess.DEVNULL
            )
            running.append(polls)
            before = len(telegram.calls("getUpdates"))
            until(lambda: len(telegram.calls("getUpdates")) > before, 20)
        yield lambda: json.loads(urlopen(f"{address}/test/ledger", timeout=10).read())
    finally:
        for each in reversed(running):
            each.send_signal(signal.SIGINT)
            each.wait(timeout=15)


by_webhook = pytest.mark.parametrize("ours", ["webhook"], indirect=True)


def test_a_family_asks_with_buttons_and_words(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    account = next(_ids)
    story = (
        ("writes", "dag"), ("presses", "1 opvang voor mijn kind"), ("writes", "02-2026"), ("writes", "9000"),
        ("presses", "1 zo snel mogelijk"), ("presses", "1 ja, nu"), ("writes", "0470 00 00 21"),
        ("presses", "3 maakt niet uit"), ("presses", "1 nieuw werk"), ("writes", "1 3"), ("writes", "Noor"),
        ("presses", "3 overslaan"), ("presses", "1 ja"), ("presses", "2 nee"),
    )  # fmt: skip
    for place, (how, what) in enumerate(story, 1):
        (telegram.write if how == "writes" else telegram.press)(account, what)
        until(lambda place=place: len(telegram.said(account)) >= place, 20)
    assert [each["state"] for each in ours()["registrations"]] == ["complete"]
    assert {each["status"] for each in ours()["outbound"]} == {"sent"}
    said = telegram.said(account)
    assert len(said) == len(story) and said[-1]["text"].startswith("Bedankt")
    shared = [each for each in said if "keyboard" in (each.get("reply_markup") or {})]
    assert [each["reply_markup"]["keyboard"][0][0]["request_contact"] for each in shared] == [True]


@by_webhook
def test_buttons_are_taken_away_after_the_choice(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    account = next(_ids)
    telegram.write(account, "dag")
    until(lambda: bool(telegram.said(account)), 20)
    first = telegram.said(account)[0]["messageId"]
    telegram.press(account, "1 opvang voor mijn kind")
    until(lambda: any(str(each["message_id"]) == str(first) for each in telegram.calls("editMessageReplyMarkup")), 20)
    assert telegram.calls("answerCallbackQuery")


@by_webhook
def test_a_voice_note_is_fetched_for_the_desk(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    account = next(_ids)
    telegram.write(account, "dag")
    until(lambda: len(telegram.said(account)) == 1, 20)
    note = {"file_id": "voice-1", "file_unique_id": "u", "duration": 3, "mime_type": "audio/ogg"}
    message = {**_person(account), "message_id": 9, "date": 1, "voice": note}
    assert telegram.deliver({"message": message}) == 200
    until(lambda: any(each["file_id"] == "voice-1" for each in telegram.calls("getFile")), 20)
    until(lambda: len(telegram.said(account)) == 2, 20)


@by_webhook
def test_too_fast_and_lost_answers_are_tried_again(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    account = next(_ids)
    telegram.fail(
        {"status": 429, "retry_after": 1, "description": "Too Many Requests"}, {"status": 502}, {"drop": True}
    )
    telegram.write(account, "dag")
    until(lambda: len(telegram.said(account)) == 1, 60)
    (message,) = ours()["outbound"]
    assert (message["status"], message["attempts"]) == ("sent", 4)


@by_webhook
def test_who_blocked_us_is_not_written_again(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    account = next(_ids)
    telegram.fail({"status": 403, "description": "Forbidden: bot was blocked by the user"})
    telegram.write(account, "dag")
    until(lambda: [each["status"] for each in ours()["outbound"]] == ["failed"], 20)
    assert telegram.said(account) == []


@by_webhook
def test_another_secret_is_refused(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    message = {**_person(next(_ids)), "message_id": 9, "date": 1, "text": "dag"}
    assert telegram.deliver({"message": message}, secret="wrong") == 403
    assert ours()["conversations"] == []


@by_webhook
def test_in_a_group_it_says_once_that_it_talks_in_private(
    ours: Callable[[], Mapping[str, Any]], telegram: Telegram
) -> None:
    group = {"id": -700_001, "type": "group", "title": "ouders"}
    message = {**_person(next(_ids)), "chat": group, "message_id": 9, "date": 1, "text": "/start"}
    assert [telegram.deliver({"message": message}) for _ in range(3)] == [200] * 3
    until(lambda: bool(telegram.said(group["id"])), 20)
    assert [each["text"] for each in telegram.said(group["id"])] == [
        "Wij praten alleen in een privégesprek. Schrijf ons daar, niet in een groep."
    ]
    assert ours()["conversations"] == []


def buttons(message: Mapping[str, Any]) -> list[dict[str, str]]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _person(account: int) -> dict[str, Any]:
    return {
        "from": {"id": account, "is_bot": False, "first_name": "Amina"},
        "chat": {"id": account, "type": "private", "first_name": "Amina"},
    }


@by_webhook
def test_the_check_asks_where_updates_go(ours: Callable[[], Mapping[str, Any]], telegram: Telegram) -> None:
    (call, *_) = reversed(telegram.calls("setWebhook"))
    public = str(call["url"]).removesuffix("/telegram")
    origin = f"http://127.0.0.1:{telegram.port}"
    for url, told in ((public, "telegram_works"), ("https://elsewhere.example", "no_webhook")):
        senders = {Provider.TELEGRAM: TelegramSender(TOKEN, origin)}
        assert told in [each.what for each in asyncio.run(probing.probe(senders, {}, url))]
    senders = {Provider.TELEGRAM: TelegramSender(TOKEN, f"http://127.0.0.1:{free_port()}")}
    assert "telegram_refuses" in [each.what for each in asyncio.run(probing.probe(senders, {}, public))]
