"""The demonstration: a sample desk, a sample account and a few invented families, all on this computer."""

import errno
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from channels import simulator
from intake import invented, service
from intake.conversations import receive
from intake.installation import Installation
from intake.settings import Settings
from storage import childcare, clock, desks, staff
from storage.childcare import Place
from storage.database import Database, Session
from storage.keys import Keys

HOST, PORT = "127.0.0.1", 8000
SLUG, NAME, NUMBER = "gent", "Lokaal Loket Gent", "+3290000001"
POSTCODES = ("9000", "9030", "9031", "9032", "9040", "9041", "9042", "9050", "9051", "9052")
ACCOUNT = "balie"  # also its password
PHONES = ("+32470000001", "+32470000002")
CHATS = ("+32470000003", "7000000004")  # WhatsApp on a phone of its own, an account of Telegram

_FAMILIES = (  # number, hours ago, what they sent
    ("+32470000011", 26, ("goeiedag", "1", "02-2026", "9000", "1", "1", "1", "1", "3", "1 3", "Samira", "3", "1", "2")),
    ("+32470000012", 5, ("bonjour", "3", "4", "est-ce qu'il y a une place libre en septembre ?")),
    ("+32470000013", 3, ("hello", "1", "8 months", "Ledeberg", "january", "2")),
    ("+32470000014", 1, ("dag", "4")),
)
_CHILDCARE = (  # all of it invented
    Place("Anneke", "Bloemenlaan 2", "9000", "Gent", kind="family", price="free"),
    Place("Bij Fatma", "Vrijdagstraat 5", "9000", "Gent", "0470 00 00 66", "family", "income"),
    Place("Boomhut", "Dorp 1", "9040", "Sint-Amandsberg", "09 000 00 67", "group", "income"),
    Place("De Zon", "Zonnestraat 1", "9000", "Gent", "09 000 00 65", "group", "income"),
    Place("'t Nest", "Kouterdreef 7", "9000", "Gent", "09 000 00 66", "group"),
    Place("Villa Kakelbont", "Meersstraat 3", "9000", "Gent", "09 000 00 63", "group", "free"),
)


def run(settings: Settings, say: Callable[[str], object]) -> None:
    """Prepare what is missing, say the addresses, serve until Ctrl-C. Raises `service.NotReady`."""
    here = settings.model_copy(update={"demo": True, "public_url": f"http://{HOST}:{PORT}"})
    _needs_free_port()
    service.migrate(here)
    keys, database = service.opened(here)
    try:
        if not _is_prepared(database):
            prepare(database, keys, service.load(keys, here), clock.system_now(), is_lively=True)
    finally:
        database.close()
    say(
        f"Opvanglijn, a demonstration on this computer. Nothing leaves it.\n\n"
        f"  text the desk     {here.public_url}/simulator\n"
        f"  chat with it      {here.public_url}/simulator/chat\n"
        f"  call the desk     {here.public_url}/simulator/phone\n"
        f"  answer at the desk {here.public_url}/desk   (username {ACCOUNT}, password {ACCOUNT})\n\n"
        f"Ctrl-C ends it; what was asked is kept in {here.data_dir.absolute()}."
    )
    service.serve(here, HOST, PORT, with_worker=True)


def _is_prepared(database: Database) -> bool:
    with database.read() as session:
        return desks.by_slug(session, SLUG) is not None


def prepare(
    database: Database, keys: Keys, here: Installation, now: datetime, *, is_lively: bool = False
) -> None:  # fmt: skip
    """Desk, account and four families, in one transaction. `is_lively`: all the others of `invented` too."""

    def work(session: Session) -> None:
        choices = desks.Choices(languages=tuple(here.words), hours="Mo-Su 00:00-24:00", desk_phone="+3290000009",
                                follow_up=True, address="Stationsstraat 1, 9000 Gent")  # fmt: skip
        desk = desks.add(session, keys, now, SLUG, NAME, NUMBER, POSTCODES, choices)
        childcare.replace(session, desk.id, _CHILDCARE, now)
        staff.add(session, now, ACCOUNT, "coordinator", [desk.id])
        session.flush()
        account = staff.find(session, ACCOUNT)
        assert account is not None
        account.password, account.invitation = staff.hash_password(ACCOUNT), ""  # too short for a real one
        session.add(account)
        for number, hours, texts in _FAMILIES:
            for minute, text in enumerate(texts):
                at = now - timedelta(hours=hours) + timedelta(minutes=minute)
                receive(session, here, simulator.parse(text, number, NUMBER, at))
        if is_lively:
            invented.fill(session, here, SLUG, NUMBER, ACCOUNT, now)

    database.write(work).result()


def _needs_free_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, PORT))
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            raise service.NotReady(f"port {PORT} is in use: end the other program first (Ctrl-C there)") from None
