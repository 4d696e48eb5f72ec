"""What goes to Twilio beside plain text."""

import asyncio

from channels.base import Outgoing, Provider
from channels.twilio_client import TwilioClient
from channels.twilio_sender import TwilioSender
from flows.events import Channel
from tests.intake.test_worker import Twilio, twilio

__all__ = ["twilio"]  # the fixture


def test_a_notice_goes_by_its_approved_template(twilio: Twilio) -> None:
    client = TwilioClient("AC" + "0" * 32, "token", twilio.origin)
    sender = TwilioSender(client, "https://loket.example/twilio/status", {"nl": "HX" + "1" * 32})

    def notice(language: str) -> Outgoing:
        return Outgoing(
            Provider.TWILIO, Channel.WHATSAPP, "+32470000001", "+3290000001", "Dag!", "r", notice=language
        )  # fmt: skip

    asyncio.run(sender.send(notice("nl")))
    asyncio.run(sender.send(notice("fr")))
    assert [each["body"] for each in twilio.taken] == ["HX" + "1" * 32, "Dag!"]
