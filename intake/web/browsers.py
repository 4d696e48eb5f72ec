"""What a request tells about the browser it comes from: its name in two words, and its address."""

import ipaddress

from fastapi import Request

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def device(request: Request) -> str:
    """ "Firefox, Windows": enough to know one's own again, and no more is kept."""
    told = request.headers.get("User-Agent", "")
    found = (next((name for sign, name in each if sign in told), "") for each in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))


def source(request: Request) -> str:
    """Where guesses are counted: an IPv4 address, or the /64 that one customer has of IPv6 (RFC 6177)."""
    told = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else told


def is_somebody(request: Request) -> bool:
    """Whether a person did this, not a page that refreshes itself (Fetch Metadata; older browsers do not tell)."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def languages(request: Request) -> list[str]:
    """What whoever sits there reads best, in their order (RFC 9110, 12.5.4)."""
    found = []
    for place, each in enumerate(request.headers.get("Accept-Language", "")[:200].split(",")):
        tag, _, weight = each.strip().partition(";q=")
        try:
            found.append((-float(weight or 1), place, tag))
        except ValueError:
            continue
    return [tag for weight, _, tag in sorted(found) if weight < 0]
