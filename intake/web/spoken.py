"""The language by which somebody filters the queue: it holds in this browser until another is chosen, or the end."""

from fastapi import Request, Response

from intake.web import cookies
from intake.web.cookies import Cookie

_ASKED = "language"


def chosen(request: Request) -> str:
    """Of this request, else of the ones before; "" for all languages."""
    asked = request.query_params.get(_ASKED)
    found = cookies.read(request, Cookie.SPOKEN) if asked is None else asked
    return found if found in request.app.state.installation.words else ""


def remember(request: Request, answer: Response) -> None:
    """What was chosen on this page, if anything was."""
    if _ASKED not in request.query_params:
        return
    settings = request.app.state.settings
    if language := chosen(request):
        cookies.keep(answer, settings, Cookie.SPOKEN, language, settings.lasts)
    else:
        cookies.forget(answer, settings, Cookie.SPOKEN)
