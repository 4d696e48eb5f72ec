"""The interface as it describes itself, called with whatever fits that description and whatever does not: never a 5xx."""

import os
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from intake import installation
from intake.settings import Settings
from intake.web.app import make_app
from tests.installed import installed

CHOSEN = os.environ.get("INTERFACE_EXAMPLES", "")
EXAMPLES = int(CHOSEN or "5")


def test_no_request_breaks_the_service(tmp_path: Path) -> None:
    _, keys, database = installed(tmp_path)
    here = installation.load(keys, "http://127.0.0.1:8000")
    app = make_app(Settings(data_dir=tmp_path, demo=True, test=True, TWILIO_AUTH_TOKEN="t"), database, here)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=not CHOSEN, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=[not_a_server_error])

        call()
    database.close()
