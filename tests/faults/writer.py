"""Takes messages into an installation and says on standard output when each is durable. For `test_power.py`."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from channels import twilio
from intake import service
from intake.conversations import receive
from intake.settings import Settings
from tests.faults.families import OURS, SCRIPT

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def main(folder: Path, families: int) -> None:
    settings = Settings(data_dir=folder)
    keys, database = service.opened(settings)
    here = service.load(keys, settings)
    for step, text in enumerate(SCRIPT):
        waiting = {}
        for family in range(families):
            id_ = f"SM{step * 1000 + family:032x}"
            form = [("MessageSid", id_), ("From", f"+3247000{family:04d}"), ("To", OURS), ("Body", text)]
            inbound = twilio.parse(form, START + timedelta(minutes=step))
            waiting[id_] = database.write(lambda session, inbound=inbound: receive(session, here, inbound))
        for id_, future in waiting.items():
            future.result()
            os.write(1, f"{id_}\n".encode())
    os._exit(0)  # as a machine ends, not as a program does: nothing is put in order


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
