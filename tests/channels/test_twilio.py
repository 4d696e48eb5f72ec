"""Twilio's webhooks: signatures against the official SDK, and every field that can be wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA256, RequestValidator

from channels.base import DeliveryStatus, Malformed
from channels.twilio import SHARED_KEY_SIGNS, is_signed, parse, parse_form, parse_status, signature
from flows.events import Text

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
URL = "https://loket.example/twilio/sms"
SID = "SM" + "0" * 31 + "1"
MESSAGE = [("MessageSid", SID), ("From", "+32470000001"), ("To", "+32460000000"), ("Body", "hallo"), ("NumMedia", "0")]
VECTORS = json.loads((Path(__file__).parent / "twilio_signatures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["about"])
def test_the_published_examples_pass(vector: dict[str, Any]) -> None:
    form = [(name, value) for name, value in vector["fields"]]
    assert signature(vector["url"], form, vector["token"]) == vector["signature"]
    assert is_signed(vector["url"], form, vector["signature"], ("another", vector["token"]))
    assert not is_signed(vector["url"], [*form, ("more", "1")], vector["signature"], (vector["token"],))


@given(
    form=st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=12)), max_size=6),
    token=st.text(st.characters(codec="ascii"), min_size=1, max_size=32),
)
def test_our_signature_is_the_one_of_the_official_sdk(form: list[tuple[str, str]], token: str) -> None:
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    multi = _Multi(fields)
    official = RequestValidator(token)
    assert signature(URL, form, token) == official.compute_signature(URL, multi)
    assert signature(URL, form, token, SHARED_KEY_SIGNS) == official.compute_signature(URL, multi, HMAC_SHA256)


class _Multi(dict[str, list[str]]):
    """A form with several values a name, as web frameworks hand it over."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.mark.parametrize("given_signature", [None, "", "é", "x" * 28])
def test_what_is_not_signed_is_refused(given_signature: str | None) -> None:
    assert not is_signed(URL, MESSAGE, given_signature, ("token",))
    assert not is_signed(URL, MESSAGE, signature(URL, MESSAGE, "token"), ())


def test_a_message_is_read() -> None:
    found = parse(parse_form(urlencode(MESSAGE).encode()), AT)
    assert (found.id, found.sender, found.recipient, found.input) == (
        SID,
        "+32470000001",
        "+32460000000",
        Text("hallo"),
    )
    assert found.repliable


def changed(*changes: tuple[str, str | None]) -> list[tuple[str, str]]:
    names = {name for name, _ in changes}
    return [*((n, v) for n, v in MESSAGE if n not in names), *((n, v) for n, v in changes if v is not None)]


@pytest.mark.parametrize(
    "form",
    [
        [],
        changed(("MessageSid", "")),
        changed(("MessageSid", "../../etc/passwd")),
        changed(("To", None)),
        changed(("To", "ons")),
        changed(("From", None)),
        changed(("From", "+\x00")),
        changed(("Body", None), ("Bodyhallo", "")),
        changed(("Body", "x" * 10_001)),
        [*MESSAGE, ("Body", "iets anders")],
        [*MESSAGE, ("From", "+32470000002")],
    ],
    ids=lambda form: str(form[-1])[:40] if form else "empty",
)
def test_a_message_that_cannot_be_one_is_refused(form: list[tuple[str, str]]) -> None:
    with pytest.raises(Malformed):
        parse(form, AT)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("SmsSid", "SM" + "0" * 32), "hallo"),
        (("NumMedia", "abc"), "hallo"),
        (("NumMedia", "\u0663"), "hallo"),
        (("NumMedia", "99"), "hallo"),
        (("Body", None), ""),
    ],
)
def test_an_oddity_beside_the_words_loses_no_message(change: tuple[str, str | None], text: str) -> None:
    found = parse(changed(change), AT)
    assert (found.input, found.attachments) == (Text(text), ())


@pytest.mark.parametrize(
    "sender", ["8850", "KINDGEZIN", "+266696687", "+32460000000", "+", "0032470000001", "+32900123456", "+3290212345"]
)
def test_what_we_cannot_answer_is_kept_and_not_answered(sender: str) -> None:
    assert not parse(changed(("From", sender)), AT).repliable


def test_signs_that_no_database_takes_are_left_out() -> None:
    assert parse(changed(("Body", "ha\x00llo\ud800")), AT).input == Text("hallo")


@pytest.mark.parametrize(
    ("body", "status"), [(b"a=" + b"x" * 70_000, 413), (b"a=%ff", 400), (b"\xff=1", 400), (b"a=1&" * 300, 400)]
)
def test_a_form_that_cannot_be_read_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Malformed) as refused:
        parse_form(body)
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("said", "code", "status", "ours"),
    [
        ("delivered", "", DeliveryStatus.DELIVERED, ""),
        ("undelivered", "30007", DeliveryStatus.FAILED, "filtered"),
        ("failed", "21610", DeliveryStatus.FAILED, "opted_out"),
        ("failed", "30999", DeliveryStatus.FAILED, "30999"),
        ("failed", "abc", DeliveryStatus.FAILED, ""),
        ("partially_delivered", "", None, ""),
    ],
)
def test_statuses_in_our_words(said: str, code: str, status: DeliveryStatus | None, ours: str) -> None:
    found = parse_status([("MessageSid", SID), ("MessageStatus", said), ("ErrorCode", code)])
    assert (found.provider_id, found.status, found.code) == (SID, status, ours)
