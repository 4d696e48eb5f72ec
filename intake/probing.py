"""Whether each channel of a desk works just now, asked of its provider, and the addresses that providers need of us."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from channels.base import Provider, Sender, SendError
from channels.mail import MailServer
from channels.telegram_sender import TelegramSender
from channels.twilio_sender import Number, TwilioSender

SENTENCES = {
    "no_twilio": "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set: no message can be sent",
    "twilio_refuses": "Twilio does not let us in (%(code)s): check the account's SID and token",
    "not_ours": "%(number)s is not a number of this Twilio account",
    "no_texts": "%(number)s cannot send or get text messages",
    "no_calls": "%(number)s cannot take calls",
    "works": "%(number)s works, and brings what comes in to us",
    "goes_elsewhere": "%(number)s does not bring what comes in to us: paste %(address)s at Twilio",
    "has_fallback": "callers hear a sentence of ours while this service is down",
    "no_fallback": (
        "callers hear an English error while this service is down: paste what `voice fallback` prints at the provider"
    ),
    "telegram_refuses": "Telegram does not let us in (%(code)s): check TELEGRAM_BOT_TOKEN",
    "no_webhook": "Telegram does not bring its updates to us: run `python -m intake telegram set-webhook`",
    "telegram_trouble": "Telegram had trouble reaching us: %(trouble)s",
    "telegram_works": "Telegram brings its updates to us",
    "mail_works": "the mail server lets us in",
    "mail_unreachable": "nothing answers at the host and port of INTAKE_SMTP_URL: a firewall may stand between",
    "mail_not_trusted": (
        "the mail server's certificate is not known here: use the host name that stands in it, and set SSL_CERT_FILE"
        " to your organisation's own certificates where it has them"
    ),
    "mail_no_tls": "the mail server offers no STARTTLS: write smtps:// where it speaks TLS from the start",
    "mail_wrong_login": "the mail server refuses the user and password of INTAKE_SMTP_URL",
    "mail_refused_sender": "the mail server takes no mail from INTAKE_SMTP_FROM: ask who keeps it",
    "mail_not_now": "the mail server says that it cannot now: try again in some minutes",
}


class Level(StrEnum):
    GOOD = "good"
    DOUBT = "doubt"  # works, and is worth knowing
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found about one channel. `what`: which of `SENTENCES`, with `values` to fill in."""

    channel: str
    level: Level
    what: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return SENTENCES[self.what] % self.values


def addresses(public_url: str) -> dict[str, str]:
    """What to paste at the provider, by what comes in there."""
    return {
        "sms": f"{public_url}/twilio/sms",
        "voice": f"{public_url}/twilio/voice",
        "voice_status": f"{public_url}/twilio/voice/status",
        "whatsapp": f"{public_url}/twilio/whatsapp",
        "telegram": f"{public_url}/telegram",
    }


async def probe(senders: Mapping[Provider, Sender], numbers: Mapping[str, str], public_url: str) -> list[Probe]:
    """`numbers`: channel -> a number of ours. Asks the providers, sends nothing."""
    twilio, telegram = senders.get(Provider.TWILIO), senders.get(Provider.TELEGRAM)
    found = [Probe("sms", Level.DOUBT, "no_twilio")]
    if isinstance(twilio, TwilioSender):
        found = await _twilio(twilio, numbers, public_url)
    if isinstance(telegram, TelegramSender):
        found.append(await _telegram(telegram, public_url))
    return found


async def mail(server: MailServer) -> Probe:
    """Whether the mail server lets us in and takes our sender; sends nothing."""
    try:
        await server.probe()
    except SendError as problem:
        return Probe("mail", Level.WRONG, f"mail_{problem.code}")
    return Probe("mail", Level.GOOD, "mail_works")


async def _twilio(sender: TwilioSender, numbers: Mapping[str, str], public_url: str) -> list[Probe]:
    try:
        owned = await sender.numbers()
    except SendError as problem:
        return [Probe("sms", Level.WRONG, "twilio_refuses", {"code": problem.code})]
    wanted = addresses(public_url)
    return [
        each
        for channel in ("sms", "voice")
        if (number := numbers.get(channel))
        for each in _of_number(channel, number, owned.get(number), wanted[channel])
    ]


def _of_number(channel: str, number: str, owned: Number | None, wanted: str) -> Iterator[Probe]:
    """What one number can do, and where Twilio brings what comes in."""
    told = {"number": number, "address": wanted}
    is_text = channel == "sms"
    if owned is None:
        yield Probe(channel, Level.WRONG, "not_ours", told)
    elif channel not in owned.can:
        yield Probe(channel, Level.WRONG if is_text else Level.DOUBT, "no_texts" if is_text else "no_calls", told)
    else:
        is_ours = (owned.texts_to if is_text else owned.calls_to) == wanted
        yield Probe(channel, *((Level.GOOD, "works") if is_ours else (Level.DOUBT, "goes_elsewhere")), told)
        if not is_text:
            yield Probe(channel, *((Level.GOOD, "has_fallback") if owned.fallback else (Level.DOUBT, "no_fallback")))


async def _telegram(sender: TelegramSender, public_url: str) -> Probe:
    try:
        url, trouble = await sender.webhook()
    except SendError as problem:
        return Probe("telegram", Level.WRONG, "telegram_refuses", {"code": problem.code})
    finally:
        await sender.close()
    if url != addresses(public_url)["telegram"]:
        return Probe("telegram", Level.WRONG, "no_webhook")
    if trouble:
        return Probe("telegram", Level.DOUBT, "telegram_trouble", {"trouble": trouble})
    return Probe("telegram", Level.GOOD, "telegram_works")
