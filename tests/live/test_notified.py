"""Notifications over the socket: told at once, followed by other devices, resumed."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from entrypoints.worker.loop import background
from live.rooms import Room

PATH = "/api/community/notifications/"
POSTS = "/api/community/posts/"


async def write(room: Room, title: str = "Doubt") -> int:
    body = {"community_id": room.id, "title": title, "content": "Why?"}
    answer = await room.asha.post(POSTS, body)
    assert answer.status_code == 201, answer.text
    await room.world.settle()
    return int(answer.json()["id"])


def ids(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["notification_id"] for frame in frames]


async def test_all_devices_are_told_at_once_with_the_count(room: Room) -> None:
    phone, tablet = await room.live.personal(room.ravi), await room.live.personal(room.ravi)
    old = await room.live.connect(room.ravi, "/ws/notifications/", v=1)
    await room.live.until(lambda: len(room.live.sockets.of(room.ravi.id)) == 3)
    author = await room.live.personal(room.asha)
    post_id = await write(room)
    for client in (phone, tablet, old):
        told = await client.next("notification")
        assert (told["notification_type"], told["title"]) == ("new_post", "New post in The class")
        assert (told["message"], told["actor"], told["link"]) == (
            "Ravi K: Doubt", "Ravi K", {"type": "post", "id": post_id},
        )  # fmt: skip
        assert told["timestamp"] == (await room.ravi.get(f"{PATH}{told['notification_id']}/")).json()["created_at"]
    for client in (phone, tablet):
        assert (await client.next("unread_count"))["unread_count"] == 1
    assert old.heard("unread_count") == author.heard("notification") == []


async def test_reading_is_followed_with_absolute_counts(room: Room) -> None:
    phone, tablet = await room.live.personal(room.ravi), await room.live.personal(room.ravi)
    for number in range(3):
        await write(room, f"Doubt {number}")
    await room.live.until(phone.has("notification", 3))
    first, second, third = ids(phone.heard("notification"))
    await room.ravi.post(f"{PATH}{second}/mark-as-read/")
    assert (await tablet.next("notification_read"))["notification_id"] == second
    await tablet.next("unread_count", where=lambda frame: frame["unread_count"] == 2)
    await room.ravi.post(f"{PATH}mark-all-as-read/", {"up_to_id": first})
    read = await tablet.next("notification_read", where=lambda frame: "up_to_id" in frame)
    assert read["up_to_id"] == first
    await phone.next("unread_count", where=lambda frame: frame["unread_count"] == 1)
    await room.ravi.post(f"{PATH}mark-all-as-read/")
    read = await tablet.next("notification_read", where=lambda frame: frame.get("up_to_id") == third)
    await phone.next("unread_count", where=lambda frame: frame["unread_count"] == 0)
    await room.ravi.post(f"{PATH}mark-all-as-read/")
    await room.ravi.post(f"{PATH}{second}/mark-as-read/")
    assert len(tablet.heard("notification_read")) == 3


async def test_the_last_count_is_the_true_one_after_many_at_once(room: Room) -> None:
    phone = await room.live.personal(room.ravi)
    for number in range(6):
        await write(room, f"Doubt {number}")
    await room.live.until(phone.has("notification", 6))
    known = ids(phone.heard("notification"))
    await asyncio.gather(*(room.ravi.post(f"{PATH}{one}/mark-as-read/") for one in known[:5]), write(room, "Later"))
    await room.live.until(phone.has("notification", 7))
    await phone.next("unread_count", where=lambda frame: frame["unread_count"] == 2)
    await room.live.until(lambda: phone.heard("unread_count")[-1]["unread_count"] == 2)


async def test_a_device_that_was_away_resumes_with_a_minutes_overlap(room: Room) -> None:
    first = await room.live.personal(room.ravi)
    await write(room, "Long ago")
    old = (await first.next("notification"))["notification_id"]
    await age(room, old, minutes=5)
    await write(room, "Seen")
    seen = (await first.next("notification"))["notification_id"]
    await first.close()
    await write(room, "Missed")
    again = await room.live.personal(room.ravi)
    await again.say("hello", since_notification_id=seen)
    assert (await again.next("unread_count"))["unread_count"] == 3
    heard = again.heard("notification")
    assert [one["message"] for one in heard] == ["Ravi K: Seen", "Ravi K: Missed"]
    assert ids(heard) == sorted(ids(heard))
    await again.say("hello", since_notification_id=old)
    await room.live.until(again.has("notification", 5))
    other = await room.live.personal(room.asha)
    await other.say("hello", since_notification_id=seen)  # of somebody else: what is newer, and nobody else's
    await other.next("unread_count")
    assert other.heard("notification") == []


async def test_who_was_away_for_long_gets_the_newest_and_is_told_so(room: Room) -> None:
    await write(room)
    first = int((await room.ravi.get(PATH)).json()["results"][0]["id"])
    async with room.world.house.database.transaction() as transaction:
        notice = text("SELECT max(id) FROM notices")
        known = await transaction.scalar(notice)
        for number in range(101):
            values = {"n": known, "r": room.ravi.id, "now": room.world.clock.now(), "c": f"test-{number}"}
            copied = "cause, notification_type, variant, audience, words, spread_to, is_spread, created_at"
            await transaction.execute(
                text(f"INSERT INTO notices ({copied}) SELECT :c, 'new_post', '', audience, words, 0, true, created_at"
                     " FROM notices WHERE id = :n"),
                {"c": values["c"], "n": known},
            )  # fmt: skip
            latest = await transaction.scalar(notice)
            await transaction.execute(
                text("INSERT INTO notifications (notice_id, recipient_id, in_app, created_at)"
                     " SELECT :n, :r, true, created_at FROM notices WHERE id = :n"),
                {"n": latest, "r": room.ravi.id},
            )  # fmt: skip
    client = await room.live.personal(room.ravi)
    await client.say("hello", since_notification_id=first)
    assert (await client.next("resync"))["reason"] == "too_far"
    assert len(client.heard("notification")) == 100
    assert (await client.next("unread_count"))["unread_count"] == 102


async def test_what_the_hub_lost_comes_later(room: Room) -> None:
    phone = await room.live.personal(room.ravi)
    room.world.house.hub.publish = lambda channel, data: None  # type: ignore[method-assign]
    await write(room)
    assert (await phone.next("notification"))["title"] == "New post in The class"
    assert (await phone.next("unread_count"))["unread_count"] == 1


async def test_the_worker_in_the_same_process_tells_within_moments(sqlite_room: Room) -> None:
    room = sqlite_room
    async with background(room.world.house):
        phone = await room.live.personal(room.ravi)
        await room.asha.post(POSTS, {"community_id": room.id, "title": "Doubt", "content": "Why?"})
        await phone.next("notification")


async def age(room: Room, notification_id: int, **by: float) -> None:
    moment = room.world.clock.now() - timedelta(**by)
    statement = text("UPDATE notifications SET created_at = :at WHERE id = :id")
    async with room.world.house.database.transaction() as transaction:
        at: Any = moment if not transaction.is_sqlite else moment.strftime("%Y-%m-%d %H:%M:%S.%f")
        await transaction.execute(statement, {"at": at, "id": notification_id})
