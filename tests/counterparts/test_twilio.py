"""Twilio's side, played by others' software: `emulate` signs and keeps, Prism holds every call of the official SDK
against Twilio's own OpenAPI document. Our service stands in the middle, as an administrator runs it.
"""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from twilio.request_validator import RequestValidator

from intake import service
from intake.set_up import add_desk
from tests.counterparts.conftest import MODULES
from tests.installed import begun
from tests.network import free_port, until, wait_until_it_listens
from tests.transcript import ROOT

DOCUMENT = MODULES / "@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
ACCOUNT, TOKEN, OURS, PHONE = "AC" + "0" * 32, "twilio_test_auth_token", "+32460000000", "+32470000001"


class Witness(ThreadingHTTPServer):
    """Passes everything on to Prism, and remembers what Prism says of it."""

    def __init__(self, prism: int) -> None:
        super().__init__(("127.0.0.1", 0), _Pass)
        self.prism = prism
        self.seen: list[tuple[str, str]] = []  # request line, violations

    def sends(self) -> list[tuple[str, str]]:
        """Without the looks at what the provider kept: in those it is the counterpart's answers that miss a format."""
        assert not any('"request"' in violations for _, violations in self.seen)
        return [each for each in self.seen if each[0].startswith("POST ")]


class _Pass(BaseHTTPRequestHandler):
    server: Witness

    def do_POST(self) -> None:
        self._pass(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        self._pass(None)

    def _pass(self, body: bytes | None) -> None:
        kept = ("Authorization", "Content-Type", "Accept")
        headers = {name: self.headers[name] for name in kept if self.headers[name]}
        request = Request(f"http://127.0.0.1:{self.server.prism}{self.path}", body, headers)
        with urlopen(request, timeout=20) as answer:
            content = answer.read()
            violations = answer.headers.get("sl-violations", "")
            self.server.seen.append((f"{self.command} {self.path.partition('?')[0]}", violations))
            self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def ports() -> tuple[int, int, int]:
    """Of our service, of emulate and of Prism."""
    return free_port(), free_port(), free_port()


@pytest.fixture(scope="module")
def twilio(node: None, ports: tuple[int, int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    ours, emulate, prism = ports
    folder = tmp_path_factory.mktemp("twilio")
    number = {"sid": "PN" + "0" * 31 + "1", "phone_number": OURS, "friendly_name": "Lokaal loket"}
    number["sms_url"] = f"http://127.0.0.1:{ours}/twilio/sms"
    whatsapp = {"sid": "PN" + "0" * 31 + "2", "phone_number": f"whatsapp:{OURS}", "friendly_name": "WhatsApp"}
    seed = {"twilio": {"account": {"sid": ACCOUNT, "auth_token": TOKEN}, "phone_numbers": [number, whatsapp]}}
    (folder / "seed.yaml").write_text(json.dumps(seed), encoding="utf-8")
    (folder / "v2010.json").write_text(json.dumps(_with_encoding(json.loads(DOCUMENT.read_text()))), encoding="utf-8")
    commands = (
        (MODULES / ".bin/emulate", "start", "--service", "twilio", "--port", str(emulate), "--seed", folder / "seed.yaml"),
        (MODULES / ".bin/prism", "proxy", "-h", "127.0.0.1", "-p", str(prism), folder / "v2010.json",
         f"http://127.0.0.1:{emulate}"),
    )  # fmt: skip
    running = [
        subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
                         start_new_session=True)
        for command in commands
    ]  # fmt: skip
    witness = Witness(prism)
    Thread(target=witness.serve_forever, daemon=True).start()
    try:
        for port in (emulate, prism):
            wait_until_it_listens(port, 60)
        yield witness
    finally:
        witness.shutdown()
        witness.server_close()
        for each in running:
            os.killpg(each.pid, signal.SIGTERM)
            each.wait(timeout=10)


@pytest.fixture(scope="module")
def ours(
    twilio: Witness, ports: tuple[int, int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Mapping[str, Any]]]:
    """Our service with its worker; gives the test door's ledger."""
    folder, address = tmp_path_factory.mktemp("ours"), f"http://127.0.0.1:{ports[0]}"
    settings = begun(folder)
    keys, database = service.opened(settings)
    add_desk(database, keys, "gent", "Gent", OURS, ["9000"], ["nl", "fr", "en"])
    database.close()
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(folder), "INTAKE_PUBLIC_URL": address, "INTAKE_TEST": "1",
        "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
        "INTAKE_TWILIO_API_BASE": f"http://127.0.0.1:{twilio.server_address[1]}",
    }  # fmt: skip
    command = [sys.executable, "-m", "intake", "serve", "--port", str(ports[0])]
    running = subprocess.Popen(command, env=surroundings, cwd=ROOT)
    try:
        wait_until_it_listens(ports[0])
        yield lambda: json.loads(urlopen(f"{address}/test/ledger", timeout=10).read())
    finally:
        running.terminate()
        running.wait(timeout=15)


def test_a_request_by_sms_through_the_real_sdk_fits_twilios_document(
    ours: Callable[[], Mapping[str, Any]], twilio: Witness, ports: tuple[int, int, int]
) -> None:
    story = ("bonjour", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Noor", "3", "1", "2")
    for place, text in enumerate(story, 1):
        simulate(ports[1], "inbound-message", To=OURS, From=PHONE, Body=text)
        until(lambda place=place: _is_answered(ours(), place), 20)
    found = ours()
    assert [each["state"] for each in found["registrations"]] == ["complete"]
    assert {each["status"] for each in found["outbound"]} <= {"sent", "delivered"}
    sends = twilio.sends()
    assert len(sends) == len(found["outbound"]) >= len(story)
    assert {violations for _, violations in sends} == {""}
    assert {line for line, _ in sends} == {f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"}
    kept = messages(ports[1])
    assert {each["sid"] for each in kept} == {each["provider_id"] for each in found["outbound"]}
    assert sum("Quand est né votre enfant" in each["body"] for each in kept) == 1


def test_what_became_of_a_message_comes_back_signed(
    ours: Callable[[], Mapping[str, Any]], ports: tuple[int, int, int]
) -> None:
    simulate(ports[1], "inbound-message", To=OURS, From="+32470000002", Body="dag")
    until(lambda: any(each["to"] == "+32470000002" for each in messages(ports[1])), 20)
    sid = next(each["sid"] for each in messages(ports[1]) if each["to"] == "+32470000002")
    simulate(ports[1], "message-status", MessageSid=sid, Status="delivered")
    until(lambda: {each["provider_id"]: each["status"] for each in ours()["outbound"]}.get(sid) == "delivered", 20)


def test_whatsapp_goes_the_same_way_with_its_prefix(
    ours: Callable[[], Mapping[str, Any]], twilio: Witness, ports: tuple[int, int, int]
) -> None:
    """`emulate` brings no WhatsApp message itself: this one is signed by the SDK and sent as Twilio would."""
    url, family = f"http://127.0.0.1:{ports[0]}/twilio/whatsapp", "whatsapp:+32470000003"
    fields = {"MessageSid": "SM" + "7" * 32, "From": family, "To": f"whatsapp:{OURS}", "Body": "dag", "NumMedia": "0"}
    signature = RequestValidator(TOKEN).compute_signature(url, fields)
    request = Request(url, urlencode(fields).encode(), {"X-Twilio-Signature": signature})
    with urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    until(lambda: any(each["to"] == family for each in messages(ports[1])), 20)
    (sent,) = (each for each in messages(ports[1]) if each["to"] == family)
    assert sent["from"] == f"whatsapp:{OURS}" and sent["body"].startswith("Dag!\nWat kunnen we doen?\n1 opvang")
    assert {violations for _, violations in twilio.sends()} == {""}
    simulate(ports[1], "message-status", MessageSid=sent["sid"], Status="delivered")
    until(lambda: {e["provider_id"]: e["status"] for e in ours()["outbound"]}.get(sent["sid"]) == "delivered", 20)
    simulate(ports[1], "message-status", MessageSid=sent["sid"], Status="read")
    until(lambda: {e["provider_id"]: e["status"] for e in ours()["outbound"]}.get(sent["sid"]) == "read", 20)


def test_check_finds_the_desks_number_at_the_provider(
    ours: Callable[[], Mapping[str, Any]], twilio: Witness, ports: tuple[int, int, int], tmp_path: Path
) -> None:
    settings = begun(tmp_path)
    keys, database = service.opened(settings)
    add_desk(database, keys, "gent", "Gent", OURS, ["9000"], ["nl"])
    add_desk(database, keys, "aalst", "Aalst", "+32460000009", ["9300"], ["nl"])
    database.close()
    surroundings = {
        **os.environ, "INTAKE_DATA_DIR": str(tmp_path), "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
        "INTAKE_TWILIO_API_BASE": f"http://127.0.0.1:{twilio.server_address[1]}",
        "INTAKE_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "intake", "check"], env=surroundings, cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 1 and "desk aalst: +32460000009 is not a number of this Twilio account" in done.stdout
    said = [line for line in done.stdout.splitlines() if "desk gent: +32460000000" in line]
    assert len(said) == 1 and f"paste http://127.0.0.1:{ports[0]}/twilio/voice at Twilio" in said[0]  # its texts come


def simulate(port: int, what: str, **fields: str) -> None:
    """Let Twilio do something, as its emulator understands it."""
    with urlopen(_request(port, f"/_twilio/simulate/{what}", fields), timeout=20) as answer:
        assert answer.status < 300


def messages(port: int) -> list[dict[str, str]]:
    """What Twilio took from us."""
    with urlopen(_request(port, f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=200"), timeout=20) as answer:
        return [each for each in json.loads(answer.read())["messages"] if each["direction"] != "inbound"]


def _request(port: int, path: str, fields: Mapping[str, str] | None = None) -> Request:
    basic = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    body = urlencode(fields).encode() if fields is not None else None
    return Request(f"http://127.0.0.1:{port}{path}", body, {"Authorization": f"Basic {basic}"})


def _is_answered(found: Mapping[str, Any], place: int) -> bool:
    """All that was sent is in, and all that we said to it is out."""
    pending = [each for each in found["outbound"] if each["status"] in ("queued", "sending", "unknown")]
    return len(found["inbound"]) >= place and not pending


def _with_encoding(document: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's default encoding of repeated fields, written out: Prism reads them only so."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if not isinstance(operation, dict):
                continue
            content = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
            fields = content.get("schema", {}).get("properties", {})
            repeated = [name for name, schema in fields.items() if schema.get("type") == "array"]
            if repeated:
                content["encoding"] = {name: {"style": "form", "explode": True} for name in repeated}
    return document
