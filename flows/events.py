"""Everything that can happen to a conversation (events) and everything it can ask for (effects).

Both are plain values: time arrives inside an event, and an effect says what to do, never how. The application
carries effects out in one `match`; nothing here knows a database or a provider.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flows.answers import Answer
from flows.inputs import Channel as Channel
from flows.inputs import Contact as Contact
from flows.inputs import Digits as Digits
from flows.inputs import Input as Input
from flows.inputs import Location as Location
from flows.inputs import Option as Option
from flows.inputs import Recording as Recording
from flows.inputs import Text as Text

# --- Events ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """A new conversation. `input` is what it opened with (None: a call).

    `language`: known from elsewhere (a card, the conversation this one grew out of), "" otherwise.
    `has_open_request`: this address already has a request that is not ended, so we ask which one is meant.
    """

    at: datetime
    channel: Channel
    input: Input | None = None
    has_open_request: bool = False
    language: str = ""
    is_hidden: bool = False  # whose number is not shown: a hidden caller, an account of Telegram


@dataclass(frozen=True, slots=True)
class Called:
    """A family calls that has an open conversation. `is_late`: after a long silence."""

    at: datetime
    channel: Channel
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    at: datetime
    channel: Channel
    input: Input


@dataclass(frozen=True, slots=True)
class NoInput:
    """The time for an answer ran out (on the phone: silence)."""

    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class HungUp:
    at: datetime


@dataclass(frozen=True, slots=True)
class Resumed:
    """The family writes again after a long silence, or after a call; `input` is kept and not used as an answer."""

    at: datetime
    channel: Channel
    input: Input
    is_late: bool = True


@dataclass(frozen=True, slots=True)
class Corrected:
    """Staff changed an answer. `child` is the child's id for questions of scope child."""

    at: datetime
    key: str
    value: Answer
    child: int | None = None


@dataclass(frozen=True, slots=True)
class StaffTook:
    at: datetime


@dataclass(frozen=True, slots=True)
class StaffReleased:
    """A colleague hands the conversation back to the bot."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """A colleague closes the conversation: handled."""

    at: datetime


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """Somebody sent this family's code from another address."""

    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class Joined:
    """Another address was confirmed to be of the same family; it goes on there."""

    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A referrer filed this request for the family. `by`: as the family knows them; `is_told`: it can be asked now."""

    at: datetime
    channel: Channel
    by: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class MessageFailed:
    at: datetime


@dataclass(frozen=True, slots=True)
class ReminderDue:
    """The family has been silent in the middle of its request, and may be written to."""

    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class QuestionDue:
    """We ask on our own account, whatever the conversation came to: `question` is one of `engine.following`.

    `about`: what it is about, for us to know when it is answered. `reference`: named where a family has several
    requests; `name`: of the place it was sent to.
    """

    at: datetime
    channel: Channel
    question: str
    about: str
    reference: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class StaffWrote:
    """A colleague wrote to the family. `question`: the one it asks, where its answer can be read; "" for anything else.

    `about`: as in `QuestionDue`.
    """

    at: datetime
    question: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """So long after such a question nothing was answered."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TaskDue:
    """A person has something to do about this family, which hears nothing of it."""

    at: datetime
    reason: "Reason"


@dataclass(frozen=True, slots=True)
class Childcare:
    """One place of a desk's list. `price`: "income" where it goes by what a family earns."""

    name: str
    address: str
    phone: str
    price: str


@dataclass(frozen=True, slots=True)
class ChildcareFound:
    """The answer to `FindChildcare`: all places of the list in that town, from A to Z."""

    at: datetime
    channel: Channel
    wanted: "FindChildcare"
    found: tuple[Childcare, ...]


@dataclass(frozen=True, slots=True)
class Expired:
    """So many silent days that the conversation closes; its draft stays."""

    at: datetime


Event = (
    Started | Called | Answered | NoInput | HungUp | Resumed | Corrected | StaffTook | StaffReleased | Closed
    | JoinAsked | Joined | AskedFor | MessageFailed | ReminderDue | QuestionDue | StaffWrote | Unanswered | TaskDue
    | ChildcareFound | Expired
)  # fmt: skip

# --- Effects -----------------------------------------------------------------------------------------------------


