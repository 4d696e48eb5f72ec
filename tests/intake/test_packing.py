"""Pages packed on their way, and what that must not tell."""

import gzip
import re

import pytest

from intake.web.packing import masked, unmasked
from tests.intake.pages import Browser

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
_TOKEN = re.compile(r'name="csrf" value="(\w+)"')


def test_a_page_is_packed_for_whoever_comes_from_a_page_of_ours_and_for_nobody_else(somebody: Browser) -> None:
    somebody.sign_in()
    packed = {
        site: somebody.client.get("/desk", headers={"Sec-Fetch-Site": site} if site else {}).headers.get(
            "content-encoding"
        )
        for site in ("same-origin", "none", "same-site", "cross-site", "")
    }
    assert packed == {"same-origin": "gzip", "none": "gzip", "same-site": None, "cross-site": None, "": None}
    asked_plain = somebody.client.get("/desk", headers={"Sec-Fetch-Site": "none", "Accept-Encoding": "identity"})
    assert "content-encoding" not in asked_plain.headers
    assert "Sec-Fetch-Site" in asked_plain.headers["vary"]


def test_a_packed_page_is_the_same_page(somebody: Browser) -> None:
    somebody.sign_in()
    plain = somebody.client.get("/reports")
    with somebody.client.stream("GET", "/reports", headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < len(plain.content) / 2
    assert _TOKEN.sub("", gzip.decompress(packed).decode()) == _TOKEN.sub("", plain.text)


def test_the_token_of_forms_is_written_otherwise_in_every_page_and_works_each_time(somebody: Browser) -> None:
    somebody.sign_in()
    tokens = [_TOKEN.findall(somebody.client.get("/desk/account").text)[0] for _ in range(20)]
    assert len(set(tokens)) == 20 and len({unmasked(each) for each in tokens}) == 1
    for token in (tokens[0], tokens[-1]):
        answer = somebody.client.post("/desk/account/language", data={"csrf": token, "language": "nl"})
        assert answer.status_code == 200, "a page that was open before still works"
    bare = somebody.client.post("/desk/account/language", data={"csrf": unmasked(tokens[0]), "language": "nl"})
    assert bare.status_code == 403


def test_what_was_never_masked_is_no_token(url: str) -> None:
    assert unmasked(masked("0f" * 16)) == "0f" * 16
    for given in ("", "0", "zz", "é", "00", " ", "0" * 63, "0" * 64):
        assert unmasked(given) != "0f" * 16


def test_style_and_scripts_are_packed_and_kept_under_an_address_of_their_content(somebody: Browser) -> None:
    page = somebody.get("/desk/sign-in") and somebody.page.text
    for address in re.findall(r"/static/[\w.]+\?\w+", page):
        answer = somebody.client.get(address)
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers.get("content-encoding") == "gzip" or len(answer.content) < 600
    assert "immutable" not in somebody.client.get("/static/style.css").headers.get("cache-control", "")
