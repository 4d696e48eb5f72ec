"""Postcodes and names as families write them."""

import pytest

from flows.grammar.place import load_places

PLACES = load_places()


@pytest.mark.parametrize(
    ("text", "postcodes"),
    [
        ("Gent", ("9000",)),
        ("gand", ("9000",)),
        ("Antwerpen", ("2000",)),
        ("anvers", ("2000",)),
        ("aalst", ("9300",)),
        ("Alost", ("9300",)),
        ("St.-Niklaas", ("9100",)),
        ("sint niklaas", ("9100",)),
        ("meulenbeke", ("8760",)),
        ("mechlen", ("2800",)),
        ("louvain", ("3000",)),
        ("Liège", ()),
        ("frans", ()),
        ("mehcelen", ("2800",)),
        ("", ()),
        ("hofstade", ("1981", "9308")),
        ("Sint-Jans-Molenbeek", ("1080",)),
    ],
)
def test_a_name_stands_for_its_postcodes(text: str, postcodes: tuple[str, ...]) -> None:
    assert PLACES.find(text) == postcodes


def test_a_postcode_has_a_name() -> None:
    assert (PLACES.name("9300"), PLACES.name("4000")) == ("Aalst", "4000")
    assert "9300" in PLACES
    assert "90000" not in PLACES


def test_every_postcode_is_flemish_or_of_brussels() -> None:
    postcodes = [str(number) for number in range(1000, 10000) if str(number) in PLACES]
    assert len(postcodes) > 500
    assert not [each for each in postcodes if 1300 <= int(each) < 1500 or 4000 <= int(each) < 8000]
