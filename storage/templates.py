"""The installation's mapping of the counts onto somebody's template."""

from sqlmodel import Session

from storage.models import KeptTemplate


def kept(session: Session) -> str | None:
    found = session.get(KeptTemplate, 1)
    return found.text if found else None


def keep(session: Session, text: str | None) -> None:
    """Instead of the one before; None: none any more."""
    found = session.get(KeptTemplate, 1)
    if text is None:
        if found is not None:
            session.delete(found)
    else:
        row = found or KeptTemplate(text=text)
        row.text = text
        session.add(row)
    session.flush()
