"""What the pages of a desk's settings show: a line each on the first page, and what stands beside a form."""

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import Request

from channels.base import Provider
from flows import week
from flows.answers import Flag
from flows.desk import SOURCE
from flows.engine.turn import local_day
from intake import choosing, follow_up, opening_hours, probing, service
from intake.choosing import Section
from intake.installation import Installation
from intake.probing import SENTENCES, Probe
from intake.web import words
from intake.web.pages import Form, spoken, translate
from intake.web.texts import review_of
from locales import dates
from storage.desks import Choices

ALONGSIDE = {
    "off": "never: the public page has every text in Dutch",
    "opening": "beside the first translated message",
    "always": "beside every translated message",
}
CHANNELS = {"sms": "Text messages", "voice": "Calls", "whatsapp": "WhatsApp", "telegram": "Telegram", "mail": "E-mail"}
COMES_IN = {
    "sms": "Messaging: a message comes in",
    "voice": "Voice: a call comes in",
    "voice_status": "Voice: call status changes",
    "whatsapp": "WhatsApp: a message comes in",
    "telegram": "Telegram: set by a command, not pasted",
}
SURE = {
    "stated": "sources agree",
    "derived": "our reading of the rule",
    "unverified": "not verified at a source",
    "open": "no official rule was found",
}
_FEW = 4  # languages that are named one by one
_MORE_EXCEPTIONS = 2  # empty lines to fill in


# --- What the first page says of each ------------------------------------------------------------------------------


def _hours_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    found = week.parse(chosen.hours)
    told = "; ".join(_span(*each) for each in week.spans(found)) if found else chosen.hours
    if not chosen.hours:
        return translate("No hours are given."), translate("Nobody is put through: every caller is called back.")
    warning = "" if chosen.desk_phone else translate("Without a phone of the desk nobody is put through.")
    return translate("Open %(hours)s.", hours=told), warning


def _span(first: int, last: int, times: str) -> str:
    """ "maandag tot vrijdag 09:00–12:00, 13:00–16:00" """
    days = _day(first) if first == last else translate("%(first)s to %(last)s", first=_day(first), last=_day(last))
    return f"{days} {times.replace('-', '–').replace(',', ', ')}"


def _information_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    told = chosen.address or translate("No address is given.")
    return told, "" if chosen.address else translate("A family that asks where you are gets no answer.")


def _languages_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    missing = [words.language(code) for code in choosing.undecided(chosen)]
    warning = translate("Without a decision: %(languages)s", languages=", ".join(missing)) if missing else ""
    if len(missing) > _FEW:
        warning = translate("%(count)s languages without a decision", count=len(missing))
    named = ", ".join(words.language(code) for code in chosen.languages[:_FEW])
    if more := len(chosen.languages[_FEW:]):
        return translate("%(languages)s and %(count)s others.", languages=named, count=more), warning
    return f"{named}.", warning


def _questions_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    return translate("A family hears from you within %(days)s days.", days=chosen.promise_days), ""


def _following_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    if not chosen.follow_up:
        return translate("Off: nobody is asked."), ""
    return translate(
        "On: at most %(most)s times, from %(from)s to %(until)s o'clock.", most=chosen.follow_up_most,
        until=chosen.ask_until, **{"from": chosen.ask_from},
    ), ""  # fmt: skip


def _counting_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    day = _day_and_month(chosen.filing_day)
    return translate(
        "Urgent is a start within %(days)s days. A year is counted on %(day)s.", days=chosen.urgent_days, day=day
    ), ""


def _keeping_told(chosen: Choices, _: dict[str, str]) -> tuple[str, str]:
    told = translate(
        "Messages %(days)s days, names until 31 December, %(years)s years after the year of asking.",
        days=chosen.keep_words_days,
        years=chosen.keep_names_years,
    )
    return told, ""


def _channels_told(_: Choices, numbers: dict[str, str]) -> tuple[str, str]:
    by_number: dict[str, list[str]] = {}
    for channel, number in numbers.items():
        by_number.setdefault(number, []).append(translate(CHANNELS[channel]))
    return "; ".join(f"{number}: {', '.join(names)}" for number, names in by_number.items()), ""


SUMMARIES: dict[Section, Callable[[Choices, dict[str, str]], tuple[str, str]]] = {
    Section.HOURS: _hours_told,
    Section.INFORMATION: _information_told,
    Section.LANGUAGES: _languages_told,
    Section.QUESTIONS: _questions_told,
    Section.FOLLOWING: _following_told,
    Section.COUNTING: _counting_told,
    Section.KEEPING: _keeping_told,
    Section.CHANNELS: _channels_told,
}

