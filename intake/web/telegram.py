"""Where Telegram brings its updates. The secret it was given decides; what was taken is durable before the 200."""

import asyncio
import logging

from fastapi import APIRouter, Request, Response

from channels import telegram
from channels.base import Provider
from channels.telegram_sender import TelegramSender
from intake import updates
from intake.settings import Settings
from intake.web.direct import Direct
from intake.web.measuring import CHANNEL
from intake.web.storing import NotStored, store

log = logging.getLogger("intake.web")
router = APIRouter(tags=["webhooks"], route_class=Direct)
_following: set[asyncio.Task[None]] = set()  # a task that nobody holds may be collected while it runs


@router.post("/telegram")
async def update(request: Request) -> Response:
    """An authentic update that we cannot read gets 200 too, or Telegram would bring it again for ever."""
    settings: Settings = request.app.state.settings
    secret = settings.telegram_secret.get_secret_value()
    if not telegram.is_secret(request.headers.get("X-Telegram-Bot-Api-Secret-Token"), secret):
        log.warning("bad_secret", extra={"route": "/telegram", "status": 403})
        return Response(status_code=403)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > telegram.LARGEST_UPDATE:
            return Response(status_code=200)  # nothing that a family can send is as large
    state = request.app.state
    request.scope[CHANNEL] = "telegram"
    take = updates.read(bytes(body), state.now())
    try:
        after = await store(request, "/telegram", bytes(body), lambda session: take(session, state.installation))
    except NotStored:
        return Response(status_code=503)
    sender = state.senders.get(Provider.TELEGRAM)
    if after is not None and isinstance(sender, TelegramSender):
        task = asyncio.create_task(updates.follow(sender, state.installation, after))
        _following.add(task)
        task.add_done_callback(_following.discard)
    return Response(status_code=200)
