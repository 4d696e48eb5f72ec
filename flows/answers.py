"""What an answer is: a small closed set of values that travel as text, and the names of kinds, commands and flags.

An answer is a value of its kind, or `UNKNOWN` ("I don't know") or `REFUSED` ("I'd rather not say"); never a
default. Values by kind:

choice            an option's id                     yes_no          "yes", "no"
several           a tuple of option ids, () = none   postcode        "9000"
date_birth        "2026-02-14", "2026-02", "~2026-03" (worked out from an age), "due:2027-05", "due:2027-05-20",
                  "unborn"                           date_start      "asap", "2027-03", "2027-03-15"
weekdays_parts    ("mo", "tu:am", "we:pm"), "any"    work_days       ("4", "unknown"): days a week of each parent
language          a BCP 47 code                      phone           E.164, "+32470000001"
text              "text:…", or "recording:<id>" of a spoken answer
"""

from enum import StrEnum

Answer = str | tuple[str, ...]

UNKNOWN = "unknown"
REFUSED = "refused"
TEXT = "text:"
RECORDING = "recording:"


class Kind(StrEnum):
    """How an answer is asked and read."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    SEVERAL = "several"
    DATE_BIRTH = "date_birth"
    DATE_START = "date_start"
    WEEKDAYS_PARTS = "weekdays_parts"
    POSTCODE = "postcode"
    LANGUAGE = "language"
    TEXT = "text"
    PHONE = "phone"
    WORK_DAYS = "work_days"


class Command(StrEnum):
    """What a family can say at any moment, on every channel."""

    HUMAN = "human"
    BACK = "back"
    REPEAT = "repeat"
    HELP = "help"
    LANGUAGE = "language"
    DONT_KNOW = "dont_know"
    REFUSE = "refuse"
    RESTART = "restart"
    STATUS = "status"
    PRIVACY = "privacy"
    FORGET = "forget"
    STOP = "stop"
    CODE = "code"  # go on elsewhere


class Flag(StrEnum):
    """The special categories a desk registers apart."""

    URGENT = "urgent"
    EXTENDED = "extended"
    PRIORITY = "priority"
    VULNERABLE = "vulnerable"
    CARE_NEED = "care_need"


def is_known(answer: Answer | None) -> bool:
    """Whether a value was given: not absent, unknown or refused."""
    return answer is not None and answer not in (UNKNOWN, REFUSED)
