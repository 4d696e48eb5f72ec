"""Backups: taken while the service runs, proven by restoring, encrypted to a key whose other half is elsewhere.

The files are age files (age-encryption.org): any program that speaks age opens them with the identity. The keys file is
not in them: who finds a backup and its identity still reads nothing that a family told.
"""

import gzip
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from intake import service, tombstones
from intake.settings import Settings
from storage import audit, dump, erasure, schema, turns
from storage.clock import system_now
from storage.database import Database, Session
from storage.dump import Counted, WrongDump
from storage.erasure import Stone
from storage.keys import Keys
from storage.models import Contact

PROVEN = "backup"  # in the audit: as old as what is in it, not as when it was done


class WrongBackup(Exception):
    """A backup that cannot be made or restored. One sentence."""


def new_identity() -> tuple[str, str]:
    """What opens backups, to keep elsewhere, and what they are encrypted to, for INTAKE_BACKUP_KEY."""
    import pyrage  # native, and only backups need it

    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def backup(settings: Settings, file: Path) -> Counted:
    """Everything, encrypted, in a new file. Raises `WrongBackup`, `service.NotReady`."""
    import pyrage

    if not settings.backup_key:
        raise WrongBackup("set INTAKE_BACKUP_KEY first: `python -m intake keys backup` makes one")
    if file.exists():
        raise WrongBackup(f"{file} is there already: give another name")
    try:
        recipient = pyrage.x25519.Recipient.from_str(settings.backup_key)
    except pyrage.RecipientError:
        raise WrongBackup("INTAKE_BACKUP_KEY is no public key of age: it begins with age1") from None
    _, database = service.opened(settings)
    begun = system_now()
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=file.absolute().parent) as folder:
            plain = Path(folder) / "dump.gz"
            with database.read() as session, gzip.open(plain, "wt", encoding="utf-8", compresslevel=6) as out:
                out.writelines(dump.write(session, system_now()))
            counted = _prove(plain, Path(folder))
            with plain.open("rb") as readable, unfinished.open("xb") as sealed:
                pyrage.encrypt_io(readable, sealed, [recipient])
                sealed.flush()
                os.fsync(sealed.fileno())
        unfinished.replace(file)
        database.write(lambda session: audit.add(session, begun, None, "", PROVEN)).result()
    finally:
        unfinished.unlink(missing_ok=True)
        database.close()
    return counted


def restore(settings: Settings, file: Path, identity: str) -> tuple[Counted, int]:
    """Into an empty database; who was erased since is erased again. Raises `WrongBackup`, `service.NotReady`."""
    import pyrage

    if not settings.keys.exists():
        raise WrongBackup(f"put the keys file back first, at {settings.keys}: without it nothing can be read")
    try:
        opener = pyrage.x25519.Identity.from_str(identity.strip())
    except pyrage.IdentityError:
        raise WrongBackup("the identity is none of age: it begins with AGE-SECRET-KEY-1") from None
    service.migrate(settings)
    keys, database = service.opened(settings)
    try:
        with tempfile.TemporaryDirectory(dir=settings.data_dir.absolute()) as folder:
            plain = Path(folder) / "dump.gz"
            with file.open("rb") as sealed, plain.open("wb") as out:
                try:
                    pyrage.decrypt_io(sealed, out, [opener])
                except (pyrage.DecryptError, OSError):
                    raise WrongBackup("this file cannot be opened with this identity") from None
            counted = database.write(lambda session: _load(session, keys, plain)).result()
        erased, now = tombstones.read(settings.erased), system_now()
        again = database.write(lambda session: _erase_again(session, erased, now)).result()
        database.scrub()
    except WrongDump as problem:
        raise WrongBackup(str(problem)) from None
    finally:
        database.close()
    return counted, again


def _prove(plain: Path, folder: Path) -> Counted:
    """A backup that was never restored is a hope: this one is, into a database that is thrown away."""
    database = Database(f"sqlite:///{folder / 'proof.db'}")
    try:
        schema.migrate(database)
        with gzip.open(plain, "rt", encoding="utf-8") as lines:
            return database.write(lambda session: dump.load(session, lines)).result()
    finally:
        database.close()


def _load(session: Session, keys: Keys, plain: Path) -> Counted:
    with gzip.open(plain, "rt", encoding="utf-8") as lines:
        counted = dump.load(session, lines)
    one = session.connection().execute(Contact.__table__.select().limit(1)).first()  # type: ignore[attr-defined]
    if one is not None:
        turns.address_of(session, keys, one.id)  # raises KeysProblem when the keys file is another one
    return counted


def _erase_again(session: Session, erased: Mapping[str, Stone], now: datetime) -> int:
    again = [family_id for family_id in erased if erasure.is_there(session, family_id)]
    for family_id in again:
        erasure.erase(session, family_id, now)
    for stone in erased.values():
        erasure.know(session, stone.events, stone.at)
    return len(again)
