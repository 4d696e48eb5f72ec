"""Signing in at one's own organisation: OpenID Connect, the code flow with PKCE, state and nonce (authlib, joserfc).

What the provider says of somebody comes out as `Told`; whose account that is stands in `provided.py`.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from intake.desk import DeskError
from intake.settings import Settings

RETURN = "/desk/openid/return"
_PATIENCE = 10  # seconds for each answer of the provider
_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
_CLOCKS_DIFFER = 60  # seconds
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """What only the browser that began may come back with. `address`: where it goes meanwhile."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Told:
    """What the provider says. `subject`: who it is there, for ever; `roles`, `desks`: as it names them."""

    subject: str
    username: str
    roles: tuple[str, ...]
    desks: tuple[str, ...]
    proven_at: int  # when they gave their password there, in seconds; 0: not told


def begin(settings: Settings, *, anew: bool) -> Begun:
    """`anew`: whoever is signed in there already proves it once more. Raises `DeskError`."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    about = _discover(settings)
    state, nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    more = {"prompt": "login", "max_age": "0"} if anew else {}
    address, _ = _client(settings, state).create_authorization_url(
        about["authorization_endpoint"], state=state, nonce=nonce, code_challenge_method="S256",
        code_challenge=create_s256_code_challenge(verifier), **more,
    )  # fmt: skip
    return Begun(str(address), state, nonce, verifier)


def finish(settings: Settings, begun: Begun, query: Mapping[str, str], now: datetime) -> Told:
    """What the provider says of who came back with `query`. Raises `DeskError`."""
    if not secrets.compare_digest(query.get("state", "").encode(), begun.state.encode()):
        raise began_elsewhere()
    if "error" in query:
        _log.warning("openid_refused", extra={"code": query["error"][:40]})
        raise DeskError(403, "Your organisation did not let you in. Ask your administrator there.")
    about = _discover(settings)
    if query.get("iss", about["issuer"]) != about["issuer"]:  # RFC 9207: another provider answered
        raise began_elsewhere()
    tokens = _tokens(settings, about, begun, query.get("code", ""))
    claims = _claims(settings, about, begun, tokens.get("id_token", ""), now)
    names = [settings.oidc_claim_user, settings.oidc_claim_role, settings.oidc_claim_desk]
    if any(name and _find(claims, name) is None for name in names) and about.get("userinfo_endpoint"):
        more = _answer(settings, about["userinfo_endpoint"], tokens.get("access_token", ""))
        if more.get("sub") == claims["sub"]:
            claims = {**more, **claims}
    return _told(settings, claims)


def began_elsewhere() -> DeskError:
    return DeskError(400, "This sign-in began elsewhere, or too long ago. Begin again.")


def _told(settings: Settings, claims: Mapping[str, Any]) -> Told:
    username = _find(claims, settings.oidc_claim_user)
    if not isinstance(username, str) or not username.strip():
        raise DeskError(403, "Your organisation does not say who you are. Ask your administrator for the right claim.")
    at = claims.get("auth_time")
    return Told(
        str(claims["sub"]), username.strip().lower()[:80], _several(_find(claims, settings.oidc_claim_role)),
        _several(_find(claims, settings.oidc_claim_desk)), at if isinstance(at, int) else 0,
    )  # fmt: skip


def _find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; one inside another by a path ("realm_access.roles"), as Keycloak has them."""
    if name in claims:
        return claims[name]
    first, _, rest = name.partition(".")
    inside = claims.get(first) if rest else None
    return _find(inside, rest) if isinstance(inside, dict) else None


def _several(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(each) for each in value[:100])
    return () if value is None else (str(value),)


def _claims(settings: Settings, about: Mapping[str, Any], begun: Begun, token: str, now: datetime) -> dict[str, Any]:
    """The claims of a token that is really the provider's, for us, for this sign-in, and of now."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        decoded = jwt.decode(token, KeySet.import_key_set(cast(Any, _get(about["jwks_uri"]))), algorithms=_SIGNED_BY)
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=_CLOCKS_DIFFER, iss={"essential": True, "value": about["issuer"]},
            aud={"essential": True, "value": settings.oidc_client_id}, exp={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": begun.nonce},
        ).validate(decoded.claims)  # fmt: skip
    except (JoseError, ValueError, KeyError, TypeError) as problem:
        _log.warning("openid_token", extra={"code": type(problem).__name__})
        raise DeskError(
            502, "The answer of your organisation is not right. Begin again, or ask your administrator."
        ) from None
    return dict(decoded.claims)


def _tokens(settings: Settings, about: Mapping[str, Any], begun: Begun, code: str) -> dict[str, Any]:
    from authlib.integrations.base_client import OAuthError
    from requests import RequestException

    try:
        with _client(settings, begun.state, about) as client:
            return dict(client.fetch_token(
                about["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=begun.verifier,
                timeout=_PATIENCE,
            ))  # fmt: skip
    except (OAuthError, RequestException, ValueError) as problem:
        _log.warning("openid_code", extra={"code": type(problem).__name__})
        raise DeskError(
            502, "The answer of your organisation is not right. Begin again, or ask your administrator."
        ) from None


def _client(settings: Settings, state: str, about: Mapping[str, Any] | None = None) -> Any:
    from authlib.integrations.requests_client import OAuth2Session  # heavy, and only this way in needs it

    known = (about or {}).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    way = "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
    return OAuth2Session(
        settings.oidc_client_id, settings.oidc_client_secret.get_secret_value(), scope=settings.oidc_scopes,
        redirect_uri=settings.public_url + RETURN, state=state, token_endpoint_auth_method=way,
    )  # fmt: skip


def _discover(settings: Settings) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0; asked each time, so that a provider may change its keys."""
    about = _get(f"{settings.oidc_issuer}/.well-known/openid-configuration")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if about.get("issuer", "").rstrip("/") != settings.oidc_issuer or not all(about.get(each) for each in needed):
        raise _silent()
    return about


def _answer(settings: Settings, address: str, token: str) -> dict[str, Any]:
    return _get(address, {"Authorization": f"Bearer {token}"})


def _get(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    import requests  # slow to load

    try:
        answer = requests.get(address, headers=dict(headers or {}), timeout=_PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError):
        raise _silent() from None
    if not isinstance(found, dict):
        raise _silent()
    return found


def _silent() -> DeskError:
    return DeskError(502, "The sign-in of your organisation does not answer. Try again in a minute.")


LASTS = timedelta(minutes=10)  # from the beginning to the return
