"""All tables. Every row of a desk carries `desk_id`; ids are UUIDv7 (`ids.py`), times aware UTC.

What a family says, who they are and what staff write about them is sealed (`bytes`, see `keys.py`); text columns
hold codes, ids and days, and each of them stands on a short list with its reason in the tests.
"""

from storage.models.calls import Call, CallAttempt, CallBack, Interpreter, Recording
from storage.models.childcare import Childcare
from storage.models.columns import UtcTime, table
from storage.models.damaged import Damaged
from storage.models.defined import OwnDefinition
from storage.models.earlier import Earlier
from storage.models.files import Export, ImportDraft, KeptTemplate
from storage.models.filings import Filing
from storage.models.following import FollowUp, Referral
from storage.models.heartbeats import Heartbeat
from storage.models.mail import Mail, MailWish, StaffMail
from storage.models.organisers import Organiser, OrganiserText
from storage.models.people import Audit, SignInAttempt, Staff, StaffDesk, StaffDevice, StaffSession
from storage.models.phrases import Phrase, PhraseText
from storage.models.suggestions import Suggestion
from storage.models.tables import (
    Budget,
    Clock,
    Contact,
    ContactFamily,
    Conversation,
    Desk,
    DeskNumber,
    DeskPostcode,
    EarlyStatus,
    Fact,
    Family,
    FormText,
    Frozen,
    JoinCode,
    Merge,
    Message,
    Outcome,
    Publication,
    Quarantine,
    Registration,
    Seen,
    Timer,
    Tombstone,
)
from storage.models.together import Mention, Presence, ReplyDraft

__all__ = [
    "Audit",
    "Budget",
    "Call",
    "CallAttempt",
    "CallBack",
    "Childcare",
    "Clock",
    "Contact",
    "ContactFamily",
    "Conversation",
    "Damaged",
    "Desk",
    "DeskNumber",
    "DeskPostcode",
    "Earlier",
    "EarlyStatus",
    "Export",
    "Fact",
    "Family",
    "Filing",
    "FollowUp",
    "FormText",
    "Frozen",
    "Heartbeat",
    "ImportDraft",
    "Interpreter",
    "JoinCode",
    "KeptTemplate",
    "Mail",
    "MailWish",
    "Mention",
    "Merge",
    "Message",
    "Organiser",
    "OrganiserText",
    "Outcome",
    "OwnDefinition",
    "Phrase",
    "PhraseText",
    "Presence",
    "Publication",
    "Quarantine",
    "Recording",
    "Referral",
    "Registration",
    "ReplyDraft",
    "Seen",
    "SignInAttempt",
    "Staff",
    "StaffDesk",
    "StaffDevice",
    "StaffMail",
    "StaffSession",
    "Suggestion",
    "Timer",
    "Tombstone",
    "UtcTime",
    "table",
]
