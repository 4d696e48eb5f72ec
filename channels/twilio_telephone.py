"""What the desk's side of a call needs of Twilio: recordings fetched and deleted, and calls that we make."""

from channels.base import SendError
from channels.media import LARGEST, checked
from channels.twilio_client import TwilioClient

_LARGEST = 4 * 1024 * 1024  # bytes; a minute of telephone sound is half a MB
WAV = "audio/wav"


class TwilioTelephone:
    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def fetch(self, recording_id: str) -> tuple[bytes, str]:
        """A recording, or what a message carried ("MM…/ME…"). Raises `SendError`; `no_sound`: what came is none."""
        message, _, media = recording_id.rpartition("/")
        if message:
            return checked(await self._client.download(f"/Messages/{message}/Media/{media}", LARGEST))
        sound = await self._client.download(f"/Recordings/{recording_id}.wav", _LARGEST)
        if not (sound[:4] == b"RIFF" and sound[8:12] == b"WAVE"):
            raise SendError("no_sound")
        return sound, WAV

    async def delete(self, recording_id: str) -> None:
        """No copy stays at Twilio. Raises `SendError`; one that is gone already is no error."""
        message, _, media = recording_id.rpartition("/")
        try:
            if message:
                await self._client.call(lambda client: client.messages(message).media(media).delete())
            else:
                await self._client.call(lambda client: client.recordings(recording_id).delete())
        except SendError as problem:
            if problem.code != "not_there":
                raise

    async def call(self, number: str, caller_id: str, address: str) -> str:
        """Ring `number`; who picks up hears the TwiML at `address`. The provider's id. Raises `SendError`."""
        made = await self._client.call(
            lambda client: client.calls.create(to=number, from_=caller_id, url=address, method="POST")
        )
        return str(made.sid)
