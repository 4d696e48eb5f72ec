"""Where proposed translations are kept: each stays as it was written, with the decision of whoever read it."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.models import Suggestion

APPROVED, NATIVE, DROPPED = "approved", "native", "dropped"


def of_language(session: Session, language: str) -> dict[str, list[Suggestion]]:
    """Everything that was proposed in a language, by key, the oldest first."""
    found: dict[str, list[Suggestion]] = {}
    for row in session.exec(select(Suggestion).where(Suggestion.language == language).order_by(col(Suggestion.id))):
        found.setdefault(row.key, []).append(row)
    return found


def of_text(session: Session, language: str, key: str, *, is_locked: bool = False) -> list[Suggestion]:
    """The same for one text. `is_locked`: for a decision."""
    statement = select(Suggestion).where(Suggestion.language == language, Suggestion.key == key)
    statement = statement.order_by(col(Suggestion.id))
    return list(session.exec(statement.with_for_update() if is_locked else statement))


def add(
    session: Session, language: str, key: str, follows: str, dutch: str, texts: Sequence[str], author: str | None,
    at: datetime,
) -> Suggestion:  # fmt: skip
    row = Suggestion(
        id=new_id(at), language=language, key=key, follows=follows, dutch=dutch,
        texts=json.dumps(list(texts), ensure_ascii=False), author=author, at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def decide(session: Session, row: Suggestion, decision: str, by: str, at: datetime) -> None:
    row.decision, row.decided_by, row.decided_at = decision, by, at
    session.add(row)
    session.flush()


def texts_of(row: Suggestion) -> tuple[str, ...]:
    return tuple(map(str, json.loads(row.texts)))
