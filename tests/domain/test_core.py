"""Money, pages, texts: what everything else stands on."""

import base64
import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid, InvalidCursor
from core.money import MAX_PAISE, rupees, to_paise
from core.paging import Page, PageRequest, cut, decode_cursor, encode_cursor
from core.text import LONGEST_WORD, SLUG, slugify, words

NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1)
TIMES = st.datetimes(timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


# --- money -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, MAX_PAISE))
def test_an_amount_survives_the_way_to_the_app_and_back(paise: int) -> None:
    shown = rupees(paise)
    assert to_paise(shown) == paise
    assert to_paise(Decimal(shown)) == paise
    assert to_paise(float(shown)) == paise
    assert shown.rpartition(".")[2].isdigit()
    assert len(shown.rpartition(".")[2]) == 2


@pytest.mark.parametrize(
    ("paise", "shown"), [(0, "0.00"), (5, "0.05"), (49_900, "499.00"), (-49_950, "-499.50"), (-5, "-0.05")]
)
def test_amounts_are_shown_with_two_decimals(paise: int, shown: str) -> None:
    assert rupees(paise) == shown


@pytest.mark.parametrize(
    ("amount", "paise"),
    [
        ("499", 49_900),
        (499, 49_900),
        (499.5, 49_950),
        (0.29, 29),
        ("1e2", 10_000),
        (" 5 ", 500),
        ("-0", 0),
        ("0.010", 1),
    ],
)
def test_amounts_come_as_strings_and_numbers(amount: str | float, paise: int) -> None:
    assert to_paise(amount) == paise


@pytest.mark.parametrize(
    "amount",
    [
        "", "ten", "4,99", "₹5", "0x10", "--1", "NaN", "sNaN", "Infinity", "-Infinity", float("nan"), float("inf"),
        "-1", "-0.01", "0.001", "499.000000000000000000000000000001", "1e-400000", "10000000.01", 1e300, "1e999999",
        "1e400000",
    ],
)  # fmt: skip
def test_everything_else_is_refused_at_once(amount: str | float) -> None:
    began = time.process_time()
    with pytest.raises(Invalid) as refused:
        to_paise(amount, "min_price")
    assert [fault.field for fault in refused.value.faults] == ["min_price"]
    assert time.process_time() - began < 0.5


# --- pages -----------------------------------------------------------------------------------------------------------


@given(st.tuples(NUMBERS, TEXTS, TIMES, st.floats(allow_nan=False, allow_infinity=False)), st.booleans())
def test_a_cursor_names_its_row_exactly(keys: tuple, backward: bool) -> None:
    cursor = encode_cursor(keys, backward=backward)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(cursor, (int, str, datetime, float)) == (keys, backward)


@given(st.text())
def test_garbage_is_no_cursor(garbage: str) -> None:
    for kinds in ((int,), (str, int), (datetime, int)):
        try:
            decode_cursor(garbage, kinds)
        except InvalidCursor:
            continue
        raw = base64.urlsafe_b64decode(garbage + "=" * (-len(garbage) % 4))
        assert len(json.loads(raw)) == len(kinds) + 1


def raw_cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "value",
    [
        None, {}, [], [0], [0, 1], [0, "a", 1, 2], [2, "a", 1], ["0", "a", 1], [[], "a", 1], [0, "a", "1"], [0, 1, 1],
        [0, "a", 1.5], [0, "a", None], [0, "a", 2**63], [0, "a", -(2**64)], [0, "\0", 1],
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(value: object) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(raw_cursor(value), (str, int))


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-01-01T00:00:00+25:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 5]
)
def test_a_cursor_s_time_is_one_that_can_be_stored(moment: object) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(raw_cursor([0, moment, 1]), (datetime, int))


@given(st.integers(0, 40), st.integers(1, 10))
def test_pages_hold_every_row_once_both_ways(total: int, limit: int) -> None:
    table = list(range(total))

    def fetch(request: PageRequest) -> Page[int]:
        after: int | None = request.after[0] if request.after else None
        if request.backward and after is not None:
            found = [row for row in reversed(table) if row < after]
        else:
            found = [row for row in table if after is None or row > after]
        return cut(found[: limit + 1], request, lambda row: (row,))

    page = fetch(PageRequest(limit=limit))
    forwards = [page.results]
    assert page.previous_cursor is None
    while page.next_cursor:
        keys, backward = decode_cursor(page.next_cursor, (int,))
        page = fetch(PageRequest(limit=limit, after=keys, backward=backward))
        forwards.append(page.results)
    assert [row for rows in forwards for row in rows] == table
    backwards: list[list[int]] = []
    while page.previous_cursor:
        keys, backward = decode_cursor(page.previous_cursor, (int,))
        assert backward
        page = fetch(PageRequest(limit=limit, after=keys, backward=True))
        backwards.insert(0, page.results)
    assert [row for rows in backwards for row in rows] == table[: sum(map(len, forwards[:-1]))]


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Spoken English, for all!", ["spoken", "english", "for", "all"]),
        ("हिन्दी में व्याकरण", ["हिंदी", "में", "व्याकरण"]),
        ("हिंदी हिन्दी अंग्रेज़ी अंग्रेजी हँसी हंसी", ["हिंदी", "हिंदी", "अंग्रेजी", "अंग्रेजी", "हंसी", "हंसी"]),
        ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
        ("Ｆｕｌｌ ﬁne Straße", ["full", "fine", "strasse"]),
        ("cafe\u0301 café", ["café", "café"]),
        ('a-b\'c "d" (e) f&g|h:*', ["a", "b", "c", "d", "e", "f", "g", "h"]),
        ("\u03aa\u0301 \u0390", ["\u0390", "\u0390"]),
        ("snake_case 3½", ["snake_case", "31", "2"]),
        (" \n\t…।", []),
    ],
)
def test_words_keep_their_vowel_signs(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_words_have_nothing_in_them_that_a_query_language_knows(text: str) -> None:
    found = words(text)
    assert not set("".join(found)) & set(" '\"`\\&|!():*<>-+^~%;,\0\n\t")
    assert all(0 < len(word) <= LONGEST_WORD for word in found)


@given(st.text())
def test_words_are_found_whatever_the_case(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Spoken English", "spoken-english"),
        ("  Crème brûlée -- 101! ", "creme-brulee-101"),
        ("हिन्दी", ""),
        ("हिन्दी Basics", "basics"),
        ("…", ""),
        ("a" * 300, "a" * 100),
        ("a" * 99 + " b", "a" * 99),
    ],
)
def test_a_slug_is_made_of_a_title(title: str, slug: str) -> None:
    assert slugify(title) == slug


@given(st.text())
def test_a_slug_is_one_or_nothing(title: str) -> None:
    slug = slugify(title)
    assert slug == "" or SLUG.fullmatch(slug)
    assert len(slug) <= 100
    assert slugify(slug) == slug
