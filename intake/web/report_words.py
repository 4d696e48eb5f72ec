"""What the pages of the yearly counts call things: rules, columns, parts, worklists and what to do with them."""

import re
from datetime import date

from flows.definitions import YearRule
from intake import breakdowns, reports
from intake.web import words
from intake.web.pages import spoken, translate
from locales import dates

RULES = {
    YearRule.ASKED: "The year in which it was asked",
    YearRule.START: "The year in which childcare is to start",
    YearRule.EVERY_OPEN: "Every year in which it was open",
}
COLUMNS = {
    "unique": "Unique",
    "unanswered": "Unanswered",
    "open_start_to_come": "Open, start to come",
    "open_start_passed": "Open, start passed",
    "unreachable": "Unreachable",
    "flag_unknown": "Not known",
}
CHASE = {  # column: what to do about the requests behind it
    "open_start_passed": "Childcare was to start, and nobody noted what came of it. Ask the family, and note it.",
    "unreachable": "Nobody reached this family. Try at another hour, or by its other address.",
    "open_start_to_come": "Still looked for. Note a proposal or a place as soon as there is one.",
    "flag_unknown": "The answers do not tell whether it belongs to this category. Ask what is missing, or decide it.",
}
SUBJECTS = {  # of information
    "hours": "Opening hours and address",
    "how": "How it works and what it costs",
    "places": "Childcare in a town",
}
WORKLISTS = {
    "started": "The start is over, still open",
    "silent": "Asked, and never answered",
    "unreachable": "Cannot be reached",
}
REFUSED = {  # of one outcome for many
    "not_there": "This is not there, or it belongs to another desk.",
    "ticket": "This is a call-back, no request that counts.",
    "counted_with": "This counts with another request: choose that one.",
    "before_asked": "The date lies before the day of the request.",
    "before_outcome": "The date lies before that of its outcome.",
    "held": "A colleague is answering this family.",
    "same": "It has this outcome already.",
    "back": "This would go back: correct it on its own page.",
}
BY = {
    "month": "By month",
    "language": "By language",
    "channel": "By channel",
    "postcode": "By postcode of the place",
    "age": "By age on the day of asking",
}
CHANNELS = {
    "sms": "Text message",
    "voice": "Telephone",
    "whatsapp": "WhatsApp",
    "telegram": "Telegram",
    "desk": "At the counter",
    "web": "Website",
    "mail": "E-mail",
    "form": "Paper form",
}
AGES = {
    "expected": "Not born yet",
    "0": "Younger than 1 year",
    "1": "1 year",
    "2": "2 years",
    "3": "3 years or older",
}
OVERLAP = {0: "In no category", 1: "In one category", 2: "In two categories", 3: "In three or more"}


def measure(name: str) -> str:
    return translate("All requests") if name == reports.ALL else translate(words.FLAGS[name])


def part(by: str, key: str) -> str:
    """What one part of a breakdown is called."""
    if key in ("", breakdowns.REST):
        return translate("All others together") if key else translate("Not known")
    match by:
        case "month":
            first = date.fromisoformat(f"{key}-01")
            return f"{dates.short_month(first, spoken())} {first.year}"
        case "language":
            return words.language(key)
        case "channel":
            return translate(CHANNELS[key]) if key in CHANNELS else key
        case "age":
            return translate(AGES[key])
        case _:
            return key


def short(by: str, key: str) -> str:
    """The same where a column of a chart has little room."""
    if by == "month":
        return dates.month_name(date.fromisoformat(f"{key}-01"), spoken())[0].upper()
    return part(by, key)


def of(part: int | None, whole: int) -> str:
    """How many of a whole are unanswered; only the whole where nothing is defined."""
    return str(whole) if part is None or not whole else translate("%(part)s of %(whole)s", part=part, whole=whole)


def start(text: str) -> str:
    """The wanted start: a day, a month, "asap", or "" when not known."""
    if not re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text):
        return translate("as soon as possible") if text == "asap" else translate("Not known")
    day = date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    return words.date_of(day) if len(text) == 10 else dates.month(day, spoken())
