"""Words one slip away are found, all of them and no others."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from flows.grammar.nearly import Nearly, is_one_slip

WORDS = some.text("abc", min_size=3, max_size=8)


@given(some.sets(WORDS), WORDS)
def test_every_word_of_five_letters_or_more_one_slip_away_is_found_and_no_other(known: set[str], typed: str) -> None:
    near = {each for each in known if each in _slips(typed)} if len(typed) >= 5 else set()
    assert Nearly(known).find(typed) == {each for each in near if len(each) >= 5}


@given(WORDS, WORDS)
def test_a_slip_is_a_letter_wrong_missing_or_too_many_or_two_swapped(word: str, other: str) -> None:
    assert is_one_slip(word, other) == (other in _slips(word))


def _slips(word: str) -> set[str]:
    """Every text over these letters that one slip makes of a word."""
    starts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    added = {start + letter + end for start, end in starts for letter in "abc"}
    missing = {start + end[1:] for start, end in starts if end}
    wrong = {start + letter + end[1:] for start, end in starts if end for letter in "abc"}
    swapped = {word[:place] + two + one + word[place + 2 :] for place, (one, two) in enumerate(pairwise(word))}
    return (added | missing | wrong | swapped) - {word}
