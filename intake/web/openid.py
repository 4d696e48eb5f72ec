"""The way to one's organisation and back. A link, not a form: our pages send forms nowhere else."""

import base64
import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from intake import openid, provided
from intake.desk import DeskError, not_there
from intake.openid import Begun
from intake.settings import Settings
from intake.web import cookies
from intake.web.auth import Visitor, let_back, visitor, who_was_away
from intake.web.cookies import Cookie
from intake.web.pages import back_to, is_ours, page, translate
from intake.web.proof import PROOF
from intake.web.sign_in import let_in
from storage import sessions
from storage.keys import Keys

router = APIRouter(prefix="/desk/openid", tags=["desk"], include_in_schema=False)
Visiting = Annotated[Visitor, Depends(visitor)]
_DONE = "done"  # where another tab of the same browser waits


@router.get("")
def begin(request: Request, visitor: Visiting, then: str = "", anew: str = "") -> Response:
    """`then`: the page to go on with; whoever is signed in already proves who they are. `anew`: perhaps as another."""
    settings = _settings(request)
    try:
        begun = openid.begin(settings, anew=visitor.person is not None or bool(anew))
    except DeskError as problem:
        return _sign_in(request, problem)
    answer = RedirectResponse(begun.address, 303)
    kept = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "then": then,
            "at": request.app.state.now().isoformat()}  # fmt: skip
    cookies.keep(answer, settings, Cookie.OPENID, _closed(request.app.state.installation.keys, kept), openid.LASTS)
    return answer


@router.get("/return")
def come_back(request: Request, visitor: Visiting) -> Response:
    """Where the provider sends the browser."""
    try:
        answer = _come_back(request, visitor)
    except DeskError as problem:
        answer = _sign_in(request, problem)
    cookies.forget(answer, _settings(request), Cookie.OPENID)
    return answer


def _come_back(request: Request, visitor: Visitor) -> Response:
    state, settings = request.app.state, _settings(request)
    keys, now = state.installation.keys, state.now()
    kept = _opened(keys, cookies.read(request, Cookie.OPENID), now)
    begun = Begun("", kept["state"], kept["nonce"], kept["verifier"])
    told = openid.finish(settings, begun, request.query_params, now)
    id_ = state.database.write(lambda session: provided.account(session, keys, settings, told, now)).result()
    then = kept["then"] if is_ours(kept["then"]) else ""
    is_waited_for = visitor.person is None and kept["then"] == _DONE  # in another tab, with a form that was filled in
    away = who_was_away(request, visitor.token) if is_waited_for else None
    known = visitor.person or (away.person if away else None)
    if known is None or known.id != id_:
        return let_in(request, id_, then)
    if now.timestamp() - told.proven_at > PROOF.total_seconds():
        raise DeskError(403, "Your organisation did not ask for your password again. Ask your administrator.")
    back = let_back if away else sessions.prove
    state.database.write(lambda session: back(session, visitor.token, now)).result()
    if kept["then"] == _DONE:
        sentence = translate("It is you. Close this page and go on in the other one.")
        return page(request, "sentence.html", "", sentence=sentence)
    return back_to(then or "/desk")


def _sign_in(request: Request, problem: DeskError) -> HTMLResponse:
    said = translate(problem.sentence, **problem.values)
    return page(request, "sign_in.html", "sign-in", problem.status, said=said, said_wrong=True, is_anew=True)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    if not settings.oidc_issuer:
        raise not_there()
    return settings


def _closed(keys: Keys, kept: dict[str, str]) -> str:
    sealed = keys.seal(keys.installation, "cookie", Cookie.OPENID, "", json.dumps(kept))
    return base64.urlsafe_b64encode(sealed).decode()


def _opened(keys: Keys, cookie: str, now: datetime) -> dict[str, str]:
    try:
        sealed = base64.urlsafe_b64decode(cookie)
        kept: dict[str, str] = json.loads(keys.open(keys.installation, "cookie", Cookie.OPENID, "", sealed))
    except Exception:  # nothing, or nothing of ours
        raise openid.began_elsewhere() from None
    if not datetime.fromisoformat(kept["at"]) <= now < datetime.fromisoformat(kept["at"]) + openid.LASTS:
        raise openid.began_elsewhere()
    return kept
