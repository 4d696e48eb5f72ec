"""Desks, families and their conversations, registrations: everything but calls and accounts."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import Kept, in_parts, partial, row_id, sealed, time, where_given

_FLAGS = ("urgent", "extended", "priority", "vulnerable")
_COUNTED = (  # all that a count looks at, of the desks and days it is about
    "desk_id", "asked_on", "state", "source", "counted_in", "created_at", "start", "rules", *_FLAGS,
    *(f"{flag}_override" for flag in _FLAGS), "first_reply_at", "care_need", "id",
)  # fmt: skip


class Desk(Kept, table=True):
    """A *Lokaal Loket*. `settings` is JSON of a coordinator's choices (`desks.Choices`), nothing personal."""

    id: str = row_id()
    slug: str = Field(unique=True)
    name: str
    number: str  # its public number, E.164
    key: bytes = sealed()  # seals what only this desk may count: care needs
    settings: str = "{}"
    created_at: datetime = time()


class DeskNumber(Kept, table=True):
    """A number of ours, on a channel, belongs to one front desk."""

    __tablename__ = "desk_number"
    number: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    desk_id: str = Field(foreign_key="desk.id")


class DeskPostcode(Kept, table=True):
    __tablename__ = "desk_postcode"
    postcode: str = Field(primary_key=True)
    desk_id: str = Field(foreign_key="desk.id", index=True)


class FormText(Kept, table=True):
    """A form with its Dutch texts as it was when a conversation began with it."""

    __tablename__ = "form_text"
    hash: str = Field(primary_key=True)
    text: str


class Contact(Kept, table=True):
    """A phone number or an account, whichever provider carries it."""

    id: str = row_id()
    blind: str = Field(unique=True)
    address: bytes = sealed()
    opted_out: bool = False
    cannot_text: str = ""  # the code of an error that makes texting impossible
    last_inbound_at: datetime | None = time(default=None)
    heard_on: date | None = None
    heard_today: int = 0  # how often on that day


class Family(Kept, table=True):
    """Erasing its key erases what it told us. A joined family points to the other; both keys are read."""

    __table_args__ = (where_given("family_joined", "joined_to"),)
    id: str = row_id()
    key: bytes | None = sealed(default=None)
    joined_to: str | None = Field(default=None, foreign_key="family.id")
    created_at: datetime = time()


class ContactFamily(Kept, table=True):
    """For whom an address spoke, and since when; the last one is the current family."""

    __tablename__ = "contact_family"
    contact_id: str = Field(primary_key=True, foreign_key="contact.id")
    family_id: str = Field(primary_key=True, foreign_key="family.id", index=True)
    since: datetime = time()


class JoinCode(Kept, table=True):
    """With it a family goes on from another address; from the first use on, who asked to join and how."""

    __tablename__ = "join_code"
    blind: str = Field(primary_key=True)
    desk_id: str = Field(foreign_key="desk.id")
    conversation_id: str = Field(foreign_key="conversation.id", unique=True)
    until: datetime = time(index=True)
    contact_id: str | None = Field(default=None, foreign_key="contact.id")
    channel: str = ""
    provider: str = ""
    our_number: str = ""


class Budget(Kept, table=True):
    """How often we answered a block of numbers on one day."""

    day: date = Field(primary_key=True)
    blind: str = Field(primary_key=True)
    count: int


