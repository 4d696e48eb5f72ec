"""Pictures and sounds that a message points to: noted where they came, and never fetched from where it says."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.intake.test_webhooks import FIELDS, client, post, sid  # noqa: F401

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CASES = [json.loads(line) for line in Path(__file__).with_name("bad_media.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_media_are_noted_and_not_fetched(
    case: dict[str, Any],
    client: TestClient,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address))
    fields = {name: value.replace("{TW}", "https://api.twilio.com") for name, value in case["request"]["fields"]}
    status, kind = post(client, "/twilio/sms", {**FIELDS, **sid(1), **fields})
    assert status in case["expect"]["status"] and kind.startswith("application/xml")
    assert asked == []
