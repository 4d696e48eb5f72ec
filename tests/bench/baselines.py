"""What our route is measured against, each doing the same for a family.

`bare`: signature, form, engine, words and categories, with every State in a dictionary: no storage at all.
`session`: the same, kept as most programs keep things: a SQLModel Session a request in the thread pool, one commit
each, as durable as ours (WAL, `synchronous=FULL`) and sealed.
"""

import json
import secrets
import sys
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import event
from sqlmodel import Session, create_engine, select

from channels import sms, twilio
from channels.base import Body, Inbound
from flows import state as states
from flows.desk import Desk as SeenDesk
from flows.engine import start, step
from flows.engine.turn import local_day
from flows.events import Answered, Effect, Event, Prompt, Register, Say, Started
from intake import service
from intake.installation import Installation
from intake.registration import content
from intake.settings import Settings
from storage import clock, desks, registrations
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Contact, ContactFamily, Conversation, Desk, DeskNumber, Family, Message, Registration, Seen
from tests.faults.families import PUBLIC, TOKEN

Take = Callable[[Inbound], None]


def make(what: str) -> FastAPI:
    app, settings = FastAPI(), Settings()
    keys, database = service.opened(settings)
    here = service.load(keys, settings)
    with database.read() as session:
        front = desks.front(session, session.exec(select(Desk.id)).one())
    take = bare(here, here.seen(front)[0]) if what == "bare" else with_sessions(here, keys, settings.database)

    @app.post("/twilio/sms")
    async def receive(request: Request) -> Response:
        form = twilio.parse_form(await request.body())
        signature: Any = request.headers.get("X-Twilio-Signature")
        if not twilio.is_signed(f"{PUBLIC}/twilio/sms", form, signature, (TOKEN,)):
            return Response(status_code=403)
        inbound = twilio.parse(form, clock.system_now())
        if what == "bare":
            take(inbound)
        else:
            await run_in_threadpool(take, inbound)
        return Response(twilio.EMPTY_TWIML, media_type="application/xml")

    return app


def bare(here: Installation, desk: SeenDesk) -> Take:
    kept: dict[str, states.State] = {}

    def take(inbound: Inbound) -> None:
        before = kept.get(inbound.sender)
        state, effects = _step(here, desk, inbound, before)
        kept[inbound.sender] = states.load(states.dump(state))
        for effect in effects:
            if isinstance(effect, Register):
                _content(here, effect, state)
        _texts(here, effects, state, {1: "48123673"})

    return take


def with_sessions(here: Installation, keys: Keys, url: str) -> Take:
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": 60}, pool_size=40)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def take(inbound: Inbound) -> None:
        with Session(engine) as session:
            _keep(session, here, keys, inbound)
            session.commit()

    return take


