"""What every page shares: templates, words, headers and the one sentence of an error. No page's own content."""

import hashlib
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from markupsafe import Markup

from intake.desk import MAY, DeskError, first_page
from intake.problems import NotTheirs
from intake.settings import Settings
from intake.web import cookies, navigation, packing
from intake.web.cookies import Cookie
from locales import desk as words
from storage.keys import KeysProblem

log = logging.getLogger("intake.web")
HERE = Path(__file__).parent
LANGUAGE = "nl"  # of what a desk keeps about a family, and of its pages until somebody chooses otherwise
_spoken: ContextVar[str] = ContextVar("spoken", default=LANGUAGE)  # of this request's pages
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types pages pieces"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": packing.VARY,
}
_CSRF = Markup('<input type="hidden" name="csrf" value="{}">')
_SAID = {  # what a page says after something was done: the address carries the code, never a text
    "sent": "Sent.",
    "noted": "The note is saved.",
    "corrected": "The answer is corrected.",
    "decided": "The category is decided.",
    "outcome": "The outcome is saved.",
    "referred": "The place is noted. The family is asked whether it answered.",
    "answered": "The answer of the place is noted.",
    "parted": "The address was taken off.",
    "kept": "Nothing is erased.",
    "keyed-in": "The request is saved and counts. Read its number to the family.",
    "defined": "The definition is saved. Choose it under “Count otherwise”.",
    "merged": "Both requests count once from now on.",
    "unmerged": "This request counts for itself again.",
    "closed": "Closed.",
    "released": "Given back to the queue.",
    "snoozed": "Put off. It comes back on that day, or when the family writes.",
    "draft": "Your draft is saved.",
    "handed-over": "Handed over, with your note.",
    "phrase": "The phrase is saved.",
    "translated": "The draft is saved. It goes out when somebody else has read it.",
    "reviewed": "From now on it goes out in this language.",
    "suggested": "Your words are saved. Somebody else reads them.",
    "approved": "It is approved. Families get it with a later version of the service.",
    "dropped": "It is set aside. What stood there stays.",
    "terms": "The answer times are saved. For every family that waits the day was worked out anew.",
    "handed-back": "The questions go on with the family.",
    "attempt": "The attempt is saved.",
    "tried": "The attempt is saved. This family comes back at the time that stands with it.",
    "booked": "The interpreter is booked.",
    "calling": "The desk's phone rings first; then the family is called.",
    "organiser": "The list of organisers is changed.",
    "interpreter": "The list of interpreters is changed.",
    "copied": "It is noted that this request was copied.",
    "counted-at": "It is noted who counts this request.",
    "asked-to-pass": "The question went to the family. What it writes back is noted by itself; note here what it says.",
    "family-said": "What the family answered is noted.",
    "passed-on": "It is noted that another desk has this request.",
    "published": "The counts are public from now on, as they stand here.",
    "template": "The mapping is saved. This is the table by it.",
    "template-sample": "The sample is used again.",
    "filed": "The request is filed and counts. Give the family its number.",
    "setting": "Saved.",
    "same": "Nothing was changed.",
    "password": "Your password is saved. Sign in with it.",
    "account": "The account is changed.",
    "language": "The pages speak this language from now on.",
    "mail-asked": "We sent a mail to that address. Press the link in it: from then on you get what you chose.",
    "mail-off": "The address is gone. You get no mails.",
    "session": "Signed out there.",
    "signed-out": "You are signed out.",
}


def add_to(app: FastAPI) -> None:
    """The page an error gets."""
    app.add_exception_handler(DeskError, _sentence)
    app.add_exception_handler(KeysProblem, _damaged)


def read(app: FastAPI) -> None:
    """The files that pages need, and what writes them."""
    app.mount("/static", packing.files(str(HERE / "static")))
    _environment()