class Conversation(Kept, table=True):
    __table_args__ = (
        partial("one_open_conversation", "family_id", where="status <> 'closed'", unique=True),
        Index("conversation_family", "family_id"),
        partial("conversation_closed", "desk_id", "closed_at", where="status = 'closed'"),
        Index("conversation_queue", "desk_id", "status", "waiting_since"),
        partial("conversation_open", "status", "last_inbound_at", "waiting_since", where="status <> 'closed'"),
        partial("conversation_unreckoned", "waiting_since", where="answer_by is null and waiting_since is not null"),
        Index("conversation_all", "reminders"),  # the narrowest there is: all rows are counted by its pages
        partial("conversation_later", "snoozed_until", where="snoozed_until is not null"),
    )
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id")
    contact_id: str = Field(foreign_key="contact.id", index=True)
    channel: str
    provider: str
    our_number: str
    language: str
    status: str
    form: str
    state: bytes = sealed()
    asking: str = ""
    asked_on: date
    turn: int = 0
    need: int = 0  # 0 none … 3 first: decided by the registrations' flags
    waiting_since: datetime | None = time(default=None)
    waiting_why: str = ""
    answer_by: datetime | None = time(default=None)  # what was promised, in the desk's hours; None: not reckoned yet
    snoozed_until: datetime | None = time(default=None)  # out of the queue until then, or until the family writes
    mailed_since: datetime | None = time(default=None)  # the wait of which colleagues were told by mail
    last_inbound_at: datetime = time()
    reminders: int = 0  # how often it was reminded of a request it stopped in the middle of
    claimed_by: str | None = Field(default=None, foreign_key="staff.id")
    claimed_until: datetime | None = time(default=None)
    opened_at: datetime = time()
    closed_at: datetime | None = time(default=None)


class Message(Kept, table=True):
    """The timeline: messages, notes and what happened. Outgoing messages are the outbox."""

    __table_args__ = (
        Index("timeline", "conversation_id", "id"),
        Index("message_family", "family_id"),
        Index("message_contact", "contact_id"),
        partial("outbox", "status", "due_at", where="status in ('queued', 'sending', 'unknown')"),
        partial("message_wordy", "conversation_id", where="body is not null"),
        partial("message_failed", "id", where="status = 'failed'"),
        Index("provider_message", "provider", "provider_id"),
        in_parts("desk_id", 16),
    )
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id")
    conversation_id: str = Field(foreign_key="conversation.id")
    contact_id: str | None = Field(default=None, foreign_key="contact.id")  # the address it goes to or came from
    direction: str  # in, out, note, event
    channel: str
    provider: str = ""
    provider_id: str = ""
    status: str
    error: str = ""
    question: str = ""  # the key that waited for an answer, or what an event is
    segments: int = 0
    attempts: int = 0
    at: datetime = time()
    due_at: datetime | None = time(default=None)
    lease_until: datetime | None = time(default=None)
    author: str | None = Field(default=None, foreign_key="staff.id")
    prompts: bytes | None = sealed(default=None)
    body: bytes | None = sealed(default=None)
    unasked: bool | None = None  # nobody asked for it: when it is late, it waits for the morning
    buttons: bytes | None = sealed(default=None)  # what hangs under it to be pressed: JSON, [[label, data], …]


class EarlyStatus(Kept, table=True):
    """What a provider said of a message before we noted its name for it: it answers and reports at the same moment."""

    __tablename__ = "early_status"
    provider: str = Field(primary_key=True)
    provider_id: str = Field(primary_key=True)
    status: str
    code: str = ""
    at: datetime = time(index=True)


class Seen(Kept, table=True):
    """Provider events that were taken: a second one changes nothing. Pruned after 14 days."""

    provider: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    at: datetime = time(index=True)


