"""Addresses, numbers and names as people type them, and what a verified password proves."""

from datetime import UTC, datetime

import msgspec
import pytest

from core.actor import Role
from core.errors import Invalid
from modules.identity.domain import User, normal_email, profile_faults, still_proven

RAVI = User(
    id=1, email="ravi@example.com", username="ravi", password_hash="$argon2id$1", role=Role.STUDENT, full_name="Ravi K",
    mobile_number=None, profile_image=None, is_active=True, email_verified_at=None,
    created_at=datetime(2026, 1, 1, tzinfo=UTC), deleted_at=None, token_version=1, version=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "email"),
    [
        (" Asha@Example.COM ", "asha@example.com"),
        ("a.b+tag@mail.example.co.in", "a.b+tag@mail.example.co.in"),
        ("o'neil_%-x@x.in", "o'neil_%-x@x.in"),
        ("आशा@उदाहरण.भारत", "आशा@उदाहरण.भारत"),
        (f"{'x' * 64}@x.in", f"{'x' * 64}@x.in"),
        (f"{'x.' * 31}xx@x.in", f"{'x.' * 31}xx@x.in"),
    ],
)
def test_an_address_is_trimmed_and_in_lower_case(typed: str, email: str) -> None:
    assert normal_email(typed) == email


@pytest.mark.parametrize(
    "typed",
    [
        "", "a", "a@", "@x.in", "a@b", "a@@x.in", "a@b@x.in", "a b@x.in", "a@x .in", "a@x.in, b@x.in", "<a@x.in>",
        "a@b..com", "a@b.com.", "a@.b.com", "a@b.", ".a.@x.in", ".a@x.in", "a.@x.in", "a..b@x.in", ".@x.in",
        f"{'x' * 65}@x.in", f"{'x.' * 32}x@x.in", f"a@{'x' * 250}.in", "a\n@x.in", "a@x.in\x00",
        f"{'a.' * 50_000}@x.in",
    ],
)  # fmt: skip
def test_what_no_mail_server_takes_is_no_address(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_email(typed)
    assert [fault.field for fault in refused.value.faults] == ["email"]


@pytest.mark.parametrize("number", ["+919812345678", "+1234567", "+123456789012345"])
def test_numbers_are_international(number: str) -> None:
    assert not profile_faults(username=None, full_name=None, mobile_number=number)


@pytest.mark.parametrize(
    "number",
    ["", "9812345678", "+09812345678", "+91 98123", "+123456", "+1234567890123456", "+९१९८१२३४५६७८", "+91९८१२३४५६७८"],
)
def test_other_numbers_and_other_digits_are_refused(number: str) -> None:
    faults = profile_faults(username=None, full_name=None, mobile_number=number)
    assert [fault.field for fault in faults] == ["mobile_number"]


def test_a_verified_password_proves_until_it_is_changed_or_its_user_banned() -> None:
    assert still_proven(msgspec.structs.replace(RAVI, full_name="Ravi Kumar", version=2), RAVI)
    assert not still_proven(msgspec.structs.replace(RAVI, password_hash="$argon2id$2"), RAVI)
    assert not still_proven(msgspec.structs.replace(RAVI, is_active=False), RAVI)
    assert not still_proven(None, RAVI)