# --- What a page shows beside its form -----------------------------------------------------------------------------


def _hours_view(request: Request, _: Installation, chosen: Choices, typed: Form) -> dict[str, Any]:
    now = request.app.state.now()
    opens = opening_hours.next_opening(chosen.hours, now)
    used = [int(name.partition(".")[2]) for name in typed if name.startswith("from.") and name[5:].isdigit()]
    return {
        "days": [(key, _day(place)) for place, key in enumerate(choosing.DAYS)],
        "is_week": "hours" not in typed,
        "exceptions": range(max(used, default=-1) + 1 + _MORE_EXCEPTIONS),
        "is_open": opening_hours.is_open(chosen.hours, now),
        "opens": words.moment(opens) if opens else "",
    }


def _languages_view(_: Request, here: Installation, chosen: Choices, typed: Form) -> dict[str, Any]:
    undecided = choosing.undecided(chosen)
    order = [*(code for code in chosen.languages if code in here.words)]
    order += [code for code in here.words if code not in order]
    rows = [
        {
            "code": code, "name": words.language(code), "own": here.words[code].name, "is_source": code == SOURCE,
            "review": _review(here, code), "is_undecided": code in undecided,
        }
        for code in order
    ]  # fmt: skip
    return {"rows": rows, "alongside": [(key, translate(label)) for key, label in ALONGSIDE.items()]}


def _review(here: Installation, code: str) -> str:
    if code == SOURCE:
        return ""
    return review_of(here, code) if code in here.catalogues else translate("only spoken, by recordings")


def _following_view(_: Request, __: Installation, chosen: Choices, ___: Form) -> dict[str, Any]:
    """In weeks from the wanted start, as it is kept now."""
    return {"before": chosen.follow_up_before, "weeks": [each for each in follow_up.weeks(chosen) if each > 0]}


def _counting_view(request: Request, here: Installation, chosen: Choices, _: Form) -> dict[str, Any]:
    rules, today = here.rules, local_day(request.app.state.now())
    return {
        "rules": [
            (translate(words.FLAGS[rule.flag]), rule.id, _between(rule.start, rule.until), rule.source,
             translate(SURE[rule.sure]), rule.start <= today <= rule.until)
            for rule in rules.file.rules
        ],
        "limits": [
            (words.date_of(each.start), each.yearly, each.monthly, each.verified) for each in rules.file.income_limits
        ],
        "years": [(year, year in chosen.registered) for year in reversed(choosing.REPORTED) if year <= today.year],
        "flags": [(flag.value, translate(words.FLAGS[flag.value])) for flag in Flag],
    }  # fmt: skip


def _between(first: date, last: date) -> str:
    if first == date.min:
        return translate("always")
    since = translate("from %(day)s", day=words.date_of(first))
    return since if last == date.max else f"{words.date_of(first)} – {words.date_of(last)}"


def _keeping_view(request: Request, _: Installation, chosen: Choices, __: Form) -> dict[str, Any]:
    year = local_day(request.app.state.now()).year
    return {"until": year + chosen.keep_names_years, "year": year, "most": choosing.LONGEST_KEPT}


def _channels_view(request: Request, _: Installation, __: Choices, ___: Form) -> dict[str, Any]:
    settings = request.app.state.settings
    found = probing.addresses(settings.public_url)
    return {
        "addresses": [(translate(COMES_IN[key]), found[key]) for key in COMES_IN],
        "bot": f"https://t.me/{settings.telegram_name}" if settings.telegram_name else "",
        "is_demo": Provider.SIMULATOR in service.senders(settings),
    }


VIEWS: dict[Section, Callable[[Request, Installation, Choices, Form], dict[str, Any]]] = {
    Section.HOURS: _hours_view,
    Section.LANGUAGES: _languages_view,
    Section.FOLLOWING: _following_view,
    Section.COUNTING: _counting_view,
    Section.KEEPING: _keeping_view,
    Section.CHANNELS: _channels_view,
}


def told(probes: list[Probe] | None) -> list[tuple[str, str, str]]:
    return [
        (each.level.value, translate(CHANNELS[each.channel]), translate(SENTENCES[each.what], **each.values))
        for each in probes or ()
    ]


def _day(place: int) -> str:
    return dates.weekday(place, spoken())


def _day_and_month(given: str) -> str:
    """ "01-31" in words."""
    day = date.fromisoformat(f"2000-{given}")
    return f"{day.day} {dates.month_name(day, spoken())}"
