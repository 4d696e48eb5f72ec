"""What a family would get, looked at before it goes: by the functions that send it."""

from dataclasses import dataclass
from datetime import datetime

from intake import desk, saying
from intake.desk import DeskError
from intake.installation import Installation
from intake.saying import Saying
from intake.web import words
from intake.web.pages import Form, translate
from storage import turns
from storage.database import Session
from storage.staff import Person


@dataclass(frozen=True)
class Preview:
    """`of`: phrase, or own words; `problem`: why there is nothing to see; `size`: text messages, "" uncounted."""

    of: str
    problem: str = ""
    texts: tuple[str, ...] = ()
    channel: str = ""
    size: str = ""
    language: str = ""
    language_code: str = ""
    warning: str = ""


def show(
    session: Session, here: Installation, person: Person, conversation_id: str, form: Form, now: datetime
) -> Preview:
    """Raises `DeskError` when there is no such conversation."""
    thread = turns.of_conversation(session, here.keys, conversation_id, person.desk_ids)
    if thread is None:
        raise desk.not_there()
    of = "own" if "text" in form else "phrase"
    try:
        if of == "own":
            said = saying.own_words(session, here, thread, desk.written(form["text"], "reply"), now)
        else:
            said = saying.phrase(session, here, thread, form.get("phrase", ""), filled_in(form), now)
    except DeskError as problem:
        return Preview(of, translate(problem.sentence, **problem.values))
    return _preview(of, said, thread.language)


def filled_in(form: Form) -> dict[str, str]:
    """The fields of the phrase that was chosen."""
    before = f"{form.get('phrase', '')}."
    return {name.removeprefix(before): value for name, value in form.items() if name.startswith(before)}


def _preview(of: str, said: Saying, wanted: str) -> Preview:
    warnings = []
    if of == "own":
        warnings.append(translate("not translated"))
    elif said.language != wanted:
        warnings.append(translate(words.UNTRANSLATED[True]))
    if said.is_held:
        warnings.append(translate("It arrives as soon as the family writes."))
    return Preview(
        of, "", tuple(body.text for body in said.bodies), translate(words.CHANNELS[said.thread.channel]),
        words.messages(said.segments), words.language(said.language) if said.language else "", said.language,
        " · ".join(warnings),
    )  # fmt: skip
