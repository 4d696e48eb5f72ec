"""What the `telegram` commands do."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from channels.base import SendError
from channels.telegram_sender import TelegramSender
from intake import logs, service, updates
from intake.installation import Installation
from intake.set_up import WrongSetUp
from intake.settings import Settings
from storage.database import Database

log = logging.getLogger("intake.telegram")
_BREATH = 0.1  # seconds: Telegram itself waits until there is something
_AGAIN = 5.0  # seconds after Telegram could not be reached


def set_webhook(settings: Settings) -> str:
    """What was done, in a sentence. Raises `WrongSetUp`."""
    secret = settings.telegram_secret.get_secret_value()
    if not secret:
        raise WrongSetUp("set INTAKE_TELEGRAM_SECRET first, to 20 or more letters and digits that nobody can guess")
    if not settings.is_https and not settings.telegram_api_base:
        raise WrongSetUp("Telegram only comes to an https address: set INTAKE_PUBLIC_URL, or use `telegram poll`")
    url = f"{settings.public_url}/telegram"
    try:
        asyncio.run(_set_webhook(_sender(settings), url, secret))
    except SendError as problem:
        raise WrongSetUp(f"Telegram did not take it ({problem.code}): check TELEGRAM_BOT_TOKEN") from None
    return f"Telegram brings its updates to {url} from now on."


async def _set_webhook(sender: TelegramSender, url: str, secret: str) -> None:
    try:
        await sender.set_webhook(url, secret)
    finally:
        await sender.close()


def poll(settings: Settings, say: Callable[[str], object]) -> None:
    """Until a signal ends it. Raises `WrongSetUp`, `NotReady`."""
    sender = _sender(settings)
    logs.set_up()
    keys, database = service.opened(settings)
    try:
        here = service.load(keys, settings)
        say("Updates of Telegram are fetched until Ctrl-C. The worker (`serve` or `worker`) sends the answers.")
        with suppress(KeyboardInterrupt):
            asyncio.run(_poll(sender, database, here, settings))
    finally:
        database.close()


async def _poll(sender: TelegramSender, database: Database, here: Installation, settings: Settings) -> None:
    try:
        await sender.delete_webhook()
    except SendError as problem:
        raise WrongSetUp(f"Telegram cannot be asked ({problem.code}): check TELEGRAM_BOT_TOKEN") from None
    now, offset = service.clock_of(settings, database), 0
    while True:
        try:
            found = await sender.updates(offset)
            for id_, body in found:
                take = updates.read(body, now())
                after = await asyncio.wrap_future(database.write(lambda session, take=take: take(session, here)))  # type: ignore[misc]
                offset = id_ + 1  # asked for only after the last one is durable
                if after is not None:
                    await updates.follow(sender, here, after)
            if not found:
                await asyncio.sleep(_BREATH)
        except SendError as problem:
            log.warning("not_fetched", extra={"code": problem.code})
            await asyncio.sleep(max(_AGAIN, problem.wait))


def _sender(settings: Settings) -> TelegramSender:
    token = settings.telegram_bot_token.get_secret_value()
    if not token:
        raise WrongSetUp("set TELEGRAM_BOT_TOKEN first: BotFather gives it")
    return TelegramSender(token, settings.telegram_api_base)
