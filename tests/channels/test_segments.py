import pytest

from channels.segments import is_gsm, plainly, segments, to_gsm


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the euro sign does not fit half into the first
        ("ı" + "a" * 69, 1),
        ("ı" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("ı" * 66 + "😀" + "ı" * 66, 3),
    ],
)
def test_segments_are_counted_as_the_network_counts_them(text: str, count: int) -> None:
    assert segments(text) == count


@pytest.mark.parametrize("letter", "çêëïîôûşğı’“…")
def test_one_letter_outside_the_table_makes_a_text_dear(letter: str) -> None:
    assert not is_gsm(letter) and segments("a" * 100 + letter) == 2


def test_typographic_marks_have_plain_look_alikes() -> None:
    assert to_gsm("‘s “dag” – nu…\u00a0ja") == '\'s "dag" - nu... ja'
    assert is_gsm(to_gsm("‘’“”„«»–—…"))


def test_marks_go_where_a_language_is_texted_without_them() -> None:
    assert plainly("Şubat ağustos, żłobek, începeți, où ça") == "Subat agustos, zlobek, începeti, où ca".replace(
        "î", "i"
    )
    assert plainly("école, März, niño, è") == "école, März, niño, è"  # these stand in the tables
    assert plainly("сад, حضانة") == "сад, حضانة"
