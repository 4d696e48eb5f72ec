"""A family goes on from another phone or app: with a code of six signs, agreed to on both sides.

Who began the request asks for the code ("code"), sends it from the other address, and says yes on the first one.
"""

import re
from datetime import datetime

from channels.base import Inbound
from flows.events import Channel, Text
from intake.installation import Installation
from storage import addresses, joining
from storage.database import Session
from storage.turns import Thread

_CODE = re.compile(rf"[{joining.SIGNS}]{{{joining.LENGTH}}}")


def code_in(inbound: Inbound) -> str:
    """What may be a code: the whole of a message, or what a link of Telegram brought along. "" when it is none."""
    given = inbound.input.text if isinstance(inbound.input, Text) else ""
    linked = inbound.recipient if inbound.channel is Channel.TELEGRAM else ""
    for said in (linked, given):
        code = said.replace(" ", "").upper()
        if _CODE.fullmatch(code) and not (code.isalpha() or code.isdigit()):
            return code
    return ""


def give(session: Session, here: Installation, thread: Thread, at: datetime) -> dict[str, str]:
    """A code, and a line for each way to send it: `code` and `ways`."""
    code = joining.give(session, here.keys, thread, at)
    text, whatsapp = (addresses.number_for(session, thread.desk_id, each) for each in ("sms", "whatsapp"))
    ways = {
        "sms": f"SMS: {text}" if text else "",
        "whatsapp": f"WhatsApp: https://wa.me/{whatsapp.lstrip('+')}?text={code}" if whatsapp else "",
        "telegram": f"Telegram: https://t.me/{here.telegram_name}?start={code}" if here.telegram_name else "",
    }
    others = [line for channel, line in ways.items() if line and channel != thread.channel]
    return {"code": code, "ways": "\n".join(others or filter(None, ways.values()))}
