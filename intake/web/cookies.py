"""What a browser keeps for us: where its name stands, how it is set, and how it is read back.

Over https each is a `__Host-` cookie (RFC 6265bis, 4.1.3.2): no subdomain and no page over http can plant one. Over
http, which is a demonstration on this computer, the bare name.
"""

from datetime import timedelta
from enum import StrEnum

from fastapi import Request, Response

from intake.settings import Settings


class Cookie(StrEnum):
    SESSION = "opvanglijn"
    KNOWN = "opvanglijn_known"  # a browser that was here before
    WANTED = "opvanglijn_wanted"  # the page that somebody asked for before signing in
    SPOKEN = "opvanglijn_spoken"  # the language of the families that the queue shows
    OPENID = "opvanglijn_openid"  # on the way to one's organisation and back


def name(settings: Settings, cookie: Cookie) -> str:
    return f"__Host-{cookie}" if settings.is_https else cookie.value


def read(request: Request, cookie: Cookie) -> str:
    """What we set in this browser; "" where two were sent: another site may have slipped one in beside ours."""
    ours = name(request.app.state.settings, cookie)
    sent = "; ".join(request.headers.getlist("cookie")).split(";")
    is_alone = sum(each.partition("=")[0].strip() == ours for each in sent) == 1
    return request.cookies.get(ours, "") if is_alone else ""


def keep(answer: Response, settings: Settings, cookie: Cookie, value: str, lasts: timedelta) -> None:
    """For our own pages alone: no script reads it, no other site sends it along with a form."""
    answer.set_cookie(
        name(settings, cookie), value, max_age=int(lasts.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=settings.is_https,
    )  # fmt: skip


def forget(answer: Response, settings: Settings, cookie: Cookie) -> None:
    """A browser takes this only with the marks that the cookie was set with."""
    answer.delete_cookie(name(settings, cookie), path="/", httponly=True, samesite="lax", secure=settings.is_https)
