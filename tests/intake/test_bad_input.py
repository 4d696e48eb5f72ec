"""Texts that try to be more than text, catalogues and forms that are wrong, requests no browser makes."""

import html
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import form
from intake.installation import ROOT, Installation
from locales import catalogue, languages
from locales.catalogue import CatalogueProblem
from locales.yamlfile import YamlProblem
from storage.database import Database
from tests.intake.pages import Browser, text_us
from tests.network import free_port, wait_until_it_listens

TEXTS = [json.loads(line) for line in Path(__file__).with_name("bad_texts.jsonl").read_text("utf-8").splitlines()]
PHONE = "+32470000071"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_a_family_writes_is_text_and_nothing_else(
    somebody: Browser, database: Database, here: Installation
) -> None:
    address = f"/desk/conversations/{text_us(database, here, PHONE, 'dag', '3', *(each['body'] for each in TEXTS))}"
    somebody.sign_in()
    somebody.get(address)
    page = somebody.page.text
    for each in TEXTS:
        shown = " ".join(each["body"].split())
        assert shown in somebody.text, each["id"]
    raw = [each["body"] for each in TEXTS if html.escape(each["body"]) != each["body"]]
    assert raw and not [body for body in raw if body in page]
    assert ">49<" not in page and "evil.example" not in "".join(
        piece.split('"')[0] for piece in page.split('href="')[1:]
    )
    assert page.count("<script") == 1  # our own


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Bonjour {name.__class__}", "must have the same words"),
        ("Bonjour {", "must have the same words"),
        ("<b>Bonjour</b>", "U\\+003C"),
        ("\u202eruojnoB", "U\\+202E"),
        ("\u2067Bonjour", "U\\+2067"),
    ],
)
def test_a_translation_that_is_more_than_a_translation_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    _write_po(tmp_path, text)
    with pytest.raises(CatalogueProblem, match=reason):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())


def test_a_catalogue_in_other_bytes_than_it_says_is_refused(tmp_path: Path) -> None:
    _write_po(tmp_path, "Salut é", "charset=latin-1")
    with pytest.raises(CatalogueProblem, match="must be in UTF-8"):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())


def test_code_in_the_head_of_a_catalogue_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    head = f"charset=utf-8\\n\"\n\"Plural-Forms: nplurals=2; plural=open('{mark}', 'w');"
    _write_po(tmp_path, "Salut é", head)
    with pytest.raises(catalogue.CatalogueProblem, match=r"fr/family\.po: the Plural-Forms in its head are no formula"):
        catalogue.read(tmp_path / "fr" / "family.po", _sources())
    assert not mark.exists()


def _write_po(folder: Path, text: str, head: str = "charset=utf-8") -> None:
    (folder / "fr").mkdir()
    content = (
        f'msgid ""\nmsgstr "Content-Type: text/plain; {head}\\n"\n\nmsgctxt "welcome"\nmsgid "Dag!"\nmsgstr "{text}"\n'
    )
    (folder / "fr" / "family.po").write_text(content, encoding="utf-8")


def _sources() -> dict[str, form.SourceText]:
    return {"welcome": form.SourceText(key="welcome", text="Dag!", context="")}


@pytest.mark.parametrize(
    "text",
    [
        "questions:\n\t- id: a\n",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "",
        "questions: [{id: 08}]\n",
        "questions: [{id: a, nxt: b}]\nasides: []\n",
        "include: ../../../etc/passwd\n",
        "questions: []\nasides: []\n",
        "x" * 5_000_000,
    ],
)
def test_a_form_that_is_none_is_refused_at_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "childcare.yaml"
    path.write_text(text, encoding="utf-8")
    began = time.perf_counter()
    with pytest.raises(YamlProblem, match=r"childcare\.yaml"):
        form.load(path, ROOT / "flows/messages.yaml")
    assert time.perf_counter() - began < 5


def test_yes_and_no_are_never_the_same_word() -> None:
    for code, language in languages.load().items():
        assert not set(language.yes) & set(language.no), code


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The service as it stands in the world: no demonstration, no test door."""
    surroundings = {**os.environ, "INTAKE_DATA_DIR": str(tmp_path_factory.mktemp("http")), "TWILIO_AUTH_TOKEN": "t"}
    surroundings["INTAKE_PUBLIC_URL"] = "https://loket.example"
    number = free_port()
    subprocess.run(
        [sys.executable, "-m", "intake", "migrate"], env=surroundings, cwd=ROOT, check=True, capture_output=True
    )
    command = [sys.executable, "-m", "intake", "serve", "--port", str(number)]
    running = subprocess.Popen(command, env=surroundings, cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_until_it_listens(number)
    yield number
    running.terminate()
    running.wait(timeout=15)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /desk HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 65536 + b"\r\n\r\n", (400, 431)),
        (b"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nx", (400,)),
        (b"GET / HTTP/1.0\r\n\r\n", (200, 303, 400, 404, 421)),
        (b"TRACE /desk HTTP/1.1\r\nHost: x\r\n\r\n", (404, 405)),
        (b"GET //desk;/..;/queue HTTP/1.1\r\nHost: x\r\n\r\n", (302, 303, 400, 401, 404)),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
        (b"GET /static/..%2f..%2fpages.py HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
        (b"GET /desk/conversations/%00 HTTP/1.1\r\nHost: x\r\n\r\n", (303, 404)),
        (b"POST /desk/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\xff\xfe=", (400, 403)),
    ],
    ids=range(10),
)
def test_a_request_no_browser_makes_gets_its_answer(port: int, request_: bytes, expected: tuple[int, ...]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request_)
        answer = connection.recv(65536)
    assert int(answer.split(b" ", 2)[1]) in expected


def test_idle_connections_keep_nobody_waiting(port: int) -> None:
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    for each in idle[:200]:
        each.sendall(b"GET /desk HTTP/1.1\r\nX-")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in connection.recv(4096)
    for each in idle:
        each.close()


def test_every_page_carries_its_headers(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /desk/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = connection.recv(65536).decode().partition("\r\n\r\n")[0].lower()
    for wanted in ("strict-transport-security", "x-content-type-options: nosniff", "cache-control: no-store",
                   "frame-ancestors 'none'", "secure", "httponly", "samesite=lax"):  # fmt: skip
        assert wanted in head
    assert "server:" not in head
