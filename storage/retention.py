"""What is not kept for ever: words and sounds a month after they were handled, names until the year after the report.

What is counted stays, without anybody behind it: day, quarter of birth, town, categories, outcomes; where few are
alike, less of it (`storage/coarsening.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, false, func, literal_column, or_, select, union, update
from sqlmodel import Session, col

from storage import coarsening, desks
from storage.ids import new_id
from storage.keys import Keys
from storage.models import (
    Call,
    CallAttempt,
    CallBack,
    Contact,
    ContactFamily,
    Conversation,
    Family,
    Filing,
    FollowUp,
    JoinCode,
    Mention,
    Message,
    OrganiserText,
    Presence,
    Recording,
    Referral,
    Registration,
    ReplyDraft,
    Timer,
    table,
)


@dataclass(frozen=True, slots=True)
class Due:
    """Whose time is over: conversations that lose their words, families that lose their names."""

    conversations: tuple[str, ...]
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many conversations lose their words, how many families their names, and of how many requests less is told."""

    conversations: int
    families: int
    requests: int


def due(session: Session, now: datetime) -> Due:
    """Looked up before anything is written, among what still has words and names: nobody need wait meanwhile."""
    connection = session.connection()
    wordy = _wordy(session, now).where(col(Conversation.id).in_(_with_words()))
    return Due(tuple(connection.execute(wordy).scalars()), tuple(connection.execute(_going(session, now)).scalars()))


def plan(session: Session, now: datetime) -> Plan:
    """What would go."""
    found = due(session, now)
    requests = len(coarsening.coarser(session, _going(session, now)))
    return Plan(len(found.conversations), len(found.families), requests)


def forget_words(session: Session, now: datetime, some: Sequence[str]) -> int:
    """Of some conversations that were due, unless that changed; of how many."""
    connection = session.connection()
    found = _wordy(session, now).where(col(Conversation.id).in_(some))
    talks = connection.execute(found).scalars().all()
    for statement in (
        update(Call).where(col(Call.conversation_id).in_(talks)).values(response=b""),
        delete(Recording).where(col(Recording.conversation_id).in_(talks)),
        delete(ReplyDraft).where(col(ReplyDraft.conversation_id).in_(talks)),
        update(Message).where(col(Message.conversation_id).in_(talks)).values(body=None, prompts=None, buttons=None),
    ):
        connection.execute(statement)
    return len(talks)


def _with_words() -> Any:
    message, recording = table(Message).c, table(Recording).c
    return union(select(message.conversation_id).where(message.body.is_not(None)), select(recording.conversation_id))


def _going(session: Session, now: datetime) -> Any:
    """Of those with old requests that have names: the others need not be looked at."""
    request = table(Registration).c
    fewest = min(_alike(session, _names_years), default=0)
    named = func.length(request.answers) > literal_column("0")  # in the words of the index
    some = select(request.family_id).where(named, request.asked_on < date(now.year - fewest, 1, 1))
    return _old(session, now.date()).where(col(Family.id).in_(some))


def _wordy(session: Session, now: datetime) -> Any:
    """Conversations that were closed long enough ago, as their desk chose, and still have words."""
    talk, message, recording = table(Conversation).c, table(Message).c, table(Recording).c
    said = (message.desk_id == talk.desk_id, message.conversation_id == talk.id)
    words = select(message.id).where(*said, message.body.is_not(None)).exists()
    sounds = select(recording.id).where(recording.conversation_id == talk.id).exists()
    long_ago = (
        and_(talk.desk_id.in_(some), talk.closed_at < now - timedelta(days=days))
        for days, some in _alike(session, lambda choices: choices.keep_words_days).items()
    )
    # within a case: SQLite would take its index, and read all that was ever closed
    is_over = case((and_(talk.status == "closed", or_(false(), *long_ago)), 1), else_=0) == 1
    return select(talk.id).where(is_over, words | sounds)


def _old(session: Session, today: date) -> Any:
    """Families whose requests were all asked so long ago that their report year and those after it are over."""
    family, request, talk = table(Family).c, table(Registration).c, table(Conversation).c
    asked = select(request.id).where(request.family_id == family.id).exists()
    recent = select(request.id).where(request.family_id == family.id, _is_kept(session, request, today)).exists()
    is_open = select(talk.id).where(and_(talk.family_id == family.id, talk.status != "closed")).exists()
    lately = select(talk.id).where(talk.family_id == family.id, _is_kept(session, talk, today)).exists()
    return select(family.id).where(family.key.is_not(None), asked, ~recent, ~is_open, ~lately)


