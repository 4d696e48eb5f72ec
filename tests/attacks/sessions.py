"""Attacks on who is signed in: each case of the catalogue as somebody would try it, and what it must get."""

import asyncio
import unicodedata
from collections.abc import Callable, Mapping
from datetime import timedelta

import pyotp

from intake.settings import Settings
from intake.web.app import make_app
from intake.web.packing import masked
from storage import clock, staff
from storage.database import Session
from tests.attacks.carriers import Case
from tests.attacks.desk import Desks, Visit
from tests.attacks.world import busy_seconds
from tests.intake.pages import COOKIE, PUBLIC

PASSWORD = "een lange zin voor iedereen, é"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def nobody(desks: Desks, case: Case) -> None:
    for route in desks.pages():
        answer = desks.visit().get(desks.address(route))
        assert answer.status_code in case["expect"]["status"], route
        assert answer.headers["Location"] == "/desk/sign-in" and not desks.tells_of_a_family(answer.text)


def after_sign_out(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    assert visit.get("/desk").status_code == 200
    visit.post("/desk/sign-out")
    visit.client.cookies.set(COOKIE, visit.token)
    assert visit.get("/desk").status_code in case["expect"]["status"]


def lowered(desks: Desks, case: Case) -> None:
    visit = desks.visit("coordinator")
    assert visit.get("/desk/people").status_code == 200
    with desks.role_of("coordinator", "worker"):
        assert visit.get("/desk/people").status_code in case["expect"]["status"]


def one_bit(desks: Desks, case: Case) -> None:
    token = desks.token("worker")
    for place in range(len(token)):
        other = f"{token[:place]}{chr(ord(token[place]) ^ 1)}{token[place + 1 :]}"
        answer = desks.visit().get("/desk", headers={"Cookie": f'{COOKIE}="{other}"'})
        assert answer.status_code in case["expect"]["status"], place


def two_cookies(desks: Desks, case: Case) -> None:
    mine, theirs = desks.token("worker"), desks.token("coordinator")
    for first, second in ((mine, theirs), (theirs, mine), ("x" * 43, mine), (mine, "x" * 43)):
        sent = {"Cookie": f"{COOKIE}={first}; {COOKIE}={second}"}
        assert desks.visit().get("/desk", headers=sent).status_code in case["expect"]["status"]


def without_proof(desks: Desks, case: Case) -> None:
    visit, claim = desks.visit("worker"), desks.address("POST /desk/conversations/{conversation_id}/claim")
    other = masked(desks.service.keys.blind("csrf", desks.token("worker")))
    with desks.unchanged():
        for given in ({}, {"csrf": ""}, {"csrf": other}):
            assert visit.client.post(claim, data=given).status_code in case["expect"]["status"]


def from_elsewhere(desks: Desks, case: Case) -> None:
    """Another site's page has the cookie sent along, and never the proof, which only our pages hold."""
    visit, claim = desks.visit("worker"), desks.address("POST /desk/conversations/{conversation_id}/claim")
    with desks.unchanged():
        answer = visit.client.post(claim, data={"csrf": "0" * 32}, headers=case["request"]["headers"])
        assert answer.status_code in case["expect"]["status"]


def as_json(desks: Desks, case: Case) -> None:
    visit, claim = desks.visit("worker"), desks.address("POST /desk/conversations/{conversation_id}/claim")
    with desks.unchanged():
        answer = visit.client.post(claim, json={"csrf": visit.proof})
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.status_code in case["expect"]["status"]


def one_password_everywhere(desks: Desks, case: Case) -> None:
    visit = desks.visit(address="198.51.100.7")
    tried = [visit.sign_in(f"naam{each}", "welkom01").status_code for each in range(case["request"]["times"])]
    assert tried[-1] in case["expect"]["status_last"] and set(tried) == {401, 429}


def a_megabyte(desks: Desks, case: Case) -> None:
    visit, began = desks.visit(address="198.51.100.8"), busy_seconds()
    answer = visit.sign_in("worker-gent", "a" * case["request"]["fill"])
    assert answer.status_code in case["expect"]["status"]
    assert (busy_seconds() - began) * 1000 < case["expect"]["ms_max"]


def accents(desks: Desks, case: Case) -> None:
    for form in ("NFC", "NFD"):
        with desks.account(PASSWORD) as name:
            answer = desks.visit(address="198.51.100.9").sign_in(name, unicodedata.normalize(form, PASSWORD))
        assert answer.status_code in case["expect"]["status"]


def an_old_code(desks: Desks, case: Case) -> None:
    with desks.account(PASSWORD, SECRET) as name:
        old = pyotp.TOTP(SECRET).at(clock.system_now() - timedelta(seconds=90))
        visit = desks.visit(address="198.51.100.10")
        assert visit.sign_in(name, PASSWORD, old).status_code in case["expect"]["status"]
        assert visit.sign_in(name, PASSWORD, pyotp.TOTP(SECRET).now()).status_code == 303


def half_way(desks: Desks, case: Case) -> None:
    with desks.account(PASSWORD, SECRET) as name:
        visit = desks.visit(address="198.51.100.11")
        visit.sign_in(name, PASSWORD)
        for page in ("/desk", "/desk/people", "/reports"):
            assert visit.get(page).status_code in case["expect"]["status"]


def another_ones_link(desks: Desks, case: Case) -> None:
    """A link holds a secret and no id: what is written beside it changes nobody; another secret is no link (404)."""

    def invite(session: Session) -> str:
        return staff.add(session, clock.system_now(), "nieuw", "worker", [desks.service.own.things["desk_id"]])

    secret = desks.write(invite)
    before = desks.passwords()
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    fields = {"password": PASSWORD, "repeat": PASSWORD, "username": "coordinator-gent", "id": desks.id("coordinator")}
    visit = desks.visit()
    visit.get("/desk/sign-in")
    assert visit.post(f"/desk/welcome/{wrong}", fields).status_code in (*case["expect"]["status"], 404)
    assert desks.passwords() == before
    assert visit.post(f"/desk/welcome/{secret}", fields).status_code == 303
    after = desks.passwords()
    assert {name for name in after if after[name] != before[name]} == {"nieuw"}


def to_another_site(desks: Desks, case: Case) -> None:
    with desks.account(PASSWORD) as name:
        visit = desks.visit(address="198.51.100.12")
        answer = visit.sign_in(name, PASSWORD, query=case["request"]["query"])
        assert answer.headers["Location"].startswith("/desk")
    proven = desks.visit("coordinator").get(f"/desk/prove?{case['request']['query'].replace('next', 'then')}")
    assert "evil.example" not in proven.text


def idle(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    assert visit.get("/desk").status_code == 200
    with desks.at(clock.system_now() + Settings().idle + timedelta(minutes=1)):
        assert visit.get("/desk").status_code in case["expect"]["status"]


def a_stream_after_sign_out(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    assert asyncio.run(_stream_ends(desks, visit, case["expect"]["closed_within_s"]))


def set_up_again(desks: Desks, case: Case) -> None:
    """Accounts are made by command; there is no page that would make the first one."""
    for path in ("/setup", "/desk/setup", "/install", "/admin", "/desk/welcome", "/desk/welcome/first"):
        assert desks.visit().get(path).status_code in case["expect"]["status"], path


async def _stream_ends(desks: Desks, visit: Visit, seconds: float) -> bool:
    """Whether an open stream ends by itself once its session was ended."""
    app = make_app(
        Settings(public_url=PUBLIC, data_dir=desks.folder), desks.service.database, desks.service.here
    )  # fmt: skip
    started, sent = asyncio.Event(), list[bytes]()
    never = asyncio.Event()

    async def receive() -> dict[str, object]:
        if not sent and not started.is_set():
            started.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, object]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
        sent.append(bytes(message.get("body", b"")))  # type: ignore[arg-type]

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": "/desk/stream", "raw_path": b"/desk/stream", "query_string": b"", "root_path": "",
        "headers": [(b"host", b"loket.example"), (b"cookie", f"{COOKIE}={visit.token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("loket.example", 443),
    }  # fmt: skip
    stream = asyncio.create_task(app(scope, receive, send))
    while not any(b"listening" in each for each in sent):
        await asyncio.sleep(0.05)
    await asyncio.to_thread(visit.post, "/desk/sign-out")
    try:
        await asyncio.wait_for(stream, seconds)
    except TimeoutError:
        return False
    return True


SESSIONS: Mapping[str, Callable[[Desks, Case], None]] = {
    "ses-001": nobody,
    "ses-003": after_sign_out,
    "ses-005": lowered,
    "ses-007": one_bit,
    "ses-009": two_cookies,
    "ses-011": without_proof,
    "ses-013": from_elsewhere,
    "ses-015": as_json,
    "ses-017": one_password_everywhere,
    "ses-019": a_megabyte,
    "ses-021": accents,
    "ses-023": an_old_code,
    "ses-025": half_way,
    "ses-027": another_ones_link,
    "ses-029": to_another_site,
    "ses-031": idle,
    "ses-033": a_stream_after_sign_out,
    "ses-035": set_up_again,
}
