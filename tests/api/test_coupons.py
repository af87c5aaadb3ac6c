"""Coupons as administrators keep them."""

from typing import Any

import pytest

from faults.test_commerce_coupons import made_coupon, order
from worlds import World


async def test_a_coupon_is_made_read_changed_and_ended(world: World) -> None:
    admin, course = await world.admin(), await world.course()
    made = await made_coupon(world, code="monsoon", percent=12.5, max_uses=3, course_ids=[course.id, course.id])
    assert (made["code"], made["percent"], made["course_ids"]) == ("MONSOON", 12.5, [course.id])
    student = await world.person()
    assert (await order(student, course, coupon_code="Monsoon")).json()["amount"] == "436.62"
    path = f"/api/payments/coupons/{made['id']}/"
    shown = (await admin.get(path)).json()
    assert (shown["used_count"], shown["reserved_count"], shown["is_active"]) == (0, 1, True)
    changes: dict[str, Any] = {"course_ids": [], "max_uses": None, "max_uses_per_user": 1}
    changed = await admin.patch(path, changes, headers={"If-Match": '"1"'})
    assert {name: changed.json()[name] for name in changes} == changes
    assert (await admin.patch(path, changes, headers={"If-Match": '"1"'})).json()["code"] == "version_conflict"
    other = await world.course()
    assert (await order(student, other, coupon_code="MONSOON")).json()["code"] == "coupon_exhausted"
    assert (await admin.patch(path, {"is_active": False})).json()["is_active"] is False
    assert (await order(await world.person(), other, coupon_code="MONSOON")).json()["code"] == "invalid_coupon"
    listed = (await admin.get("/api/payments/coupons/", params={"is_active": "false"})).json()["results"]
    assert [one["code"] for one in listed] == ["MONSOON"]
    again = await admin.post("/api/payments/coupons/", {"code": "MONSOON", "kind": "percentage", "percent": 1})
    assert again.json()["code"] == "code_taken"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "percentage"}, "percent"),
        ({"kind": "percentage", "percent": 0}, "percent"),
        ({"kind": "percentage", "percent": 100.5}, "percent"),
        ({"kind": "percentage", "percent": 33.333}, "percent"),
        ({"kind": "percentage", "percent": 10, "amount": "1.00"}, "amount"),
        ({"kind": "fixed", "amount": "0.00"}, "amount"),
        ({"kind": "fixed", "amount": "1.00", "max_discount": "1.00"}, "max_discount"),
        ({"kind": "fixed", "amount": "1.00", "course_ids": [987_654]}, "course_ids"),
        (
            {"kind": "fixed", "amount": "1.00", "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"},
            "ends_at",
        ),
        ({"kind": "fixed", "amount": "1.00", "code": "A B C"}, "code"),
    ],
    ids=str,
)
async def test_a_coupon_that_makes_no_sense_is_refused_by_field(
    sqlite_world: World, body: dict[str, Any], field: str
) -> None:
    answer = await (await sqlite_world.admin()).post("/api/payments/coupons/", {"code": "CODE", **body})
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await sqlite_world.count("coupons") == 0