class Timer(Kept, table=True):
    """Something to do later, if the conversation still stands at that turn."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    turn: int
    kind: str
    due_at: datetime = time(index=True)


class Registration(Kept, table=True):
    """One request for one child (a *unieke opvangvraag*), from call-back ticket to complete."""

    __table_args__ = (
        UniqueConstraint("conversation_id", "child"),
        Index("registration_counted", *_COUNTED),
        Index("registration_birth", "desk_id", "birth_blind", "postcode"),
        Index("registration_start", "desk_id", "start"),
        partial("registration_named", "asked_on", "family_id", where="length(answers) > 0"),
        where_given("registration_same", "same_as"),
    )
    id: str = row_id()
    reference: str = Field(unique=True)
    external_reference: str = ""
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id")
    child: int
    state: str
    source: str = "desk"
    counted_in: str = "here"
    channel: str
    language: str
    asked_on: date
    start: str = ""
    postcode: str = ""
    birth_quarter: str = ""
    birth_blind: str = ""
    name_blind: str = Field(default="", index=True)  # of the parent's or the child's name, in plain letters
    answers: bytes = sealed()
    urgent: bool | None = None
    extended: bool | None = None
    priority: bool | None = None
    vulnerable: bool | None = None
    urgent_override: bool | None = None
    extended_override: bool | None = None
    priority_override: bool | None = None
    vulnerable_override: bool | None = None
    care_need: bytes | None = sealed(default=None)  # with the desk's key: {"value", "override"}
    rules: str = "{}"  # flag -> rule id
    rules_hash: str = ""
    because: bytes | None = sealed(default=None)  # flag -> keys
    alike: str = Field(default="", index=True)  # of an imported row: blind, of its content
    same_as: str | None = Field(default=None, foreign_key="registration.id")  # merged by staff into another one
    first_reply_at: datetime | None = time(default=None)
    created_at: datetime = time()
    updated_at: datetime = time()


class Outcome(Kept, table=True):
    """What came of a request, as an interval: from a day until the next outcome, and since when we know it."""

    __table_args__ = (
        Index(
            "outcome_counted",
            *("desk_id", "registration_id", "since", "recorded_at", "id", "code", "reason", "sealed_reason"),
        ),
    )
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str = Field(foreign_key="registration.id", index=True)
    code: str
    reason: str = ""
    sealed_reason: bytes | None = sealed(default=None)  # with the desk's key, when the reason is a care need
    since: date
    recorded_at: datetime = time()
    author: str | None = Field(default=None, foreign_key="staff.id")
    by_family: bool = False  # told by the family itself


class Fact(Kept, table=True):
    """How often something happened at a question: no family, no conversation."""

    desk_id: str = Field(primary_key=True, foreign_key="desk.id")
    day: date = Field(primary_key=True)
    language: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    event: str = Field(primary_key=True)
    count: int = 0


class Merge(Kept, table=True):
    """A colleague decided that two requests are for one child: from when on, and until when it was believed."""

    __table_args__ = (Index("merge_of", "registration_id", "at"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str = Field(foreign_key="registration.id")  # counts no more
    into_id: str = Field(foreign_key="registration.id", index=True)  # counts
    author: str = Field(foreign_key="staff.id")
    at: datetime = time()
    undone_by: str | None = Field(default=None, foreign_key="staff.id")
    undone_at: datetime | None = time(default=None)


class Frozen(Kept, table=True):
    """A line of a frozen report: its random id there, and the request it was, as long as that is kept."""

    id: str = Field(primary_key=True)
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str | None = Field(default=None, foreign_key="registration.id", index=True)


class Publication(Kept, table=True):
    """Counts that were made public, exactly as they were: no other ones of the same requests are given beside them."""

    id: str = row_id()
    year: int = Field(index=True)
    desk_id: str | None = Field(default=None, foreign_key="desk.id")  # None: all desks together
    asked_as: str  # by which definitions
    content: str  # JSON: totals alone, nothing personal
    at: datetime = time()


class Tombstone(Kept, table=True):
    """A family that was erased: its bare id, so that a restored backup can be cleaned of it again."""

    family_id: str = Field(primary_key=True)
    at: datetime = time()
    events: str = "[]"  # what it sent of late, JSON: [[provider, kind, the provider's id], …]


class Quarantine(Kept, table=True):
    """Authentic events we could not place or read, kept for a person to look at."""

    id: str = row_id()
    provider: str
    reason: str
    at: datetime = time()
    body: bytes = sealed()


class Clock(Kept, table=True):
    """For the test door alone: how far the clock of all processes was set forward or back, in seconds."""

    id: int = Field(default=1, primary_key=True)
    offset: float = 0.0
