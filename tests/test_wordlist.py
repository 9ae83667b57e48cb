"""Very many words in little memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.wordlist import WordList

# No line ends, which no word has, and few letters, so that words share their beginnings.
WORDS = st.lists(st.text("abé ", max_size=4))


@given(WORDS, WORDS, WORDS)
def test_a_word_list_holds_what_a_set_would(first: list[str], more: list[str], asked: list[str]) -> None:
    """It holds its own words and those added, and no others; what it was added to stays as it was."""
    listed = WordList(first)
    both = listed.with_words(more)
    for word in {*first, *more, *asked, ""}:
        assert (word in both) == (word in {*first, *more})
        assert (word in listed) == (word in set(first))
    assert 5 not in both