def page(request: Request, name: str, here: str, status: int = 200, **content: Any) -> HTMLResponse:
    """The template `name` with `content`; `here` marks the page in the navigation."""
    settings: Settings = request.app.state.settings
    visitor = getattr(request.state, "visitor", None)
    context = _context(request, here, content)
    written = _environment().get_template(name).render(context)
    body, packed = packing.pack(request, written.encode())
    answer = HTMLResponse(body, status, _headers(settings) | packed)
    if visitor and visitor.is_new:
        cookies.keep(answer, settings, Cookie.SESSION, visitor.token, settings.lasts)
    return answer


def streamed(request: Request, name: str, here: str, **content: Any) -> StreamingResponse:
    """The same piece by piece, while a template waits for what is being done: it shows how far that is."""
    template = _environment().get_template(name)
    headers = _headers(request.app.state.settings)
    return StreamingResponse(
        template.generate(_context(request, here, content)), media_type="text/html; charset=utf-8", headers=headers
    )


def _context(request: Request, here: str, content: Mapping[str, Any]) -> dict[str, Any]:
    visitor = getattr(request.state, "visitor", None)
    person = visitor.person if visitor else None
    allowed = MAY[person.role] if person else frozenset()
    return {
        "language": spoken(),
        "here": here,
        "demo": request.app.state.settings.demo,
        "openid": bool(request.app.state.settings.oidc_issuer),
        "me": person,
        "may": allowed,
        "navigation": navigation.of(allowed, here),
        "home": first_page(person.role) if person else "/desk",
        "said": translate(_SAID.get(request.query_params.get("said", ""), "")),
        "said_wrong": False,
        "wrong": "",  # the id of the field that could not be read
        "csrf_field": lambda: _CSRF.format(visitor.csrf if visitor else ""),
        **content,
    }


def told(problem: DeskError | None) -> dict[str, Any]:
    """What a page says of a mistake: its sentence, and the field that it stands beside."""
    if problem is None:
        return {}
    sentence = translate(problem.sentence, **problem.values)
    return {"said": sentence, "said_wrong": True, "wrong": getattr(problem, "field", "")}


def _headers(settings: Settings) -> dict[str, str]:
    return _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if settings.is_https else {})


def back_to(address: str, said: str = "") -> RedirectResponse:
    """After something was done: a page that can be reloaded without doing it again."""
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}said={said}" if said else address, 303)


def is_ours(address: str) -> bool:
    """A path of our own: no other site, whichever way a browser reads slashes."""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()


def speak(language: str) -> None:
    """From here on this request's pages are in that language, when there is one."""
    _spoken.set(language if language in words.languages() else LANGUAGE)


def spoken() -> str:
    """The language of this request's pages. What families told, and the texts they got, stay in `LANGUAGE`."""
    return _spoken.get()


def translate(text: str, **values: object) -> str:
    """`text` in the language of this request's pages."""
    translated = words.load(spoken()).gettext(text) if text else ""
    return translated % values if values else translated


def _sentence(request: Request, problem: Exception) -> HTMLResponse:
    assert isinstance(problem, DeskError)
    sentence = translate(problem.sentence, **problem.values)
    person = request.state.visitor.person if isinstance(problem, NotTheirs) else None
    own = navigation.label(first_page(person.role)) if person else ""
    return page(request, "sentence.html", "", problem.status, sentence=sentence, own=own)


def _damaged(request: Request, problem: Exception) -> HTMLResponse:
    log.error("damaged", exc_info=problem, extra={"route": request.url.path})
    sentence = translate("This cannot be read: something of it is damaged. Tell whoever runs the service.")
    return page(request, "sentence.html", "", 500, sentence=sentence)


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow, and no family waits for it

    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, extensions=["jinja2.ext.i18n"],
        trim_blocks=True, undefined=StrictUndefined,
    )  # fmt: skip
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static"] = _static
    return environment


def _gettext(text: str) -> str:
    return words.load(spoken()).gettext(text)


def _ngettext(one: str, many: str, count: int) -> str:
    return words.load(spoken()).ngettext(one, many, count)


@cache
def _static(name: str) -> str:
    """The address of a file, another one when its content changes: browsers may keep it."""
    content = (HERE / "static" / name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


Form = Mapping[str, str]