def _keep(session: Session, here: Installation, keys: Keys, inbound: Inbound) -> None:
    at = inbound.at
    if session.get(Seen, ("twilio", "message", inbound.id)):
        return
    session.add(Seen(provider="twilio", kind="message", id=inbound.id, at=at))
    number = session.get_one(DeskNumber, (inbound.recipient, "sms"))
    desk = session.get_one(Desk, number.desk_id)
    seen, _ = here.desk(session, desk.id)
    blind = keys.blind("phone", inbound.sender)
    contact = session.exec(select(Contact).where(Contact.blind == blind)).first()
    if contact is None:
        contact = Contact(id=new_id(at), blind=blind, address=b"", last_inbound_at=at)
        family = Family(id=new_id(at), key=keys.new_key(), created_at=at)
        session.add_all((contact, family))
        session.flush()
        session.add(ContactFamily(contact_id=contact.id, family_id=family.id, since=at))
    else:
        contact.last_inbound_at = at
        link = session.exec(select(ContactFamily).where(ContactFamily.contact_id == contact.id)).one()
        family = session.get_one(Family, link.family_id)
    assert family.key is not None
    talk = session.exec(
        select(Conversation).where(Conversation.family_id == family.id, Conversation.status != "closed")
    ).first()
    before = states.load(keys.open(family.key, "conversation", "state", talk.id, talk.state)) if talk else None
    state, effects = _step(here, seen, inbound, before)
    if talk is None:
        talk = Conversation(
            id=new_id(at), desk_id=desk.id, family_id=family.id, contact_id=contact.id, channel="sms",
            provider="twilio", our_number=inbound.recipient, language=state.language, status="with_bot",
            form=state.form, state=b"", asked_on=local_day(at), last_inbound_at=at, opened_at=at,
        )  # fmt: skip
    talk.state = keys.seal(family.key, "conversation", "state", talk.id, states.dump(state))
    talk.status, talk.language, talk.asking, talk.turn = state.status.value, state.language, state.asking, talk.turn + 1
    session.add(talk)
    session.flush()
    kept = {row.child: row for row in session.exec(select(Registration).where(Registration.conversation_id == talk.id))}
    for effect in effects:
        if isinstance(effect, Register):
            child = effect.child or 1
            kept[child] = _registration(session, here, keys, effect, state, talk, family.key, desk, kept.get(child))
    bodies = _texts(here, effects, state, {child: row.reference for child, row in kept.items()})
    rows = (("in", "received", inbound.input.text), *(("out", "queued", body.text) for body in bodies))  # type: ignore[union-attr]
    for direction, status, text in rows:
        row = Message(
            id=new_id(at), desk_id=desk.id, family_id=family.id, conversation_id=talk.id, direction=direction,
            channel="sms", provider="twilio", status=status, at=at, due_at=at,
        )  # fmt: skip
        row.body = keys.seal(family.key, "message", "body", row.id, text)
        session.add(row)


def _registration(
    session: Session, here: Installation, keys: Keys, effect: Register, state: states.State, talk: Conversation,
    key: bytes, desk: Desk, row: Registration | None,
) -> Registration:  # fmt: skip
    given, at = _content(here, effect, state), talk.last_inbound_at
    row = row or Registration(
        id=new_id(at), reference=registrations.new_reference(secrets.randbelow), desk_id=desk.id,
        family_id=talk.family_id, conversation_id=talk.id, child=effect.child or 1, state=given.state, channel="sms",
        language=state.language, asked_on=given.asked_on, answers=b"", created_at=at, updated_at=at,
    )  # fmt: skip
    row.state, row.start, row.postcode, row.rules = (
        given.state,
        given.start,
        given.postcode,
        json.dumps(dict(given.rules)),
    )
    row.answers = keys.seal(key, "registration", "answers", row.id, given.answers)
    row.because = keys.seal(key, "registration", "because", row.id, given.because)
    row.care_need = keys.seal(desk.key, "registration", "care_need", row.id, json.dumps(given.flags["care_need"]))
    for flag in registrations.CLEAR_FLAGS:
        setattr(row, flag, given.flags[flag])
    session.add(row)
    return row


def _step(
    here: Installation, desk: SeenDesk, inbound: Inbound, before: states.State | None
) -> tuple[states.State, tuple[Effect, ...]]:
    event: Event = Answered(inbound.at, inbound.channel, inbound.input)
    if before is None:
        before = start(here.form, desk, inbound.at)
        event = Started(inbound.at, inbound.channel, inbound.input)
    return step(here.form, before, event, desk)


def _content(here: Installation, effect: Register, state: states.State) -> registrations.Content:
    asked_on = date.fromisoformat(state.asked_on)
    return content(effect.state.value, state.answers_of(effect.child or 0), asked_on, here.rules, 30)


def _texts(
    here: Installation, effects: tuple[Effect, ...], state: states.State, references: Mapping[int, str]
) -> tuple[Body, ...]:
    prompts = [prompt for effect in effects if isinstance(effect, Say) for prompt in effect.prompts]
    named = [
        Prompt(
            prompt.key,
            tuple((name, references[1] if raw.startswith("@") else raw) for name, raw in prompt.values),
            prompt.choices,
            prompt.question,
        )
        for prompt in prompts
    ]
    return sms.render(named, state.language, here.wording_of(here.form))


if __name__ == "__main__":
    uvicorn.run(make(sys.argv[1]), port=int(sys.argv[2]), log_level="error")
