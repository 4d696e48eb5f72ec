"""A coordinator's settings as pages: each form is read, checked, compared with what a colleague kept, and audited."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlmodel import col, select

from intake import follow_up, forgetting
from storage import clock, desks
from storage.database import Database
from storage.keys import Keys
from storage.models import Audit, Message
from tests.intake.pages import Browser, text_us
from tests.intake.test_desk import colleague

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
HOME = "/desk/settings/gent"


def fields(somebody: Browser) -> dict[str, str]:
    """What the form on the open page would send."""
    form = somebody.page.text.split('<form class="settings"')[1].split("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") == "checkbox" and " checked" not in tag:
            continue
        if given["name"] != "csrf":
            found[given["name"]] = unescape(given.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        picked = re.search(r'value="([^"]*)" selected', options)
        found[name] = picked[1] if picked else ""
    return found


def change(somebody: Browser, section: str, **changes: str) -> str:
    somebody.get(f"{HOME}/{section}")
    given = {**fields(somebody), **{name.replace("__", "."): value for name, value in changes.items()}}
    return somebody.post(f"{HOME}/{section}", **{name: value for name, value in given.items() if value != "off"})


def choices(database: Database) -> desks.Choices:
    with database.read() as session:
        desk = desks.by_slug(session, "gent")
        assert desk
        return desks.choices(desk)


def audited(database: Database) -> list[str]:
    with database.read() as session:
        found = session.exec(select(Audit).where(Audit.what == "setting_changed").order_by(col(Audit.id)))
        return [f"{each.about}: {each.before} → {each.after}" for each in found]


def test_the_first_page_says_how_everything_stands(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get("/desk/settings")
    assert somebody.page.url.path == HOME
    assert "maandag tot zondag 00:00–24:00" in page and "+3290000001: Sms'en, Bellen, WhatsApp" in page
    assert "20 talen zonder besluit" in page and "binnen 14 dagen" in page and "geteld op 31 januari" in page
    assert "In werkdagen: dringend 1, bellen 1, een vraag 2, een nieuwe aanvraag 5." in page
    assert "Nog geen crèches of onthaalouders" in page and "10 zinnen, waarvan 0 van uw loket" in page


@pytest.mark.parametrize(
    ("section", "changes", "name", "kept"),
    [
        ("hours", {"day__mo": "9-12, 13-16", "day__su": "", "desk_phone": "09 000 00 08", "missed_calls": "off"}, "hours",
         "Mo 09:00-12:00,13:00-16:00; Tu-Sa 00:00-24:00"),
        ("hours", {"from__0": "2026-12-24", "to__0": "2027-01-03", "holidays": "on"}, "hours",
         "Mo-Su 00:00-24:00; PH off; 2026 Dec 24-2027 Jan 03 off"),
        ("questions", {"promise_days": "21", "days_asked": "on", "ask_all": "on"}, "promise_days", 21),
        ("following", {"follow_up": "off", "follow_up_before": "0", "follow_up_most": "2", "ask_until": "18"}, "follow_up", False),
        ("following", {"follow_up_after": "6", "referral_days": "10", "ask_from": "8"}, "follow_up_after", 6),
        ("counting", {"urgent_days": "60", "filing_day": "15/2"}, "filing_day", "02-15"),
        ("counting", {"registered__2025__priority": "on"}, "registered",
         {2025: ("urgent", "extended", "priority", "vulnerable", "care_need")}),
        ("keeping", {"keep_words_days": "14", "keep_names_years": "3"}, "keep_names_years", 3),
        ("channels", {"caller_id": "09 000 00 02", "countries": "+32, +212"}, "countries", ("+32", "+212")),
        ("languages", {"dutch_alongside": "always"}, "dutch_alongside", "always"),
    ],
)  # fmt: skip
def test_what_is_chosen_is_kept_and_audited_with_before_and_after(
    somebody: Browser, database: Database, section: str, changes: dict[str, str], name: str, kept: object
) -> None:
    somebody.sign_in()
    before = choices(database)
    assert "Bewaard." in change(somebody, section, **changes)
    assert getattr(choices(database), name) == kept
    lines = audited(database)
    assert any(line.startswith(f"{name}: ") and " → " in line for line in lines)
    assert len(lines) == sum(
        getattr(before, each) != getattr(choices(database), each) for each in type(before).model_fields
    )
    assert "Er is niets veranderd." in change(somebody, section) and audited(database) == lines


def test_what_is_chosen_is_what_families_are_asked_by(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    said = change(somebody, "following", follow_up="on", follow_up_before="3", follow_up_after="5", ask_from="10")
    assert "3 weken voor de start, en 5, 10 weken erna" in said
    kept = choices(database)
    assert follow_up.weeks(kept) == (-3, 5, 10)
    assert not follow_up.may_ask_now(kept, datetime(2026, 3, 2, 8, 59, tzinfo=UTC))
    assert follow_up.may_ask_now(kept, datetime(2026, 3, 2, 9, 0, tzinfo=UTC))  # ten o'clock in Belgium
    assert "Aan: hoogstens 3 keer, van 10 tot 20 uur" in somebody.get(HOME)
    change(somebody, "following", follow_up="off")
    assert "Uit: aan niemand wordt iets gevraagd" in somebody.get(HOME)


def test_languages_are_ordered_and_warn_without_a_decision(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    all_off = {f"on__{code}": "off" for code in choices(database).languages if code not in ("nl", "ar", "fr")}
    order = {"order__ar": "1", "order__nl": "2", "order__fr": "3"}
    change(somebody, "languages", **all_off, **order, decision__ar="GR 12/03/2026, punt 7")
    kept = choices(database)
    assert kept.languages == ("ar", "nl", "fr") and kept.decisions == {"ar": "GR 12/03/2026, punt 7"}
    assert somebody.text.count("Aan zonder besluit") == 1
    assert "Zonder besluit: Frans" in somebody.get(HOME)


def test_a_language_that_is_only_spoken_stands_there_too(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get(f"{HOME}/languages")
    assert somebody.page.status_code == 200 and page.count("alleen gesproken, met opnames") == 2


@pytest.mark.parametrize(
    ("section", "changes", "says"),
    [
        ("hours", {"day__mo": "maandag"}, "We kunnen deze uren niet lezen"),
        ("hours", {"desk_phone": "12"}, "Schrijf het nummer als"),
        ("hours", {"from__0": "2026-12-24", "to__0": "2026-12-01"}, "De laatste dag komt voor de eerste"),
        ("questions", {"promise_days": "0"}, "een geheel getal van 1 tot 60"),
        ("following", {"follow_up_most": "4"}, "een geheel getal van 1 tot 3"),
        ("following", {"follow_up_before": "-1"}, "een geheel getal van 0 tot 26"),
        ("following", {"ask_from": "23"}, "een geheel getal van 7 tot 12"),
        ("counting", {"filing_day": "31-02"}, "Geef een dag en een maand"),
        ("keeping", {"keep_names_years": "6"}, "een geheel getal van 1 tot 5"),
        ("channels", {"countries": "België"}, "Schrijf hoe de nummers beginnen"),
        ("languages", {"on__nl": "off"}, "Nederlands blijft aan"),
        ("languages", {"order__fr": "eerst"}, "een geheel getal van 1 tot 99"),
        ("languages", {"dutch_alongside": "soms"}, "Kies wanneer het Nederlands meegaat"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_sentence_and_loses_nothing(
    somebody: Browser, database: Database, section: str, changes: dict[str, str], says: str
) -> None:
    somebody.sign_in()
    before = choices(database)
    assert says in change(somebody, section, **changes) and somebody.page.status_code == 422
    assert choices(database) == before and audited(database) == []
    typed = [value for value in changes.values() if value not in ("off", "soms")]
    assert all(f'value="{each}"' in somebody.page.text for each in typed)


def test_two_people_who_change_one_thing_see_both(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    other = colleague(somebody, database, "nora", "coordinator")
    somebody.get(f"{HOME}/questions")
    mine = {**fields(somebody), "promise_days": "21"}
    change(other, "questions", promise_days="10")
    page = somebody.post(f"{HOME}/questions", **mine)
    assert somebody.page.status_code == 409 and "nora veranderde dit terwijl u typte" in page
    assert "Bewaard door uw collega: 10" in page and 'value="21"' in somebody.page.text
    assert choices(database).promise_days == 10
    again = {**fields(somebody), "promise_days": "21"}
    assert "Bewaard." in somebody.post(f"{HOME}/questions", **again)
    assert choices(database).promise_days == 21


def test_a_change_elsewhere_is_no_conflict(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    somebody.get(f"{HOME}/questions")
    mine = {**fields(somebody), "promise_days": "21"}
    change(colleague(somebody, database, "nora", "coordinator"), "counting", urgent_days="60")
    assert "Bewaard." in somebody.post(f"{HOME}/questions", **mine)
    assert (choices(database).promise_days, choices(database).urgent_days) == (21, 60)


def test_each_role_sees_and_changes_what_is_its_own(somebody: Browser, database: Database) -> None:
    somebody.sign_in()
    auditor = colleague(somebody, database, "an", "auditor")
    administrator = colleague(somebody, database, "bo", "administrator")
    for person in (auditor, administrator):
        assert (
            "Uw account mag dit niet" not in person.get(f"{HOME}/questions")
            and "<fieldset disabled>" in person.page.text
        )
    assert "<fieldset disabled>" in auditor.get(f"{HOME}/channels") + auditor.page.text
    assert "Bewaard." in change(administrator, "channels", caller_id="+3290000002")
    administrator.post(f"{HOME}/questions", promise_days="3")
    assert administrator.page.status_code == 403
    auditor.post(f"{HOME}/channels", countries="+32")
    assert auditor.page.status_code == 403 and choices(database).countries != ("+32",)
    worker = colleague(somebody, database, "wim", "worker")
    worker.get(HOME)
    assert worker.page.status_code == 403


def test_another_desks_settings_are_not_there(somebody: Browser, database: Database, keys: Keys) -> None:
    def add(session: desks.Session) -> object:
        return desks.add(session, keys, clock.system_now(), "aalst", "Aalst", "+3290000005", ["9300"], desks.Choices())

    database.write(add).result()
    somebody.sign_in()
    for address in ("/desk/settings/aalst", "/desk/settings/aalst/hours", f"{HOME}/nothing"):
        somebody.get(address)
        assert somebody.page.status_code == 404
    somebody.get(f"{HOME}/questions")
    somebody.post("/desk/settings/aalst/questions", promise_days="3")
    assert somebody.page.status_code == 404


def test_hours_that_a_week_cannot_hold_stay_as_written(somebody: Browser, database: Database) -> None:
    def odd(session: desks.Session) -> None:
        desk = desks.by_slug(session, "gent")
        assert desk
        desks.choose(session, desk, desks.choices(desk).model_copy(update={"hours": "Mo[1] 09:00-10:00"}))

    database.write(odd).result()
    somebody.sign_in()
    assert "passen niet in een week" in somebody.get(f"{HOME}/hours")
    change(somebody, "hours", hours="Mo[2] 09:00-10:00")
    assert choices(database).hours == "Mo[2] 09:00-10:00"
    assert "We kunnen deze uren niet lezen" in change(somebody, "hours", hours="nine to five")
    change(somebody, "hours", hours="")
    assert "De week" in somebody.get(f"{HOME}/hours")


def test_the_tables_say_what_is_not_certain(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get(f"{HOME}/counting")
    assert "32464.65" in page and "niet nagekeken bij een bron" in page and "geen officiële regel gevonden" in page
    assert "voorrang-2014b" in page and "Opgroeien, 12/05/2025" in page


def test_the_addresses_to_paste_stand_there_and_channels_are_checked(somebody: Browser) -> None:
    somebody.sign_in()
    page = somebody.get(f"{HOME}/channels")
    for path in ("/twilio/sms", "/twilio/voice", "/twilio/voice/status", "/twilio/whatsapp", "/telegram"):
        assert f"https://loket.example{path} " in f"{page} "
    assert "er kan geen bericht vertrekken" in somebody.post(f"{HOME}/channels/check")


def test_words_are_kept_as_long_as_the_desk_chose(
    somebody: Browser, database: Database, keys: Keys, here: object
) -> None:
    somebody.sign_in()
    id_ = text_us(database, here, "+32470000088", "dag", "4")  # type: ignore[arg-type]
    somebody.get(f"/desk/conversations/{id_}")
    somebody.post(f"/desk/conversations/{id_}/claim")
    somebody.post(f"/desk/conversations/{id_}/close")
    change(somebody, "keeping", keep_words_days="60")
    now = clock.system_now()

    def words(days: int) -> int:
        forgetting.run(database, keys, now + timedelta(days=days))
        with database.read() as session:
            rows = session.exec(select(Message).where(Message.conversation_id == id_, col(Message.body).is_not(None)))
            return len(list(rows))

    assert words(45) > 0 and words(61) == 0