def _is_kept(session: Session, row: Any, today: date) -> Any:
    """Whether the desk of this row keeps names of the year in which it was asked."""
    years = _alike(session, _names_years)
    cases = [(row.desk_id.in_(some), date(today.year - many, 1, 1)) for many, some in years.items()]
    since = case(*cases, else_=date.max) if cases else date.max  # not for an index: that of the family is
    return row.asked_on >= since


def _names_years(choices: desks.Choices) -> int:
    return choices.keep_names_years


def _alike(session: Session, chosen: Callable[[desks.Choices], int]) -> dict[int, list[str]]:
    """The desks by what they chose: there are hundreds of them, and few terms."""
    found = defaultdict[int, list[str]](list)
    for desk in desks.everything(session):
        found[chosen(desks.choices(desk))].append(desk.id)
    return found


def forget_names(session: Session, keys: Keys, now: datetime, some: Sequence[str]) -> int:
    """Of some families that were due, unless that changed; of how many."""
    connection = session.connection()
    found = _old(session, now.date()).where(col(Family.id).in_(some))
    families = connection.execute(found).scalars().all()
    for family_id in families:
        requests = select(table(Registration).c.id).where(table(Registration).c.family_id == family_id)
        talks = select(table(Conversation).c.id).where(table(Conversation).c.family_id == family_id)
        owed = select(table(CallBack).c.id).where(table(CallBack).c.conversation_id.in_(talks))
        for statement in (
            delete(CallAttempt).where(col(CallAttempt.call_back_id).in_(owed)),
            delete(CallBack).where(col(CallBack.conversation_id).in_(talks)),
            delete(Timer).where(col(Timer.conversation_id).in_(talks)),
            *(
                delete(each).where(col(each.conversation_id).in_(talks))
                for each in (Presence, ReplyDraft, Mention, OrganiserText)
            ),
            delete(JoinCode).where(col(JoinCode.conversation_id).in_(talks)),
            delete(FollowUp).where(col(FollowUp.registration_id).in_(requests)),
            *(
                delete(each).where(col(each.family_id) == family_id)
                for each in (Filing, Recording, Call, Message, Referral)
            ),
            update(Registration)
            .where(col(Registration.family_id) == family_id)
            .values(answers=b"", because=None, birth_blind="", name_blind="", alike="", external_reference=""),
            update(Conversation)
            .where(col(Conversation.family_id) == family_id)
            .values(state=b"", language="", asking=""),
            update(Family).where(col(Family.id) == family_id).values(key=None),
        ):
            connection.execute(statement)
        _forget_addresses(session, keys, family_id, now)
    session.expire_all()
    return len(families)


def _forget_addresses(session: Session, keys: Keys, family_id: str, now: datetime) -> None:
    """The conversation keeps an address that is nobody's; a number of another family too is left to that one."""
    connection = session.connection()
    nobody = new_id(now)
    sealed = keys.seal(keys.installation, "contact", "address", nobody, "")
    connection.execute(
        table(Contact).insert().values(
            id=nobody, blind=keys.blind("nobody", nobody), address=sealed, opted_out=False, cannot_text="",
            heard_today=0,
        )
    )  # fmt: skip
    links, talks = table(ContactFamily).c, table(Conversation).c
    mine = list(connection.execute(select(links.contact_id).where(links.family_id == family_id)).scalars())
    connection.execute(
        update(Conversation).where(col(Conversation.family_id) == family_id).values(contact_id=nobody)
    )  # fmt: skip
    connection.execute(delete(ContactFamily).where(col(ContactFamily.family_id) == family_id))
    for contact_id in mine:
        used = (
            connection.execute(select(links.family_id).where(links.contact_id == contact_id).limit(1)).first(),
            connection.execute(select(talks.id).where(talks.contact_id == contact_id).limit(1)).first(),
        )  # fmt: skip
        if not any(used):
            for statement in (
                update(Message).where(col(Message.contact_id) == contact_id).values(contact_id=None),
                update(JoinCode).where(col(JoinCode.contact_id) == contact_id).values(contact_id=None),
                delete(OrganiserText).where(col(OrganiserText.contact_id) == contact_id),
                delete(Contact).where(col(Contact.id) == contact_id),
            ):
                connection.execute(statement)
