"""Codes and values in the words of the desk: answers, reasons, categories, outcomes, how long ago."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.answers import RECORDING, REFUSED, TEXT, UNKNOWN, Answer
from flows.engine.turn import BRUSSELS
from flows.form import Form, Question
from flows.wording import Wording, reference
from intake.referring import PERMISSIONS
from intake.web.pages import LANGUAGE, spoken, translate
from locales import dates

WAITS_FOR = {
    "asked": "Wants to speak to somebody",
    "not_understood": "The questions did not go well",
    "silence": "Said nothing on the phone",
    "question": "Has a question",
    "call_me": "Wants a call",
    "new_request": "New request",
    "urgent_other": "New request, and wants a call",
    "cannot_ask": "New request, some questions are left",
    "not_ours": "Says: this is not about me",
    "withdrawn": "Wants to stop the request",
    "about_request": "Something about an earlier request",
    "erasure": "Wants everything erased",
    "wrote": "Wrote something",
    "not_delivered": "Our message did not arrive",
    "promised": "We promised an answer by now",
    "seeking": "Still looks for childcare",
    "found": "Found childcare, but did not say how: ask",
    "referred": "Did not say whether the place answered: ask",
    "place_full": "The place it was sent to is full",
    "place_silent": "The place it was sent to does not answer",
    "may_pass": "Answered whether its request may be passed on",
    "pass_silent": "Did not say whether its request may be passed on: ask",
    "spent": "Writes more than a person does: look who it is",
    "handed_over": "Handed over by another desk",
    "planned": "You wanted to come back to this today",
}
LOOKS = {  # whether a colleague types
    False: "%(name)s has this open too.",
    True: "%(name)s is typing.",
}
ASKS = {
    "mentioned": "%(name)s asks %(to)s to look at this.",
    "handed": "%(name)s handed this to %(to)s.",
}
ASKED = {  # on a line of the queue
    "mentioned": "asks %(name)s",
    "handed": "for %(name)s",
}
DUE = {  # about the day by which a family is to be answered
    "early": "Early, because the promised day has passed",
    "late": "Should have been answered by %(time)s",
    "to_come": "Answer by %(time)s",
}
CHANNELS = {
    "sms": "text message",
    "voice": "telephone",
    "whatsapp": "WhatsApp",
    "telegram": "Telegram",
    "desk": "at the counter",
    "web": "website",
    "mail": "e-mail",
    "form": "paper form",
}
LEFT_OUT = {  # of a reply to many
    "closed": "This conversation is closed.",
    "answering": "This family is still answering the questions.",
    "held": "A colleague is answering this family.",
    "untranslated": "This phrase is not translated into its language, and is not sent in Dutch.",
}
NEED = {
    3: "First, because it is urgent",
    2: "Early, because of a vulnerable family or priority",
    1: "In order of waiting time",
    0: "In order of waiting time, no request that counts yet",
}
FLAGS = {
    "urgent": "Urgent",
    "extended": "Unusual hours",
    "priority": "Priority group",
    "vulnerable": "Vulnerable family",
    "care_need": "Specific care need",
}
STATES = {
    "ticket": "Call back, does not count yet",
    "draft": "Counts, not complete",
    "complete": "Complete",
}
STATUS = {
    "with_bot": "Is answering the questions",
    "waiting": "Waits",
    "with_desk": "With the desk",
    "closed": "Closed",
}
DELIVERY = {
    "held": "waits until the family writes",
    "queued": "on its way",
    "sending": "on its way",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "unknown": "not certain that it arrived",
    "failed": "not delivered",
    "spoken": "said on the phone",
}
CALLS_FOR = {
    "asked": "Wanted to speak to somebody",
    "call_me": "Wants a call",
    "urgent_other": "New request, and wants a call",
    "question": "Asked a question on the phone",
    "interpreter": "Left a message in another language: call with an interpreter",
    "missed": "Hung up before choosing anything",
    "dropped": "The line dropped half-way",
    "fault": "Our service failed during the call",
    "follow_up": "The start is over: ask whether childcare was found",
}
ATTEMPTS = {
    "reached": "Reached",
    "no_answer": "No answer",
    "busy": "Busy",
    "wrong_number": "Wrong number",
    "failed": "Could not be called",
}
BEST_TIMES = {"morning": "before noon", "afternoon": "after noon"}
ERRORS = {
    "opted_out": "This family asked us to send no more messages. Call instead.",
    "invalid_number": "This number does not exist. Call instead, or ask for another number.",
    "landline": "This number is a fixed line that gets no text messages. Call instead.",
    "not_answerable": "We send no messages to numbers of this kind.",
    "spent": "Too many messages came from there today: the questions stopped until tomorrow.",
    "blocked": "This family blocked us on this channel. Call instead, or wait until it writes again.",
    "window_closed": "WhatsApp did not let it through: sent as a text message.",
    "no_number": "This family gave no number: nothing can be sent.",
    "unreadable": "This message is damaged and was not sent. Write it again.",
    "no_provider": "No provider is set up for this channel.",
}
EVENTS = {
    "claimed": "%(name)s took this conversation",
    "released": "%(name)s gave it back to the queue",
    "handed_back": "%(name)s let the questions go on",
    "closed": "%(name)s closed it",
    "reopened": "%(name)s opened it again",
    "corrected": "%(name)s corrected: %(what)s",
    "decided": "%(name)s decided: %(what)s",
    "outcome": "%(name)s noted the outcome: %(what)s",
    "expired": "Closed after a long silence; the request stays",
    "called": "The family called",
    "call_ended": "The call ended",
    "put_through": "The call was put through to the desk's phone",
    "taken": "The desk's phone was picked up",
    "not_taken": "Nobody picked up the desk's phone",
    "moved": "Moved here, to the desk of the town that was asked for",
    "join_asked": "Somebody sent this family's code from another phone or app",
    "joined": "The family goes on from another phone or app",
    "parted": "%(name)s took an address off this family",
    "keyed_in": "%(name)s keyed this request in",
    "filed_for": "%(name)s asked this for the family, who agreed: %(what)s. What is known was told by them",
    "merged": "%(name)s decided that two requests are for one child: %(what)s",
    "unmerged": "%(name)s decided that these are two requests after all: %(what)s",
    "taken_over": "%(name)s took this over from %(what)s",
    "handed_over": "%(name)s handed this to %(what)s",
    "snoozed": "%(name)s put this off until %(what)s",
    "told": "The family told us: %(what)s",
    "copied": "%(name)s copied this request to a platform %(what)s",
    "counted_at": "%(name)s decided who counts it: %(what)s",
    "passed_on": "%(name)s passed this request on to another desk: %(what)s",
    "asked_to_pass": "%(name)s asked the family whether this may have its request: %(what)s",
    "agreed": "%(name)s noted that the family says yes: %(what)s",
    "refused": "%(name)s noted that the family says no: %(what)s",
    "referred": "%(name)s sent the family to: %(what)s",
    "answered": "%(name)s noted what the place answered: %(what)s",
    "kept": "%(name)s kept everything: the family changed its mind",
}
COUNTED_IN = {"here": "we do", "platform": "the platform does"}
OUTCOMES = {
    "open": "Open",
    "offer_made": "A place was proposed",
    "placed_via_desk": "Place found through us",
    "placed_other_municipality": "Place found in another town",
    "placed_own_solution": "Found a place alone",
    "informal_solution": "Family, neighbours, stopped working",
    "offer_refused": "Refused a proposal",
    "no_place": "No place found",
    "lapsed": "No longer needed",
    "unreachable": "Cannot be reached",
    "unknown": "Not known",
    "not_a_request": "Not a request",
}
REASONS = {
    "days": "days",
    "hours": "hours",
    "price": "price",
    "distance": "distance",
    "other": "other",
    "full": "everything full",
    "start_date": "start date",
    "extended_hours": "unusual hours",
    "care_need": "specific care need",
    "pregnancy_ended": "pregnancy ended",
    "moved": "moved",
    "no_longer_needed": "no longer wanted",
    "prank": "prank",
    "test": "test",
    "wrong_number": "wrong number",
    "information": "information only",
    "duplicate": "counted twice",
}
UNTRANSLATED = {  # of a phrase: whether the Dutch goes out instead
    True: "Not translated into this language: it goes in Dutch.",
    False: "Not translated into this language, and not sent in Dutch.",
}
PHRASE_STATES = {  # of a translation
    "draft": "draft: somebody else has to read it",
    "reviewed": "read by a second person",
    "outdated": "the Dutch changed: write it anew",
    "read back": "draft, read back by others",
    "native": "reviewed by a native speaker",
    "out of date": "the Dutch changed, being looked at",
    "": "not there: see above what goes out instead",
}
FIELDS = {
    "day": "Day",
    "date": "Day",
    "time": "Time",
    "phone": "Phone number",
    "number": "Number",
    "name": "Name",
    "address": "Address",
    "free": "Words of your own, not translated",
}
REFERRALS = {
    "sent": "to answer by %(day)s",
    "asked": "not heard by %(day)s",
    "place": "has a place",
    "full": "is full",
    "no_answer": "did not answer",
}


@dataclass(frozen=True)
class Terms:
    """The form a conversation began with and its words; `present`, for what colleagues said since."""

    form: Form
    wording: Wording
    present: Wording

    def wording_of(self, key: str) -> Wording | None:
        """Whose words a message key is from; None when no form we have knows it."""
        return next((each for each in (self.wording, self.present) if each.knows(key)), None)

    def label(self, key: str) -> str:
        """What the desk calls a question."""
        return self.form.question(key).label


ROLES = {
    "worker": "Colleague at the desk", "coordinator": "Coordinator", "administrator": "Administrator",
    "auditor": "Auditor", "referrer": "Referrer", "translator": "Translator",
}  # fmt: skip


def role(code: str) -> str:
    return translate(ROLES[code])


def language(code: str) -> str:
    return dates.name_in(spoken(), code)


def ago(since: datetime, now: datetime) -> str:
    """How long somebody waits, in the largest unit that fits."""
    minutes = max(0, int((now - since) / timedelta(minutes=1)))
    if minutes < 60:
        return translate("%(count)s min", count=minutes)
    if minutes < 48 * 60:
        return translate("%(count)s hours", count=minutes // 60)
    return translate("%(count)s days", count=minutes // (24 * 60))


def span(time: timedelta) -> str:
    """How long something took, in the largest unit that fits."""
    return ago(datetime.min, datetime.min + time)


def clock_time(at: datetime) -> str:
    return at.astimezone(BRUSSELS).strftime("%H:%M")


def day(at: datetime) -> str:
    local = at.astimezone(BRUSSELS)
    return f"{dates.weekday(local.weekday(), spoken())} {date_of(local)}"


def date_of(day: date) -> str:
    return f"{day.day} {dates.month(day, spoken())}"


def moment(at: datetime) -> str:
    """A day of this week or so and a time: "ma 7 april, 09:00"."""
    local, code = at.astimezone(BRUSSELS), spoken()
    weekday = dates.short_weekday(local.weekday(), code)
    return f"{weekday} {local.day} {dates.month_name(local, code)}, {clock_time(at)}"


def deadline(at: datetime) -> str:
    """By when something is to be done: the end of a day is that day."""
    return moment(at).removesuffix(", 23:59")


def moment_with_year(at: datetime) -> str:
    """ "2 mrt 2026, 09:00": in lists that go back further."""
    local = at.astimezone(BRUSSELS)
    return f"{local.day} {dates.short_month(local, spoken())} {local.year}, {clock_time(at)}"


def outcome(chosen: str) -> str:
    """ "no_place:full" in words."""
    code, _, reason = chosen.partition(":")
    return f"{translate(OUTCOMES[code])}: {translate(REASONS[reason])}" if reason else translate(OUTCOMES[code])


def answer(terms: Terms, question: Question, value: Answer) -> str:
    """An answer as a colleague reads it."""
    if value in (UNKNOWN, REFUSED):
        return translate("does not know") if value == UNKNOWN else translate("rather not say")
    if isinstance(value, tuple):
        return ", ".join(_one(terms, question, each) for each in value) or translate("none of these")
    if value.startswith(TEXT):
        return value.removeprefix(TEXT)
    if value.startswith(RECORDING):
        return translate("spoken, listen to it")
    if question.id in ("birth", "start", "place"):
        return terms.wording.value(question.id, value, LANGUAGE)
    return language(value) if question.id == "language" else _one(terms, question, value)


def _one(terms: Terms, question: Question, value: str) -> str:
    key = f"{question.id}.{value}"
    if key in terms.form.dutch:
        return terms.form.dutch[key]
    name, _, part = value.partition(":")
    if name in _DAYS:
        parts = {"": "", "am": translate(", morning"), "pm": translate(", afternoon")}
        return f"{dates.weekday(_DAYS.index(name), spoken())}{parts[part]}"
    return {"yes": translate("yes"), "no": translate("no"), "any": translate("all days")}.get(value, value)


def event(terms: Terms, what: str, body: str, name: str) -> str:
    """What happened, on the timeline."""
    more: Mapping[str, object] = json.loads(body or "{}")
    match what:
        case "corrected":
            told = terms.label(str(more["key"]))
        case "decided":
            values = {True: translate("yes"), False: translate("no"), None: translate("as the answers say")}
            told = f"{translate(FLAGS[str(more['flag'])])}: {values[more['value']]} ({more['reason']})"  # type: ignore[index]
        case "merged":
            told = f"{reference(str(more['goes']))} → {reference(str(more['stays']))}"
        case "unmerged":
            told = reference(str(more["goes"]))
        case "handed_over" | "passed_on" | "asked_to_pass" | "agreed" | "refused" | "taken_over" | "copied":
            told = str(next(more[key] for key in ("to", "from", "number") if key in more))
        case "referred":
            told = str(more["name"])
        case "filed_for":
            told = f"{translate(PERMISSIONS[str(more['permission'])])}, {date_of(date.fromisoformat(str(more['on'])))}"
        case "snoozed":
            told = f"{date_of(date.fromisoformat(str(more['until'])))}: {more['reason']}"
        case "counted_at":
            told = translate(COUNTED_IN[str(more["where"])])
        case "outcome":
            told = outcome(str(more["outcome"]))
        case "answered":
            told = translate(REFERRALS[str(more["result"])])
        case "told":
            keys = (str(more["question"]), f"{more['question']}.{more['value']}")
            said = " ".join(terms.present.message(key, LANGUAGE, {}) for key in keys)
            told = f"{said} → {outcome(str(more['outcome']))}" if "outcome" in more else said
        case _:
            told = ""
    return translate(EVENTS[what], name=name, what=told)


def messages(segments: int) -> str:
    """How many text messages; "" where nothing is counted."""
    sentence = "%(count)s text message" if segments == 1 else "%(count)s text messages"
    return translate(sentence, count=segments) if segments else ""


def references(each: tuple[str, ...]) -> str:
    return " · ".join(map(reference, each))


_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
