"""What the page of a conversation shows of colleagues: who looks or types, who asks, to whom it can be handed."""

from dataclasses import dataclass
from datetime import datetime

from intake.desk import MAY
from intake.installation import Installation
from intake.together import colleagues
from intake.web import words
from intake.web.pages import translate
from storage import desks, staff, together
from storage.conversations import View
from storage.database import Session
from storage.staff import Person


@dataclass(frozen=True)
class Others:
    """`looking`, `asked`: sentences; `is_asked`: whether somebody asks this person; `to`: (what is sent, label)."""

    looking: tuple[str, ...]
    asked: tuple[str, ...]
    is_asked: bool
    draft: str
    colleagues: tuple[tuple[str, str], ...]
    desks: tuple[tuple[str, str], ...]


def others(session: Session, here: Installation, view: View, person: Person, now: datetime) -> Others:
    row = view.conversation
    if "act" not in MAY[person.role]:
        return Others((), (), False, "", (), ())
    asked = together.asked(session, [row.id])
    names = staff.names_of(session, {id_ for each in asked for id_ in (each.staff_id, each.author)})
    return Others(
        tuple(
            translate(words.LOOKS[each.types], name=each.name)
            for each in together.looking(session, row.id, person.id, now)
        ),
        tuple(
            translate(words.ASKS[each.kind], name=names.get(each.author, ""), to=names.get(each.staff_id, ""))
            for each in asked
        ),
        any(each.staff_id == person.id for each in asked),
        together.draft(session, here.keys, view.key, row.id, person.id),
        tuple((f"staff:{id_}", name) for name, id_ in colleagues(session, row.desk_id).items() if id_ != person.id),
        tuple((f"desk:{id_}", name) for id_, name in desks.names(session).items() if id_ != row.desk_id),
    )