MORE = "more"  # the choice that shows more choices


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer as it is offered: the number (or key) to send, and the option's id."""

    number: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """How a caller answers. `digits`: how many keys, 0: as many as it takes, then the hash key or silence.

    `part`: what is asked of an answer that takes several entries; `is_recorded`: it is spoken and kept as sound.
    """

    digits: int = 1
    part: str = ""
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to say: a message key and raw values, never text. `question` is set when an answer is awaited."""

    key: str
    values: tuple[tuple[str, str], ...] = ()
    choices: tuple[Choice, ...] = ()
    question: str = ""
    entry: Entry | None = None  # on the phone, where an answer is awaited


class RequestState(StrEnum):
    """How far a registration is: a call-back ticket counts nothing, a draft counts, complete has its summary right."""

    TICKET = "ticket"
    DRAFT = "draft"
    COMPLETE = "complete"


class Reason(StrEnum):
    """Why a conversation goes to a person. The desk shows it in words."""

    ASKED = "asked"  # the family asked for a person
    NOT_UNDERSTOOD = "not_understood"  # third rung of the repair ladder
    SILENCE = "silence"  # the same, on the phone
    QUESTION = "question"  # purpose: I have a question
    CALL_ME = "call_me"  # purpose: call me; or continue / support by phone
    NEW_REQUEST = "new_request"  # a finished request
    URGENT_OTHER = "urgent_other"  # "something else, a person calls you"
    CANNOT_ASK = "cannot_ask"  # an agreement that may not be asked in this language
    NOT_OURS = "not_ours"  # the person we were told about says "not me"
    ABOUT_REQUEST = "about_request"  # an answer to `again`: about the open request
    WITHDRAWN = "withdrawn"  # an answer to `stop`: the request itself
    SEEKING = "seeking"  # an answer to `follow_up`: still looking
    FOUND = "found"  # found a place, and did not say how
    REFERRED = "referred"  # did not say whether the place answered that it was sent to
    PLACE_FULL = "place_full"  # an answer to `referral`
    PLACE_SILENT = "place_silent"  # an answer to `referral`
    MAY_PASS = "may_pass"  # answered whether its request may be passed on
    PASS_SILENT = "pass_silent"  # did not


@dataclass(frozen=True, slots=True)
class Say:
    """Prompts that go out together, in the conversation's language (one SMS where they fit)."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """Store what is known of this child (None: nothing about a child yet) as a registration in this state."""

    state: RequestState
    child: int | None


@dataclass(frozen=True, slots=True)
class HandOver:
    reason: Reason


@dataclass(frozen=True, slots=True)
class OweCall:
    """A person is to call this family, whether it answers the rest or stops here."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Stop:
    """The family wants no more messages: opt the contact out, keep the request, send nothing more.

    `says_goodbye`: what this turn says still goes out.
    """

    says_goodbye: bool = False


@dataclass(frozen=True, slots=True)
class TextThis:
    """To a caller: the same as a text message to the number that calls."""

    prompts: tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class AskErasure:
    """The family confirmed that it wants to be forgotten: a task for the desk, with a term."""


@dataclass(frozen=True, slots=True)
class GiveCode:
    """A code to go on from another address; "@code" and "@ways" stand in what is said for it and where to send it."""


@dataclass(frozen=True, slots=True)
class Join:
    """The answer to who sent the code: from here on that address speaks for this family, or it does not."""

    is_agreed: bool


@dataclass(frozen=True, slots=True)
class NewFamily:
    """The same address speaks for another family from here on; `state` of this conversation closes.

    The application opens a conversation of a new family in the same language and starts it.
    """


@dataclass(frozen=True, slots=True)
class Told:
    """The family answered what we asked on our own account. `about`: as it stood in `QuestionDue`."""

    about: str
    question: str
    value: str


@dataclass(frozen=True, slots=True)
class FindChildcare:
    """Look up what childcare there is in a town, and step on with `ChildcareFound`. `by_text`: for a text message."""

    place: str
    by_text: bool = False


@dataclass(frozen=True, slots=True)
class LookUpHours:
    """ "@hours" stands for the opening hours of the coming days in what is said."""


@dataclass(frozen=True, slots=True)
class NotARequest:
    """Information was all that was asked: what is kept of it counts as that, and as no request."""


@dataclass(frozen=True, slots=True)
class Count:
    """One fact for the equity mirror: which question, and what happened there."""

    key: str
    event: str  # asked, answered, no_match, no_input, dont_know, refused, handed_over, finished, back, told


Effect = (
    Say | TextThis | Register | HandOver | OweCall | Stop | AskErasure | GiveCode | Join | NewFamily | Told
    | FindChildcare | LookUpHours | NotARequest | Count
)  # fmt: skip
