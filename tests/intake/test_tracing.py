"""A text goes through the web service and a worker of its own: what each counts and which spans it sends, and to whom."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from intake import service
from storage import clock, desks
from storage.database import Session
from storage.keys import Keys
from tests.faults.families import OURS, PUBLIC, TOKEN, signed_post
from tests.faults.provider import Provider
from tests.installed import begun
from tests.network import JsonHandler, Loopback, free_port, until, wait_until_it_listens
from tests.transcript import ROOT

NUMBER, WORDS = "+32470123987", "xanthippe zoekt opvang"


class Collector(Loopback):
    """Takes spans as an OpenTelemetry collector does (OTLP over HTTP)."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> dict[str, Span]:
        """The last one of each name."""
        told = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return {
            span.name: span
            for each in told for resource in each.resource_spans for scope in resource.scope_spans for span in scope.spans
        }  # fmt: skip


class _Handler(JsonHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.bodies.append(self.received())
        self.answer(200, "")


def test_a_text_is_followed_through_both_processes_and_nothing_of_it_is_told(tmp_path: Path) -> None:
    web, measures = free_port(), free_port()
    with Collector() as collector, Provider(0, 0) as provider:
        surroundings = _installed(tmp_path) | {
            "INTAKE_TWILIO_API_BASE": provider.origin, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.origin,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }  # fmt: skip
        with (
            _running(surroundings, "serve", "--no-worker", "--port", str(web)),
            _running(surroundings, "worker", "--measures", f"127.0.0.1:{measures}"),
        ):
            wait_until_it_listens(web)
            fields = {"MessageSid": f"SM{1:032x}", "From": NUMBER, "To": OURS, "Body": WORDS, "NumMedia": "0"}
            assert signed_post(web, "/twilio/sms", fields)[0] == 200
            urlopen(f"http://127.0.0.1:{web}/desk/sign-in?q=xanthippe").close()
            wait_until_it_listens(measures)
            until(lambda: {"POST /twilio/sms", "keep", "send", "GET /desk/sign-in"} <= set(collector.spans), 20)
            counted = _page(measures, "sesam")
            with pytest.raises(HTTPError, match="404"):
                _page(measures, "sesam2")
    assert 'opvanglijn_send_seconds_count{outcome="sent",provider="twilio"}' in counted
    assert "process_resident_memory_bytes" in counted
    heard, kept, sent = (collector.spans[name] for name in ("POST /twilio/sms", "keep", "send"))
    assert kept.parent_span_id == heard.span_id and [each.name for each in kept.events] == ["begun", "done"]
    assert {each.key for each in heard.attributes} == {"http.route", "http.response.status_code", "opvanglijn.channel"}
    assert {each.key for each in sent.attributes} == {"opvanglijn.channel", "opvanglijn.attempt"}
    told = b"".join(collector.bodies)
    assert not [each for each in ("xanthippe", "opvang ", NUMBER, NUMBER[3:], OURS[3:]) if each.encode() in told]


@contextmanager
def _running(surroundings: dict[str, str], *command: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "intake", *command], env=surroundings, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _installed(folder: Path) -> dict[str, str]:
    settings = begun(folder)
    keys, database = service.opened(settings)
    database.write(partial(_add_desk, keys=keys)).result()
    database.close()
    return {
        **os.environ, "INTAKE_DATA_DIR": str(folder), "INTAKE_PUBLIC_URL": PUBLIC, "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "INTAKE_METRICS_TOKEN": "sesam",
    }  # fmt: skip


def _add_desk(session: Session, keys: Keys) -> None:
    desks.add(session, keys, clock.system_now(), "gent", "Gent", OURS, ["9000"], desks.Choices())


def _page(port: int, token: str) -> str:
    asked = Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urlopen(asked) as answer:
        return str(answer.read().decode())
