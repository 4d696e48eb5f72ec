"""Twilio's webhooks: is it really Twilio, and what does it tell us.

Formats of numbers and ids are checked after the signature, because names and values can be moved between fields
without breaking it. Source: Twilio's "Validating requests", "Sign webhooks with shared keys" (public beta in 2026) and
"TwiML for Programmable Messaging".
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from channels.base import Attachment, DeliveryStatus, Inbound, Malformed, Provider, StatusUpdate, clean, pressed
from flows.events import Channel, Text

WHATSAPP = "whatsapp:"  # before a number that is reached by WhatsApp
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
LARGEST_FORM = 64 * 1024  # bytes
TOKEN_SIGNS, SHARED_KEY_SIGNS = "sha1", "sha256"
_MOST_FIELDS = 200
_MOST_MEDIA = 10
_LONGEST_LABEL = 100
_LONGEST_TEXT = 10_000  # characters; more than any provider sends
_ONCE = ("MessageSid", "CallSid", "From", "To", "Body", "MessageStatus", "Digits", "RecordingSid")
_MESSAGE_ID = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.IGNORECASE)
_MEDIA = re.compile(
    r"/Accounts/AC[0-9a-f]{32}/Messages/((?:SM|MM)[0-9a-f]{32})/Media/(ME[0-9a-f]{32})\Z", re.IGNORECASE
)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PREMIUM = re.compile(r"\+3290[0-9]{6,7}")  # 0900 to 0909: whoever calls or texts back pays (BIPT's numbering plan)
_ANONYMOUS = frozenset(  # how Twilio writes a number that is hidden: the word ANONYMOUS by keys, and so on
    {"+266696687", "+86282452253", "+7378742833", "+8656696", "+2562533"}
)

Form = Sequence[tuple[str, str]]

_STATUSES = {
    "accepted": DeliveryStatus.QUEUED,
    "queued": DeliveryStatus.QUEUED,
    "scheduled": DeliveryStatus.QUEUED,
    "sending": DeliveryStatus.SENDING,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
    "undelivered": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
ERRORS = {
    "21211": "invalid_number",
    "21408": "country_refused",
    "21610": "opted_out",
    "21614": "landline",
    "30003": "unreachable",
    "30004": "blocked",
    "30005": "invalid_number",
    "30006": "landline",
    "30007": "filtered",
    "63016": "window_closed",
}  # Twilio's error code -> ours, shown to staff in words


def signature(url: str, form: Form, secret: str, algorithm: str = TOKEN_SIGNS) -> str:
    """What Twilio puts in `X-Twilio-Signature`: an HMAC over the address and the sorted distinct fields."""
    fields: dict[str, set[str]] = {}
    for name, value in form:
        fields.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(fields[name]))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogatepass"), algorithm)).decode()


def is_signed(url: str, form: Form, given: str | None, tokens: Sequence[str], shared_keys: Sequence[str] = ()) -> bool:
    """Whether one of these secrets signed this request. `url`: the public one of the configuration, never of a header.

    Nor does a header choose the algorithm: tokens sign with one and shared keys with the other, or not at all.
    """
    if not given or not given.isascii():
        return False
    known = ((TOKEN_SIGNS, tokens), (SHARED_KEY_SIGNS, shared_keys))
    return any(
        hmac.compare_digest(signature(url, form, secret, algorithm), given)
        for algorithm, secrets in known
        for secret in secrets
    )


def parse_form(body: bytes) -> Form:
    """The fields in their order. Raises `Malformed`."""
    if len(body) > LARGEST_FORM:
        raise Malformed("the form is too large", 413)
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the form cannot be read") from None


def parse(form: Form, at: datetime) -> Inbound:
    """A text or WhatsApp message: the prefix decides. Raises `Malformed` when it lacks what one has."""
    fields = fields_of(form)
    sender, recipient = fields.get("From", "").strip(), fields.get("To", "").strip()
    channel = Channel.SMS
    if sender.startswith(WHATSAPP):
        channel = Channel.WHATSAPP
        sender, recipient = sender.removeprefix(WHATSAPP), recipient.removeprefix(WHATSAPP)
    if not sender or len(sender) > 64 or not sender.isprintable():
        raise Malformed("From is missing or no sender")
    if not re.fullmatch(r"\+?[0-9]{3,15}", recipient):
        raise Malformed("To is missing or no number")
    text = fields.get("Body", "")  # a message may carry pictures alone
    if any(name.startswith("Body") and name != "Body" for name in fields):
        raise Malformed("the name Body has swallowed its value")
    if len(text) > _LONGEST_TEXT:
        raise Malformed("Body is too long", 413)
    button = fields.get("ButtonPayload") or fields.get("ListId", "")
    return Inbound(
        provider=Provider.TWILIO,
        kind="message",
        id=_id(fields),
        channel=channel,
        sender=sender,
        recipient=recipient,
        at=at,
        input=pressed(button) if button else Text(clean(text)),
        repliable=is_number(sender) and sender != recipient,
        attachments=_attachments(fields),
        shown=clean(fields.get("ButtonText") or fields.get("ListTitle", ""))[:_LONGEST_LABEL] if button else "",
    )


def parse_status(form: Form) -> StatusUpdate:
    """What became of a message of ours. Raises `Malformed`."""
    fields = fields_of(form)
    code = fields.get("ErrorCode", "")
    return StatusUpdate(
        provider=Provider.TWILIO,
        provider_id=_id(fields),
        status=_STATUSES.get(fields.get("MessageStatus", "").lower()),
        code=ERRORS.get(code, code if code.isascii() and code.isdigit() and len(code) <= 6 else ""),
    )


def is_number(sender: str) -> bool:
    """Whether somebody can be called or texted there, at what a call or a text costs."""
    return bool(_E164.fullmatch(sender)) and sender not in _ANONYMOUS and not _PREMIUM.fullmatch(sender)


def fields_of(form: Form) -> dict[str, str]:
    """The fields by their names. Raises `Malformed` when one that must stand there once stands there twice."""
    fields = dict(form)
    for name in _ONCE:
        if len({value for each, value in form if each == name}) > 1:
            raise Malformed(f"{name} stands there twice")
    return fields


def _id(fields: dict[str, str]) -> str:
    id_ = fields.get("MessageSid", "")
    if not _MESSAGE_ID.fullmatch(id_):
        raise Malformed("MessageSid is missing or no id")
    return id_


def _attachments(fields: dict[str, str]) -> tuple[Attachment, ...]:
    """What the message carries; its words count also where that cannot be told."""
    count = fields.get("NumMedia", "")
    if not (count.isascii() and count.isdigit()) or len(count) > 2 or int(count) > _MOST_MEDIA:
        return ()
    return tuple(
        Attachment(_media_of(fields.get(f"MediaUrl{each}", "")), fields.get(f"MediaContentType{each}", ""))
        for each in range(int(count))
    )


def _media_of(url: str) -> str:
    """Which file of which message it is: fetched from our own account alone, whatever host the address names."""
    found = _MEDIA.search(url)
    return f"{found[1]}/{found[2]}" if found else ""
