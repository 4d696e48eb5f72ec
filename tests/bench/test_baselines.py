"""What we are measured against does the same work, so that a ratio says something."""

from pathlib import Path

from sqlmodel import select

from channels import simulator
from intake import service
from storage import clock
from storage.models import Desk, Registration
from tests.bench import baselines
from tests.faults.families import OURS, SCRIPT
from tests.installed import installed


def test_each_baseline_takes_a_whole_request(tmp_path: Path) -> None:
    settings, keys, database = installed(tmp_path)
    here = service.load(keys, settings)
    with database.read() as session:
        seen, _ = here.desk(session, session.exec(select(Desk.id)).one())
    for take in (baselines.bare(here, seen), baselines.with_sessions(here, keys, settings.database)):
        for text in SCRIPT:
            take(simulator.parse(text, "+32470000001", OURS, clock.system_now()))
    with database.read() as session:
        assert session.exec(select(Registration.state)).all() == ["complete"]
    database.close()
