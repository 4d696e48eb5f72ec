"""A telephone that needs no provider: what `chat` and the demo send, as the same `Inbound` a real one gives."""

import secrets
from datetime import datetime
from pathlib import Path

from channels.base import Attachment, Inbound, Outgoing, Provider, Sent
from channels.simulated_call import tone
from flows.events import Channel, Input, Text

LONGEST_TEXT = 1600  # characters, as at a real provider


def parse(text: str, sender: str, recipient: str, at: datetime, channel: Channel = Channel.SMS) -> Inbound:
    """A message from `sender` (E.164, or an account of Telegram) to one of our numbers (or a desk's short name)."""
    return given(Text(text[:LONGEST_TEXT]), sender, recipient, at, channel)


def given(
    what: Input, sender: str, recipient: str, at: datetime, channel: Channel, *, shown: str = "",
    sound: str = "",
) -> Inbound:  # fmt: skip
    """The same for a button that was pressed (`shown`: what stood on it), a shared number, a voice note (`sound`)."""
    return Inbound(
        provider=Provider.SIMULATOR,
        kind="message",
        id=secrets.token_hex(16),
        channel=channel,
        sender=sender,
        recipient=recipient,
        at=at,
        input=what,
        attachments=(Attachment(sound, "audio/wav"),) if sound else (),
        shown=shown,
    )


def parse_call(call_id: str, sender: str, recipient: str, at: datetime) -> Inbound:
    """A call from `sender` (E.164, "" for a hidden number) to one of our numbers."""
    return Inbound(
        provider=Provider.SIMULATOR,
        kind="call",
        id=call_id,
        channel=Channel.VOICE,
        sender=sender or call_id,
        recipient=recipient,
        at=at,
        input=None,
        repliable=bool(sender),
    )


class SimulatorTelephone:
    """What simulated callers said, or a tone in its place; calls to them ring nowhere. `folder`: where sound waits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, recording_id: str, sound: bytes) -> None:
        """As a provider does: until it is fetched and deleted. `sound`: WAV."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._of(recording_id).write_bytes(sound)

    async def fetch(self, recording_id: str) -> tuple[bytes, str]:
        kept = self._of(recording_id)
        return kept.read_bytes() if kept.exists() else tone(), "audio/wav"

    async def delete(self, recording_id: str) -> None:
        self._of(recording_id).unlink(missing_ok=True)

    async def call(self, number: str, caller_id: str, address: str) -> str:
        """Nothing leaves the computer."""
        return secrets.token_hex(16)

    def _of(self, recording_id: str) -> Path:
        return self._folder / f"{recording_id}.wav"


class SimulatorSender:
    """Takes every message; the phones on the simulator's page show what was taken."""

    async def send(self, outgoing: Outgoing) -> Sent:
        """Nothing leaves the computer: the message is already where the page reads it."""
        return Sent(outgoing.reference)

    async def find(self, outgoing: Outgoing, since: datetime) -> tuple[Sent, ...]:
        """A message whose sending was interrupted was taken all the same."""
        return (Sent(outgoing.reference),)
