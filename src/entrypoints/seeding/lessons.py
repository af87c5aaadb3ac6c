"""The demo's live classes: a weekly one, of which two were held and some are to come."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import to_builtins

from core.clock import INDIA
from entrypoints.seeding.courses import Rows
from modules.attendance.domain.sessions import PLANNED, TIMEZONE, Plan, times
from modules.attendance.domain.statuses import USUAL, most_points

Row = dict[str, Any]
WEEK = timedelta(days=7)
HELD, TO_COME = 2, 6
HOUR = 19
CAME = ("present", "late")


async def write_classes(rows: Rows, course_id: int, *, teacher_id: int, student_id: int, now: datetime) -> None:
    """On the weekday of tomorrow, at seven in the evening in India."""
    (series_id,) = await rows.reserve("class_series", 1)
    tomorrow = (now.astimezone(INDIA) + timedelta(days=1)).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    first = (tomorrow - HELD * WEEK).astimezone(UTC)
    rule = f"FREQ=WEEKLY;COUNT={HELD + TO_COME}"
    await rows.insert(
        "class_series", [{"id": series_id, "course_id": course_id, "recurrence": rule, "created_at": first - WEEK}]
    )
    ids = await rows.reserve("class_sessions", HELD + TO_COME)
    same: Row = {"series_id": series_id, "created_by_id": teacher_id, "created_at": first - WEEK, "version": 1}
    sessions = [_session(id_, course_id, first + number * WEEK, now) | same for number, id_ in enumerate(ids)]
    await rows.insert("class_sessions", sessions)
    points = {status.code: status.points for status in USUAL}
    records = [
        _record(session, student_id, status, points[status]) for session, status in zip(sessions, CAME, strict=False)
    ]
    await rows.insert("attendance_records", records)
    await rows.insert("attendance_changes", [_change(record) for record in records])


def _session(id_: int, course_id: int, starts_at: datetime, now: datetime) -> Row:
    plan = Plan(course_id, None, "Speaking round", "Everybody says two sentences.", starts_at, 60, TIMEZONE, None)
    follows = times(plan)
    return {
        **{name: getattr(plan, name) for name in PLANNED},
        **follows,
        "id": id_,
        "occurs_at": starts_at,
        "statuses": to_builtins(USUAL),
        "most_points": most_points(USUAL),
        "secret": secrets.token_hex(20),
        "closed_at": follows["ends_at"] if follows["ends_at"] < now else None,
    }


def _record(session: Row, user_id: int, status: str, points: int | None) -> Row:
    came = session["starts_at"] + timedelta(minutes=2 if status == "present" else 14)
    return {
        "session_id": session["id"],
        "course_id": session["course_id"],
        "user_id": user_id,
        "status": status,
        "points": points,
        "source": "code",
        "recorded_at": came,
        "remarks": "",
        "is_flagged": False,
        "checked_in_at": came,
        "seen_ms": 0,
        "version": 1,
    }


def _change(record: Row) -> Row:
    kept = {name: record[name] for name in ("session_id", "user_id", "source", "remarks")}
    return {**kept, "at": record["recorded_at"], "actor_id": record["user_id"], "to_status": record["status"]}
