"""A provider that fails in nine ways: it speaks HTTP as Twilio's and Telegram's APIs do, and knows what it took."""

import random
import socket
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from tests.network import JsonHandler, Loopback

FAULTS = (
    "too fast",  # 429: not taken
    "refused",  # 4xx: never taken
    "5xx before",  # not taken
    "5xx after",  # taken, and says that it failed
    "silent before",  # no answer in time, not taken
    "silent after",  # no answer in time, taken
    "reset before",  # the connection breaks, not taken
    "reset after",
    "garbled after",  # taken, and the answer cannot be read
)
TIMEOUT = 0.25  # seconds that our senders wait here
_SID = "SMf{:031x}"  # apart from those of what families send


class Provider(Loopback):
    """`often`: which part of the sends goes wrong; `look_ups_fail`: which part of the questions afterwards."""

    def __init__(self, often: float, look_ups_fail: float, seed: int = 9) -> None:
        super().__init__(_Handler)
        self.often, self.look_ups_fail = often, look_ups_fail
        self.taken: list[tuple[str, str, str]] = []  # to, words, our id of it
        self.faults: Counter[str] = Counter()
        self.lost_answers: set[tuple[str, str]] = set()  # taken, without a word of it: to, words
        self._dice, self._lock = random.Random(seed), threading.Lock()

    def fault(self) -> str:
        with self._lock:
            found = self._dice.choice(FAULTS) if self._dice.random() < self.often else ""
            self.faults[found] += 1
            return found

    def take(self, to: str, words: str) -> int:
        with self._lock:
            self.taken.append((to, words, _SID.format(len(self.taken) + 1)))
            return len(self.taken)

    def is_blind(self) -> bool:
        with self._lock:
            return self._dice.random() < self.look_ups_fail


class _Handler(JsonHandler):
    server: Provider

    def do_POST(self) -> None:
        raw = self.received().decode()
        path = urlsplit(self.path).path
        if path.endswith("/getMe"):
            self.answer(200, {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "b", "username": "b_bot"}})
            return
        fields = {name: values[0] for name, values in parse_qs(raw).items()}
        is_twilio = "Body" in fields
        to, words = (fields["To"], fields["Body"]) if is_twilio else (fields["chat_id"], fields["text"])
        self._send(to, words, is_twilio=is_twilio)

    def _send(self, to: str, words: str, *, is_twilio: bool) -> None:
        fault = self.server.fault()
        is_taken = fault in ("", "5xx after", "silent after", "reset after", "garbled after")
        number = self.server.take(to, words) if is_taken else 0
        if is_taken and fault:
            self.server.lost_answers.add((to, words))
        match fault.split(" ")[0]:
            case "too":
                self._refuse(429, 20429, is_twilio=is_twilio)
            case "refused":
                self._refuse(400, 21211, is_twilio=is_twilio)
            case "5xx":
                self._refuse(503, 0, is_twilio=is_twilio)
            case "silent":
                time.sleep(TIMEOUT * 2)
                self.close_connection = True
            case "reset":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            case "garbled":
                self.answer(201 if is_twilio else 200, "{")
            case _ if is_twilio:
                self.answer(201, {"sid": _SID.format(number), "body": words, "to": to})
            case _:
                chat = {"id": int(to), "type": "private"}
                self.answer(200, {"ok": True, "result": {"message_id": number, "date": 1, "chat": chat, "text": words}})

    def do_GET(self) -> None:
        """Twilio's list of messages, the newest first."""
        if self.server.is_blind():
            self._refuse(503, 0, is_twilio=True)
            return
        to = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        found = [{"sid": sid, "body": words, "to": at} for at, words, sid in self.server.taken if at == to]
        self.answer(200, {"messages": found[::-1], "next_page_uri": None, "page": 0, "page_size": 50})

    def _refuse(self, status: int, code: int, *, is_twilio: bool) -> None:
        if is_twilio:
            self.answer(status, {"code": code, "message": "no", "status": status})
            return
        wait = {"parameters": {"retry_after": 1}} if status == 429 else {}
        self.answer(status, {"ok": False, "error_code": status, "description": "no", **wait})
