"""How a case reaches the service: one function an endpoint, from the words of the catalogue to real requests."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from httpx2 import Response

from channels.twilio import Form, signature
from storage import clock
from tests.attacks.world import ACCOUNT, APP, FAMILY, FORM, OURS, PUBLIC, SECRET, STORY, TOKEN, World, encoded
from tests.phone import Phone

Case = Mapping[str, Any]
Carrier = Callable[[World, Case], list[Response]]
SMS = "/twilio/sms"


def sms(world: World, case: Case) -> list[Response]:
    """A message of the family that is in the middle of its questions."""
    request = case["request"]
    world.text(*STORY)
    world.look()
    pairs = _pairs(world, request)
    world.sent += [value for name, value in pairs if name == "Body"]
    sign = request.get("sign", "valid")
    answer = _SIGNED[sign](world, pairs, request) if sign in _SIGNED else _plain(world, SMS, pairs, request)
    return [answer]


def _pairs(world: World, request: Mapping[str, Any]) -> list[tuple[str, str]]:
    fields = world.message() | {name: _filled(value) for name, value in request.get("fields", ())}
    fill = request.get("fill", {})
    if "field" in fill:
        fields[fill["field"]] = fill["unit"] * fill["times"]
    fields |= {f"Extra{number}": "" for number in range(fill.get("many_fields", 0))}
    pairs = [(name, value) for name, value in fields.items() if name not in request.get("drop", ())]
    return pairs + [(name, value) for name, value in request.get("dup", ())]


def _filled(value: str) -> str:
    return value.replace("{TW}", "https://api.twilio.com").replace("{OWN}", OURS)


def _plain(world: World, route: str, pairs: Form, request: Mapping[str, Any]) -> Response:
    """Signed, whatever it is."""
    body, signed = encoded(pairs), pairs
    if "raw_b64" in request:
        base = encoded([pair for pair in pairs if pair[0] != "Body"])
        body = base64.b64decode(request["raw_b64"]).replace(b"{BASE}", base)
        signed = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    headers = {**FORM, "X-Twilio-Signature": signature(PUBLIC + route, signed, TOKEN)}
    return world.client.post(route, content=body, headers=headers)


def _signed_otherwise(
    url: str = PUBLIC + SMS, token: str = TOKEN, add: tuple[tuple[str, str], ...] = ()
) -> Callable[[World, Form, Mapping[str, Any]], Response]:
    def send(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
        headers = {**FORM, "X-Twilio-Signature": signature(url, pairs, token), **request.get("headers", {})}
        return world.client.post(SMS, content=encoded([*pairs, *add]), headers=headers)

    return send


def _unsigned(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
    return world.client.post(SMS, content=encoded(pairs), headers={**FORM, **request.get("headers", {})})


def _shifted(swallow: Callable[[dict[str, str], str], None]) -> Callable[[World, Form, Mapping[str, Any]], Response]:
    """The very bytes that were signed, cut at another place."""

    def send(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
        fields = dict(pairs)
        before = signature(PUBLIC + SMS, pairs, TOKEN)
        following = sorted(fields)[sorted(fields).index("Body") + 1]
        swallow(fields, following)
        assert signature(PUBLIC + SMS, list(fields.items()), TOKEN) == before  # so the signature alone sees nothing
        return world.client.post(
            SMS, content=encoded(list(fields.items())), headers={**FORM, "X-Twilio-Signature": before}
        )

    return send


def _value_swallows(fields: dict[str, str], following: str) -> None:
    fields["Body"] += following + fields.pop(following)


def _name_swallows(fields: dict[str, str], following: str) -> None:
    fields[f"Body{fields.pop('Body')}"] = ""


def _sha256(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
    fields = dict(pairs)
    text = PUBLIC + SMS + "".join(name + fields[name] for name in sorted(fields))
    made = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha256).digest()).decode()
    headers = {**FORM, "X-Twilio-Signature": made, **request["headers"]}
    return world.client.post(SMS, content=encoded(pairs), headers=headers)


def _bare(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
    """A signature over the address alone, with a body that is no form."""
    headers = {"Content-Type": request["ctype"], "X-Twilio-Signature": signature(PUBLIC + SMS, [], TOKEN)}
    return world.client.post(SMS, content=base64.b64decode(request["raw_b64"]), headers=headers)


def _replayed(later: timedelta) -> Callable[[World, Form, Mapping[str, Any]], Response]:
    """The first one counts as if it had never been: what comes of the second is looked at."""

    def send(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
        if later:
            assert world.post(SMS, pairs).status_code == 200
            world.client.post("/test/clock", json={"now": (clock.system_now() + later).isoformat()})
            world.look()
            return world.post(SMS, pairs)
        answers = [world.post(SMS, pairs) for _ in range(2)]
        assert answers[0].content == answers[1].content
        return answers[1]

    return send


def _multipart(world: World, pairs: Form, request: Mapping[str, Any]) -> Response:
    files = [
        (name, (file, base64.b64decode(content), kind)) for name, file, kind, content in request["files"]
    ]  # fmt: skip
    fields = {name: value for name, value in pairs if name != "Body"}
    headers = {"X-Twilio-Signature": signature(PUBLIC + SMS, pairs, TOKEN)}
    return world.client.post(SMS, data=fields, files=files, headers=headers)


_SIGNED: Mapping[str, Callable[[World, Form, Mapping[str, Any]], Response]] = {
    "none": _unsigned,
    "other_token": _signed_otherwise(token="somebody-elses"),
    "http_scheme": _signed_otherwise(url=f"http://{PUBLIC.partition('://')[2]}{SMS}"),
    "valid_then_add_field": _signed_otherwise(add=(("Extra", "1"),)),
    "valid_boundary_shift_value": _shifted(_value_swallows),
    "valid_boundary_shift_name": _shifted(_name_swallows),
    "forged_forwarded_host": _signed_otherwise(url=f"https://evil.example{SMS}", token="of-evil-example"),
    "sha256_with_auth_token": _sha256,
    "valid_empty_params": _bare,
    "valid_replay": _replayed(timedelta(0)),
    "valid_replay_48h": _replayed(timedelta(hours=48)),
    "valid_multipart": _multipart,
}


def status(world: World, case: Case) -> list[Response]:
    """A report about a message that was delivered, or is on its way where the case lets it fail."""
    given = dict(case["request"].get("fields", ()))
    world.text(*STORY)
    fields = {"MessageSid": world.sent_message(), "AccountSid": ACCOUNT, "MessageStatus": "sent", **given}
    if "state_stays" in case["expect"]:
        told = [("MessageSid", fields["MessageSid"]), ("MessageStatus", "delivered")]
        assert world.post("/twilio/status", told).status_code == 200
    world.look()
    return [world.post("/twilio/status", list(fields.items()))]


def voice(world: World, case: Case) -> list[Response]:
    """A call that begins."""
    world.address = ("voice", FAMILY)
    fields = _call(**{"CallSid": "CA" + "2" * 32} | dict(case["request"].get("fields", ())))
    calls = [fields] + [
        {**fields, "CallSid": f"CA{number:032x}"} for number in range(1, case["expect"].get("parallel", 1))
    ]
    return [world.post("/twilio/voice", list(each.items())) for each in calls]


def gather(world: World, case: Case) -> list[Response]:
    """A key or a word, in a call in which the language was chosen."""
    phone = _at_the_purpose(world)
    address = phone.verb("Gather").attrib["action"]
    if "token" in case["about"]:
        address = address.replace("mac=", "mac=0")
    if "late duplicate" in case["about"]:
        address = address.replace("turn=2", "turn=1")
    if "4 hours" in case["about"]:
        later = clock.system_now() + timedelta(hours=4)
        world.client.post("/test/clock", json={"now": later.isoformat()})
    world.look()
    return [_to_call(world, address, _call(**dict(case["request"].get("fields", ()))))]


def recording(world: World, case: Case) -> list[Response]:
    _at_the_purpose(world)
    world.look()
    fields = _call(RecordingSid="RE" + "0" * 32, RecordingStatus="completed", RecordingDuration="3")
    fields |= dict(case["request"].get("fields", ()))
    return [world.post("/twilio/voice/recording", list(fields.items())) for _ in range(case["expect"].get("times", 1))]


def _call(**fields: str) -> dict[str, str]:
    return {"CallSid": "CA" + "1" * 32, "AccountSid": ACCOUNT, "From": FAMILY, "To": OURS, **fields}


def _to_call(world: World, address: str, fields: Mapping[str, str]) -> Response:
    parts = urlsplit(address)
    return world.post(parts.path + (f"?{parts.query}" if parts.query else ""), list(fields.items()))


def _at_the_purpose(world: World) -> Phone:
    world.address = ("voice", FAMILY)
    phone = Phone(lambda address, fields: _to_call(world, address, _call(**fields)).text, FAMILY, OURS, "CA" + "1" * 32)
    phone.ring(f"{PUBLIC}/twilio/voice")
    phone.press("1")
    return phone


def telegram(world: World, case: Case) -> list[Response]:
    """An update, where a wrong reading would become an answer."""
    world.address = ("telegram", str(APP))
    world.chat(*STORY)
    world.look()
    request = case["request"]
    raw = request.get("raw_b64")
    body = base64.b64decode(raw) if raw else json.dumps(request["json"]).encode()
    secret = {"none": None, "trailing_space": f"{SECRET} "}.get(request["secret"], SECRET)
    headers = {"Content-Type": request.get("ctype", "application/json")}
    if secret is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    return [world.client.post("/telegram", content=body, headers=headers)]


CARRIERS: Mapping[str, Carrier] = {
    "twilio.sms": sms,
    "twilio.status": status,
    "twilio.voice": voice,
    "twilio.gather": gather,
    "twilio.recording": recording,
    "telegram": telegram,
}
