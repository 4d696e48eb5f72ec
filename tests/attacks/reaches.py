"""Attacks of who is signed in, on what is not theirs or cannot be: each case of the catalogue, and what it must get."""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from httpx2 import Response

from storage.models import Conversation, Registration
from tests.attacks.carriers import Case
from tests.attacks.desk import Desks, Visit
from tests.intake.test_answers import as_shown
from tests.intake.test_matrix import LETTERS, TABLE, UNKNOWN

_CONVERSATION = "GET /desk/conversations/{conversation_id}"


def opens_anothers(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    foreign = visit.get(desks.address(_CONVERSATION, desks.service.foreign))
    unknown = visit.get(f"/desk/conversations/{UNKNOWN}")
    assert foreign.status_code in case["expect"]["status"]
    assert (foreign.status_code, _words(foreign)) == (unknown.status_code, _words(unknown))


def claims_anothers(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    with desks.unchanged():
        for act in ("claim", "take-over", "close", "release"):
            route = f"POST /desk/conversations/{{conversation_id}}/{act}"
            answer = visit.post(desks.address(route, desks.service.foreign))
            assert answer.status_code in case["expect"]["status"], act


def exports_anothers(desks: Desks, case: Case) -> None:
    query = case["request"]["query"].replace("{B}", "aalst")
    visit = desks.visit("coordinator")
    with desks.unchanged():
        for file in ("requests.csv", "requests.xlsx", "exports/new.csv", "exports/new.xlsx"):
            answer = visit.get(f"/reports/{file}?{query}")
            assert answer.status_code in case["expect"]["status"], file


def hears_without_session(desks: Desks, case: Case) -> None:
    answer = desks.visit().get(desks.address("GET /desk/recordings/{recording_id}"))
    assert answer.status_code in case["expect"]["status"] and b"not really a sound" not in answer.content


def listens_to_anothers(desks: Desks, case: Case) -> None:
    """The stream takes no desk and holds nothing: it says that something changed; the page then asks for its own."""
    answer = desks.visit("worker").get("/desk/stream?desk=aalst")
    said = {line for line in answer.text.splitlines() if not line.startswith((":", "retry:"))}
    assert answer.status_code == 200 and said <= {"", "event: changed", "data:", "data: "}
    assert case["expect"]["events_from_B"] == 0


def writes_more_fields(desks: Desks, case: Case) -> None:
    visit, extra = desks.visit("worker"), dict(case["request"]["fields"])
    talk = _held(desks, visit)
    before = _row(desks)
    extra |= {"answered": "1", "status": "closed", "desk_id": "x", "reference": "1"}
    assert visit.post(f"{talk}/note", {"text": "een notitie", **extra}).status_code == 303
    place, shown = desks.address("POST /desk/registrations/{registration_id}/correct"), _form(visit, talk)
    assert visit.post(place, {**shown, **extra, "a.start": "11-2028"}).status_code == 303
    assert _row(desks) == before and desks.is_whole()


def auditor_changes(desks: Desks, case: Case) -> None:
    visit = desks.visit("auditor")
    letter = next(letter for letter, role in LETTERS.items() if role == "auditor")
    closed = {name: line["may"] for name, line in TABLE.items() if name.startswith("POST")}
    everybody = ("anybody", "machine", "signed in")
    tried = [name for name, letters in closed.items() if letters not in everybody and letter not in letters]
    with desks.unchanged():
        for route in tried:
            assert visit.post(desks.address(route)).status_code in case["expect"]["status"], route
    assert len(tried) > 50


def unknown_flag(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    _held(desks, visit)
    fields = {**dict(case["request"]["fields"]), "value": "yes", "reason": "zomaar"}
    answer = visit.post(desks.address("POST /desk/registrations/{registration_id}/override"), fields)
    assert answer.status_code in case["expect"]["status"] and "Kies een categorie" in answer.text


def ends_before_it_starts(desks: Desks, case: Case) -> None:
    visit, given = desks.visit("coordinator"), dict(case["request"]["fields"])
    seen = re.search(r'name="seen" value="(\w+)"', visit.get("/desk/settings/gent/hours").text)
    assert seen
    fields = {"seen": seen[1], "from.0": given["from"], "to.0": given["to"], "times.0": ""}
    with desks.unchanged():
        answer = visit.post("/desk/settings/gent/hours", fields)
    assert answer.status_code in case["expect"]["status"] and "De laatste dag komt voor de eerste" in answer.text


def claim_at_once(desks: Desks, case: Case) -> None:
    both = (desks.visit("worker"), desks.colleague())
    talk = _held(desks, both[0])
    both[0].post(f"{talk}/release")
    with ThreadPoolExecutor(case["request"]["parallel"]) as pool:
        answers = [each.status_code for each in pool.map(lambda visit: visit.post(f"{talk}/claim"), both)]
    assert sorted(answers) == [303, 409] and answers.count(303) == case["expect"]["winners"]


def save_at_once(desks: Desks, case: Case) -> None:
    first, second = desks.visit("worker"), desks.colleague()
    talk, place = _held(desks, first), desks.address("POST /desk/registrations/{registration_id}/correct")
    shown = _form(first, talk)
    assert first.post(place, {**shown, "a.start": "09-2028"}).status_code == 303
    assert second.post(f"{talk}/take-over").status_code == 303
    answer = second.post(place, {**shown, "a.start": "10-2027"})
    assert answer.status_code in case["expect"]["second_gets"]
    assert "Een collega veranderde dit intussen" in answer.text and "10-2027" in answer.text


def long_reply(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    talk = _held(desks, visit)
    with desks.unchanged():
        for act in ("reply", "note"):
            answer = visit.post(f"{talk}/{act}", {"text": "a" * case["request"]["fill"]})
            assert answer.status_code in case["expect"]["status"], act


def odd_ids(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    for id_ in case["request"]["ids"]:
        for page in (f"/desk/conversations/{quote(id_, safe='')}", f"/desk/registrations/{quote(id_, safe='')}/sheet"):
            assert visit.get(page).status_code in case["expect"]["status"], page
        assert visit.post(f"/desk/conversations/{quote(id_, safe='')}/claim").status_code in (404, 405, 422), id_


def odd_order(desks: Desks, case: Case) -> None:
    visit = desks.visit("worker")
    for page in ("/desk", "/desk/calls", "/desk/organisers"):
        assert visit.get(f"{page}?{case['request']['query']}").status_code in case["expect"]["status"], page


def _held(desks: Desks, visit: Visit) -> str:
    """The conversation of the own desk, held by this person."""
    talk = desks.address(_CONVERSATION)
    assert visit.post(f"{talk}/take-over").status_code == 303
    return talk


def _form(visit: Visit, talk: str) -> dict[str, str]:
    """The answers of a request as its form would send them."""
    return as_shown(visit.get(talk).text)


def _row(desks: Desks) -> list[object]:
    """What a request and its conversation are, but for what a note may change."""
    with desks.service.database.read() as session:
        talk = session.get_one(Conversation, desks.service.own.things["conversation_id"])
        request = session.get_one(Registration, desks.service.own.things["registration_id"])
        return [
            talk.opened_at,
            talk.desk_id,
            talk.family_id,
            talk.status,
            request.asked_on,
            request.reference,
            request.desk_id,
        ]


def _words(answer: Response) -> str:
    return re.sub(r'name="csrf" value="\w+"', "", answer.text)


REACHES: Mapping[str, Callable[[Desks, Case], None]] = {
    "idr-001": opens_anothers,
    "idr-003": claims_anothers,
    "idr-005": exports_anothers,
    "idr-007": exports_anothers,
    "idr-009": hears_without_session,
    "idr-011": listens_to_anothers,
    "idr-013": writes_more_fields,
    "idr-015": auditor_changes,
    "idr-017": unknown_flag,
    "idr-019": ends_before_it_starts,
    "idr-021": claim_at_once,
    "idr-023": save_at_once,
    "idr-025": long_reply,
    "idr-027": odd_ids,
    "idr-029": odd_order,
}
