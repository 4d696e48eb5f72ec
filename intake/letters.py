"""The words of mails, each in the language of its reader. Nothing of a family stands in any of them.

Plain text, short lines, the address of a page on a line of its own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.mail import Attachment, Letter
from locales import desk as words
from storage.keys import Keys
from storage.notices import LASTS
from storage.staff import INVITATION

Say = Callable[..., str]
LIST = ("desk", "source", "asked_on", "birth", "postcode", "start", "outcome", "outcome_on")  # what `import` reads
STAFF, ORGANISER = "staff", "organiser"  # whose mails an address ends


def in_language(language: str) -> Say:
    """Translates a sentence, then fills it in: `said("Dag %(name)s", name=…)`."""
    catalogue = words.load(language if language in words.languages() else "nl")

    def said(text: str, **values: object) -> str:
        translated = catalogue.gettext(text)
        return translated % values if values else translated

    return said


def link(language: str, to: str, address: str, username: str) -> Letter:
    """With which a colleague chooses a password."""
    said = in_language(language)
    lines = (
        said("With this link you choose a password for your account %(name)s.", name=username),
        said("It works once, for %(days)s days.", days=INVITATION.days),
        "",
        address,
        "",
        said("Did you expect no such mail? Then do nothing, and tell your coordinator."),
    )
    return Letter(to, said("Your account at the childcare desk"), _text(lines))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait at a desk. `since`: the first of them."""

    desk: str
    all: int
    urgent: int
    late: int
    new: int
    questions: int
    calls: int
    since: datetime | None


def confirmation(language: str, to: str, address: str) -> Letter:
    """With which a colleague proves that an address is theirs."""
    said = in_language(language)
    lines = (
        said("With this link you confirm that you want to get mail of the childcare desk at this address."),
        said("It works for %(days)s days.", days=LASTS.days),
        "",
        address,
        "",
        said("Did you expect no such mail? Then do nothing: you get no other one."),
    )
    return Letter(to, said("Is this your address?"), _text(lines))


def digest(language: str, to: str, desks: Sequence[Waiting], url: str, off: str, now: datetime) -> Letter:
    """What waits, at each desk."""
    said = in_language(language)
    lines: list[str] = []
    for each in desks:
        lines += [each.desk, "  " + said("Wait for an answer: %(count)s", count=each.all)]
        if each.urgent:
            lines.append("  " + said("of them urgent: %(count)s", count=each.urgent))
        if each.late:
            lines.append("  " + said("of them too late: %(count)s", count=each.late))
        kinds = (
            (said("New requests: %(count)s", count=each.new), each.new),
            (said("Questions: %(count)s", count=each.questions), each.questions),
            (said("To call: %(count)s", count=each.calls), each.calls),
        )
        lines += [f"  {line}" for line, many in kinds if many]
        if each.since is not None:
            lines.append("  " + said("The first of them waits: %(time)s", time=_long(said, each.since, now)))
        lines.append("")
    subject = said("Waiting at the childcare desk: %(count)s", count=sum(each.all for each in desks))
    return Letter(to, subject, _text((*lines, f"{url}/desk", *_foot(said, url, off))), off)


def at_once(
    language: str, to: str, desk: str, urgent: int, late: int, since: datetime, url: str, off: str, now: datetime
) -> Letter:  # fmt: skip
    """What should not wait for the next overview."""
    said = in_language(language)
    lines = [desk]
    if urgent:
        lines.append("  " + said("Urgent, and waiting: %(count)s", count=urgent))
    if late:
        lines.append("  " + said("Calls that are late: %(count)s", count=late))
    lines += ["  " + said("The first of them waits: %(time)s", time=_long(said, since, now)), ""]
    lines.append(f"{url}/desk" if urgent else f"{url}/desk/calls")
    subject = said("Urgent at the childcare desk: %(count)s", count=urgent + late)
    return Letter(to, subject, _text((*lines, *_foot(said, url, off))), off)


def off_address(keys: Keys, url: str, kind: str, id_: str) -> str:
    """With which its reader ends such mails, without signing in (RFC 8058)."""
    return f"{url}/mail/off/{kind}/{id_}/{off_proof(keys, kind, id_)}"


def off_proof(keys: Keys, kind: str, id_: str) -> str:
    """What nobody else can know."""
    return keys.blind("mail_off", f"{kind} {id_}")


def _foot(said: Say, url: str, off: str) -> tuple[str, ...]:
    return ("", "-- ", said("You chose these mails on the page My account:"), f"{url}/desk/account",
            said("No more of them:"), off)  # fmt: skip


def _long(said: Say, since: datetime, now: datetime) -> str:
    minutes = max(0, int((now - since) / timedelta(minutes=1)))
    if minutes < 60:
        return said("%(count)s min", count=minutes)
    if minutes < 48 * 60:
        return said("%(count)s hours", count=minutes // 60)
    return said("%(count)s days", count=minutes // (24 * 60))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(" ".join(line.splitlines()) for line in lines) + "\n"


@dataclass(frozen=True, slots=True)
class ForOrganiser:
    """What its monthly mail says. `slug`: the desk's short name, as lists name it; numbers: E.164 or ""."""

    desk: str
    slug: str
    code: str
    text_to: str
    call: str
    form: str
    off: str


def organiser(to: str, told: ForOrganiser) -> Letter:
    """Once a month: what to tell, and the ways to do it. In Dutch, as everything between desk and organisers."""
    said = in_language("nl")
    lines = [
        said("Did you have to refuse families this month, because you had no place for their child?"),
        said("Tell %(desk)s: for each child the month of birth, the town, and from when. No names.", desk=told.desk),
        "",
    ]
    if told.text_to:
        lines.append("* " + said("By text message: send \"organisator %(code)s\" to %(number)s.", code=told.code,
                                 number=told.text_to))  # fmt: skip
    if told.call:
        lines.append("* " + said("By telephone: call %(number)s, choose Dutch, press 8, then your code: %(code)s.",
                                 number=told.call, code=told.code))  # fmt: skip
    lines += [
        "* " + said("On paper: print this page, and give it to the desk:"),
        "  " + told.form,
        "* " + said("As a list: fill in the file with this mail, one line for each child, and answer with it."),
        "  " + said("asked_on: the day on which you were asked, as 2026-11-30"),
        "  " + said("birth: the month of birth, as 2026-04; expected: due:2027-03"),
        "  " + said("postcode: of the town; start: from when, as 2027-01, or asap"),
        "  " + said("outcome_on: the day on which you said no"),
        "",
        said("Nothing refused? Then do nothing."),
        "",
        "-- ",
        said("No more of them:"),
        told.off,
    ]
    row = {**dict.fromkeys(LIST, ""), "desk": told.slug, "source": "organiser", "outcome": "no_place"}
    table = "".join(f"{','.join(cells)}\r\n" for cells in (row, row.values()))
    attached = Attachment("opvangvragen.csv", "csv", table)
    return Letter(to, said("Childcare that you had to refuse this month"), _text(lines), told.off, (attached,))


def form_address(keys: Keys, url: str, organiser_id: str) -> str:
    """Its page to print, for whoever holds the address."""
    return f"{url}/mail/form/{organiser_id}/{form_proof(keys, organiser_id)}"


def form_proof(keys: Keys, organiser_id: str) -> str:
    return keys.blind("mail_form", organiser_id)
