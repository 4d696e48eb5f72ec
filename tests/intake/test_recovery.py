"""The recovery sheet of the first day, and what `check` says of backups until one is proven."""

import json
from pathlib import Path

from intake import backups, recovery
from storage.keys import Keys
from tests.installed import begun
from tests.intake.test_check import DESK, intake


def test_migrate_makes_a_sheet_with_the_keys_and_no_secret_stands_on_it(tmp_path: Path) -> None:
    code, said = intake(tmp_path, "migrate")
    sheet = tmp_path / recovery.NAME
    assert code == 0 and str(sheet) in said
    page, keys = sheet.read_text(), json.loads((tmp_path / "keys.json").read_text())
    assert recovery.fingerprint(Keys.load(tmp_path / "keys.json")) in page and str(tmp_path / "keys.json") in page
    for secret in (*keys["masters"].values(), keys["index"], keys["installation"]):
        assert secret not in page
    for step in ("restore", "reconcile --since", "keys fingerprint", "keys backup"):
        assert step in page
    assert sheet.stat().st_mode & 0o777 == 0o600 and "http" not in page.replace("http://127.0.0.1:8000", "")
    sheet.unlink()
    assert "New keys" not in intake(tmp_path, "migrate")[1] and not sheet.exists()  # not again, without new keys


def test_the_fingerprint_stays_when_keys_are_rotated(tmp_path: Path) -> None:
    begun(tmp_path)
    before = intake(tmp_path, "keys", "fingerprint")[1]
    intake(tmp_path, "keys", "rotate")
    assert intake(tmp_path, "keys", "fingerprint")[1] == before
    other = tmp_path / "other"
    begun(other)
    assert intake(other, "keys", "fingerprint")[1] != before


def test_the_keys_stand_on_it_when_asked_for(tmp_path: Path) -> None:
    begun(tmp_path)
    identity, key = backups.new_identity()
    file = tmp_path / "kluis.html"
    code, said = intake(tmp_path, "keys", "sheet", str(file), "--with-keys", INTAKE_BACKUP_KEY=key)
    page = file.read_text()
    assert code == 0 and "delete it" in said and key in page and identity not in page
    assert json.loads((tmp_path / "keys.json").read_text())["masters"]["1"] in page
    assert intake(tmp_path, "keys", "sheet", str(file))[0] == 2  # there already


def test_check_says_until_a_backup_is_proven(tmp_path: Path) -> None:
    _, key = backups.new_identity()
    begun(tmp_path)
    intake(tmp_path, *DESK)
    assert "no backup was ever proven" in intake(tmp_path, "check", INTAKE_BACKUP_KEY=key)[1]
    code, _ = intake(tmp_path, "backup", str(tmp_path / "one.age"), INTAKE_BACKUP_KEY=key)
    assert code == 0 and "backup" not in intake(tmp_path, "check", INTAKE_BACKUP_KEY=key)[1]
    assert "Every line fits" in intake(tmp_path, "audit", "verify")[1]
