"""Discussion: posts, threads, reactions, mentions, reports, approval."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.sql.community.views import SqlPostViews
from core.actor import Role
from modules.community.domain.groups import MemberRole
from modules.community.domain.posts import ReactionType
from worlds import MadeCourse, Person, World

POSTS, GROUPS = "/api/community/posts/", "/api/community/groups/"
KEYS = {
    "id", "community_id", "author_id", "author", "title", "content", "content_html", "status", "parent_post_id",
    "depth", "is_pinned", "is_deleted", "view_count", "reply_count", "flagged_review", "moderation_notes", "reactions",
    "my_reaction", "mentions", "created_at", "updated_at", "deleted_at", "version",
}  # fmt: skip


@dataclass
class Class:
    """A course's community with its instructor, a moderator and two members."""

    world: World
    course: MadeCourse
    id: int
    host: Person
    moderator: Person
    asha: Person
    ravi: Person

    async def write(self, person: Person, content: str = "Why **am**?", **more: Any) -> dict[str, Any]:
        title = {} if "parent_post_id" in more else {"title": "Doubt"}
        answer = await person.post(POSTS, {"community_id": self.id, "content": content, **title, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def listed(self, person: Person, **query: Any) -> list[int]:
        answer = await person.get(f"{GROUPS}{self.id}/posts/", params=query)
        assert answer.status_code == 200, answer.text
        return [post["id"] for post in answer.json()["results"]]

    async def post_count(self) -> int:
        return (await self.host.get(f"{GROUPS}{self.id}/")).json()["post_count"]


async def found_class(world: World, **settings: Any) -> Class:
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course, **settings)
    moderator, asha, ravi = [await world.classmate(course, group) for _ in range(3)]
    await world.house.workflows.hosting.set_role(host.actor, group, moderator.id, MemberRole.MODERATOR)
    return Class(world, course, group, host, moderator, asha, ravi)


async def read(person: Person, post_id: int) -> dict[str, Any]:
    answer = await person.get(f"{POSTS}{post_id}/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_post_is_written_read_and_counted(world: World) -> None:
    room = await found_class(world)
    made = await room.write(room.asha)
    assert made.keys() == KEYS
    assert (made["status"], made["content_html"], made["depth"], made["author"]["id"]) == (
        "published", "<p>Why <strong>am</strong>?</p>", 0, room.asha.id,
    )  # fmt: skip
    assert await read(room.ravi, made["id"]) == made
    assert (await room.listed(room.ravi), await room.post_count()) == ([made["id"]], 1)
    in_group = await room.ravi.post(f"{GROUPS}{room.id}/posts/", {"title": "Second", "content": "x"})
    assert in_group.status_code == 201
    mine = (await room.ravi.get(POSTS)).json()["results"]
    assert [post["id"] for post in mine] == [in_group.json()["id"], made["id"]]
    assert (await (await world.person()).get(POSTS)).json()["results"] == []
    assert await room.listed(room.ravi, author_id=room.asha.id) == [made["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": "x"}, "title"),
        ({"content": " ", "title": "a"}, "content"),
        ({"content": "x" * 10_001, "title": "a"}, "content"),
        ({"content": "x", "title": "a" * 201}, "title"),
        ({"content": "x", "title": "a", "parent_post_id": 999}, "parent_post_id"),
    ],
)
async def test_faulty_posts_are_refused(sqlite_world: World, body: dict[str, Any], field: str) -> None:
    room = await found_class(sqlite_world)
    answer = await room.asha.post(POSTS, {"community_id": room.id, **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert await room.post_count() == 0


async def test_what_is_dangerous_in_markdown_is_not_shown(sqlite_world: World) -> None:
    room = await found_class(sqlite_world)
    made = await room.write(room.asha, "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=y>")
    assert "<script" not in made["content_html"]
    assert "javascript:alert" not in made["content_html"].replace("&", "").partition("href")[2]
    assert "<img" not in made["content_html"]


async def test_a_repeated_key_writes_once(world: World) -> None:
    room = await found_class(world)
    body = {"community_id": room.id, "title": "Doubt", "content": "Why?"}
    key = {"Idempotency-Key": "train"}
    answers = await asyncio.gather(*(room.asha.post(POSTS, body, headers=key) for _ in range(5)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert await room.post_count() == 1
    other = await room.asha.post(POSTS, {**body, "content": "What?"}, headers=key)
    assert refusal(other) == (409, "idempotency_key_reused")


async def test_posts_are_counted_exactly_while_their_counts_are_folded(world: World) -> None:
    room, fold = await found_class(world), world.house.post_counts.fold
    gone = await room.write(room.asha)
    begun = written = 1
    done = asyncio.Event()

    async def write(person: Person) -> None:
        nonlocal begun, written
        for _ in range(5):
            begun += 1
            await room.write(person)
            written += 1

    async def keep_folding() -> None:
        while not done.is_set():
            await fold(2)

    async def keep_reading() -> None:
        while not done.is_set():
            least = written
            assert least <= await room.post_count() <= begun

    async with asyncio.TaskGroup() as group:
        meanwhile = [group.create_task(work()) for work in (keep_folding, keep_folding, keep_reading)]
        await asyncio.gather(*(write(person) for person in (room.asha, room.ravi, room.moderator, room.host)))
        done.set()
        await asyncio.gather(*meanwhile)
    assert await room.post_count() == 21
    assert (await room.asha.delete(f"{POSTS}{gone['id']}/")).status_code == 204
    assert await room.post_count() == 20
    await fold()
    assert (await world.count("post_count_changes"), await room.post_count()) == (0, 20)
    listed = (await room.ravi.get(GROUPS)).json()["results"]
    assert [group["post_count"] for group in listed] == [20]


async def test_a_key_belongs_to_its_group(world: World) -> None:
    """The address names the group, the body does not: the same words may be meant for both."""
    room = await found_class(world)
    other = await world.course()
    second = await world.group(other)
    await world.enrol(room.asha, other)
    await world.house.workflows.joining.join(room.asha.actor, second)
    body, key = {"title": "Hello", "content": "Who is here?"}, {"Idempotency-Key": "hello"}
    answers = [await room.asha.post(f"{GROUPS}{id_}/posts/", body, headers=key) for id_ in (room.id, second, second)]
    assert [a.json()["community_id"] for a in answers] == [room.id, second, second]
    assert len({a.json()["id"] for a in answers}) == 2
    feed = (await room.asha.get(POSTS, params={"limit": 1})).json()
    rest = (await room.asha.get(POSTS, params={"cursor": feed["next_cursor"]})).json()
    ids = [post["id"] for page in (feed, rest) for post in page["results"]]
    assert ids == [answers[1].json()["id"], answers[0].json()["id"]]


async def test_replies_make_threads_and_are_counted_exactly(world: World) -> None:
    room = await found_class(world)
    top = await room.write(room.asha)
    made = [top]
    for depth in (1, 2, 3, 3):
        reply = await room.write(room.ravi, "Because.", parent_post_id=made[-1]["id"])
        assert (reply["depth"], reply["title"]) == (depth, "")
        made.append(reply)
    await asyncio.gather(*(room.write(p, "Me too", parent_post_id=top["id"]) for p in (room.asha, room.ravi) * 5))
    assert (await read(room.asha, top["id"]))["reply_count"] == 11
    assert await room.listed(room.asha) == [top["id"]]
    thread = await room.listed(room.asha, parent_post_id=top["id"], limit=100)
    assert (len(thread), thread) == (11, sorted(thread))
    titled = await room.asha.post(
        POSTS, {"community_id": room.id, "title": "No", "content": "x", "parent_post_id": top["id"]}
    )
    assert titled.json()["errors"][0]["field"] == "title"
    assert await room.post_count() == 1


async def test_deleted_with_replies_it_stays_as_a_tombstone(world: World) -> None:
    room = await found_class(world)
    top = await room.write(room.asha, "Secret @" + room.ravi.username)
    reply = await room.write(room.ravi, "Because.", parent_post_id=top["id"])
    for _ in range(2):
        assert (await room.asha.delete(f"{POSTS}{top['id']}/")).status_code == 204
    stone = await read(room.ravi, top["id"])
    assert (stone["is_deleted"], stone["title"], stone["content"], stone["content_html"], stone["mentions"]) == (
        True, "", "", "", [],
    )  # fmt: skip
    assert (await room.listed(room.ravi), await room.post_count()) == ([top["id"]], 0)
    answer = await room.ravi.post(POSTS, {"community_id": room.id, "content": "x", "parent_post_id": top["id"]})
    assert answer.json()["errors"][0]["field"] == "parent_post_id"
    assert (await room.ravi.delete(f"{POSTS}{reply['id']}/")).status_code == 204
    assert refusal(await room.ravi.get(f"{POSTS}{top['id']}/")) == (404, "not_found")
    assert await room.listed(room.ravi) == []


async def test_only_the_author_edits_and_what_was_said_is_kept(world: World) -> None:
    room = await found_class(world)
    made = await room.write(room.asha, "First")
    address = f"{POSTS}{made['id']}/"
    for person in (room.ravi, room.moderator, room.host):
        assert refusal(await person.call("PUT", address, json={"content": "Mine"})) == (403, "not_author")
    edited = await room.asha.call("PUT", address, json={**made, "content": "Second"}, headers={"If-Match": '"1"'})
    assert (edited.json()["content"], edited.json()["title"], edited.json()["version"]) == ("Second", "Doubt", 2)
    late = await room.asha.call("PUT", address, json={"content": "Third"}, headers={"If-Match": '"1"'})
    assert refusal(late) == (409, "version_conflict")
    untitled = await room.asha.call("PUT", address, json={"content": "Third", "title": ""})
    assert untitled.json()["errors"][0]["field"] == "title"
    for person in (room.asha, room.moderator):
        history = (await person.get(f"{address}history/")).json()["results"]
        assert [revision["content"] for revision in history] == ["First"]
    assert refusal(await room.ravi.get(f"{address}history/")) == (403, "not_moderator")
    assert refusal(await room.ravi.delete(address)) == (403, "not_author")
    assert (await room.moderator.delete(address)).status_code == 204
    assert await world.count("audit_log", "action = 'post.deleted'") == 1


async def test_one_reaction_a_user_however_many_at_once(world: World) -> None:
    room = await found_class(world)
    made = await room.write(room.asha)
    address = f"{POSTS}{made['id']}/react/"
    people = (room.asha, room.ravi, room.moderator, room.host)
    kinds = [kind.value for kind in ReactionType]
    calls = [person.post(address, {"reaction_type": kind}) for person in people for kind in kinds]
    assert {a.status_code for a in await asyncio.gather(*calls)} == {200}
    counts = (await read(room.asha, made["id"]))["reactions"]
    assert sum(counts.values()) == 4
    for person in people:
        await person.post(address, {"reaction_type": "like"})
    last = await room.asha.post(address, {"reaction_type": "like"})
    assert last.json() == {"post_id": made["id"], "reactions": {"like": 4}, "my_reaction": "like"}
    for _ in range(2):
        taken = await room.asha.delete(address)
    assert taken.json() == {"post_id": made["id"], "reactions": {"like": 3}, "my_reaction": None}
    assert (await read(room.ravi, made["id"]))["my_reaction"] == "like"
    assert (await read(room.ravi, made["id"]))["version"] == made["version"]
    assert (await room.ravi.post(address, {"reaction_type": "angry"})).status_code == 400


async def test_members_are_mentioned_and_nobody_else(world: World) -> None:
    room = await found_class(world)
    stranger = await world.person()
    text = f"@{room.ravi.username.upper()}, ask @{stranger.username} or mail a@{room.moderator.username}.in! @nobody"
    made = await room.write(room.asha, f"{text} @{room.host.username}?")
    assert {person["id"] for person in made["mentions"]} == {room.ravi.id, room.host.id}
    edited = await room.asha.call("PUT", f"{POSTS}{made['id']}/", json={"content": f"@{room.moderator.username}?"})
    assert [person["id"] for person in edited.json()["mentions"]] == [room.moderator.id]


async def test_where_posts_wait_moderators_decide_once(world: World) -> None:
    room = await found_class(world, require_post_approval=True)
    made = await room.write(room.asha)
    assert (made["status"], await room.post_count()) == ("pending", 0)
    assert await room.listed(room.asha) == [made["id"]]
    assert await room.listed(room.ravi) == []
    assert refusal(await room.ravi.get(f"{POSTS}{made['id']}/")) == (404, "not_found")
    queue = (await room.moderator.get(f"{GROUPS}{room.id}/moderation/")).json()["results"]
    assert [post["id"] for post in queue] == [made["id"]]
    assert refusal(await room.ravi.get(f"{GROUPS}{room.id}/moderation/")) == (403, "not_moderator")
    assert refusal(await room.ravi.get(f"{GROUPS}{room.id}/posts/", params={"status": "pending"}))[0] == 403
    decisions = [room.moderator.post(f"{POSTS}{made['id']}/approve/"), room.host.post(f"{POSTS}{made['id']}/approve/")]
    codes = sorted(a.status_code for a in await asyncio.gather(*decisions))
    assert codes == [200, 409]
    assert (await room.listed(room.ravi), await room.post_count()) == ([made["id"]], 1)
    assert (await room.write(room.moderator))["status"] == "published"
    edited = await room.asha.call("PUT", f"{POSTS}{made['id']}/", json={"content": "Now spam"})
    assert (edited.json()["status"], await room.post_count()) == ("pending", 1)
    notes = {"moderation_notes": "Off topic"}
    rejected = await room.moderator.post(f"{POSTS}{made['id']}/reject/", notes)
    assert (rejected.json()["status"], rejected.json()["moderation_notes"]) == ("rejected", "Off topic")
    assert (await read(room.asha, made["id"]))["moderation_notes"] == "Off topic"
    assert refusal(await room.moderator.post(f"{POSTS}{made['id']}/reject/", notes)) == (409, "already_moderated")
    assert (await room.moderator.post(f"{POSTS}{made['id']}/reject/", {"moderation_notes": " "})).status_code == 400
    assert await world.count("audit_log", "action IN ('post.approved','post.rejected')") == 2
    stale = await room.moderator.post(f"{POSTS}{made['id']}/approve/", headers={"If-Match": '"1"'})
    assert refusal(stale) == (409, "already_moderated")


async def test_what_was_rejected_is_not_published_by_changing_it(world: World) -> None:
    """Also where posts do not wait: a moderator has spoken."""
    room = await found_class(world)
    made = await room.write(room.asha, "Buy cheap")
    await room.ravi.post(f"{POSTS}{made['id']}/flag/", {"reason": "spam"})
    await room.moderator.post(f"{POSTS}{made['id']}/reject/", {"moderation_notes": "Spam"})
    for content in ("Buy cheaper", "Buy cheapest"):
        edited = await room.asha.call("PUT", f"{POSTS}{made['id']}/", json={"content": content})
        assert edited.json()["status"] == "pending"
    assert await room.listed(room.ravi) == []
    assert (await room.moderator.post(f"{POSTS}{made['id']}/approve/")).json()["status"] == "published"


async def test_three_reports_hide_a_post_until_a_moderator_has_looked(world: World) -> None:
    room = await found_class(world)
    made = await room.write(room.asha)
    third = await world.classmate(room.course, room.id)
    address = f"{POSTS}{made['id']}/flag/"
    first = await room.ravi.post(address, {"reason": "spam", "comment": "Again"})
    assert (first.status_code, first.json().keys()) == (201, {"id", "post_id", "reason", "comment", "created_at"})
    assert refusal(await room.ravi.post(address, {"reason": "abuse"})) == (409, "already_flagged")
    assert await room.listed(third) == [made["id"]]
    await asyncio.gather(*(person.post(address, {"reason": "abuse"}) for person in (room.moderator, third)))
    assert await room.listed(third) == []
    assert (await read(room.moderator, made["id"]))["flagged_review"] is True
    assert await room.post_count() == 0
    queue = await room.moderator.get(f"{GROUPS}{room.id}/moderation/", params={"flagged": True})
    assert [post["id"] for post in queue.json()["results"]] == [made["id"]]
    cleared = await room.host.post(f"{POSTS}{made['id']}/approve/", {"moderation_notes": "Fine"})
    assert (cleared.json()["flagged_review"], await room.post_count()) == (False, 1)
    assert (await room.ravi.post(address, {"reason": "spam"})).status_code == 201  # looked at, and reported anew


async def test_pinned_posts_come_first(world: World) -> None:
    room = await found_class(world)
    ids = [(await room.write(room.asha))["id"] for _ in range(5)]
    assert refusal(await room.asha.post(f"{POSTS}{ids[1]}/pin/")) == (403, "not_moderator")
    for post_id in ids[:2]:
        for _ in range(2):
            assert (await room.moderator.post(f"{POSTS}{post_id}/pin/")).json()["is_pinned"] is True
    order = [ids[1], ids[0], ids[4], ids[3], ids[2]]
    assert await room.listed(room.ravi) == order
    assert await room.listed(room.ravi, is_pinned=True) == order[:2]
    seen, cursor = [], None
    for _ in range(5):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await room.ravi.get(f"{GROUPS}{room.id}/posts/", params=query)).json()
        seen += [post["id"] for post in page["results"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (order, None)
    assert (await room.moderator.post(f"{POSTS}{ids[1]}/unpin/")).json()["is_pinned"] is False
    reply = await room.write(room.asha, "x", parent_post_id=ids[0])
    assert (await room.moderator.post(f"{POSTS}{reply['id']}/pin/")).status_code == 404


async def test_the_feed_has_all_of_one_s_groups_in_order_of_time(world: World) -> None:
    first, second, foreign = [await found_class(world) for _ in range(3)]
    await world.enrol(first.asha, second.course)
    await world.house.workflows.joining.join(first.asha.actor, second.id)
    written = []
    for number in range(5):
        written += [(await room.write(room.ravi, f"Number {number}"))["id"] for room in (first, second)]
        await first.write(first.ravi, "A reply", parent_post_id=written[-2])
        await foreign.write(foreign.ravi)
    await second.host.post(f"{POSTS}{written[1]}/pin/")
    await first.ravi.delete(f"{POSTS}{written[4]}/")

    page, seen, pages = (await first.asha.get(POSTS, params={"limit": 3})).json(), [], 1
    while True:
        seen += [post["id"] for post in page["results"]]
        if page["next"] is None:
            break
        page, pages = (await first.asha.follow(page["next"])).json(), pages + 1
    assert seen == written[::-1]  # the deleted one stays, as its reply hangs on it
    back = (await first.asha.follow(page["previous"])).json()
    assert [post["id"] for post in back["results"]] == seen[-3 - len(page["results"]) : -len(page["results"])]
    assert pages == 4
    taught = (await second.host.get(POSTS)).json()["results"]
    assert {post["community_id"] for post in taught} == {second.id}
    assert len(taught) == 5
    counted = (await first.asha.get(POSTS, params={"count": True})).json()
    assert [counted["count"], [post["id"] for post in counted["results"]]] == [10, seen]


async def test_who_is_silenced_or_gone_writes_nothing(world: World) -> None:
    room = await found_class(world)
    made = await room.write(room.asha)
    do, body = world.house.workflows, {"community_id": room.id, "title": "Doubt", "content": "Why?"}
    await do.hosting.silence(room.moderator.actor, room.id, room.asha.id, timedelta(minutes=5))
    silenced = await room.asha.post(POSTS, body)
    assert refusal(silenced) == (403, "silenced")
    assert "until" in silenced.json()["detail"]
    edit = await room.asha.call("PUT", f"{POSTS}{made['id']}/", json={"content": "x"})
    assert refusal(edit) == (403, "silenced")
    world.clock.advance(minutes=6)
    assert (await room.asha.post(POSTS, body)).status_code == 201
    await do.joining.leave(room.asha.actor, room.id)
    assert refusal(await room.asha.post(POSTS, body)) == (403, "not_member")
    await do.hosting.ban(room.host.actor, room.id, room.ravi.id, "Spam")
    assert refusal(await room.ravi.post(POSTS, body)) == (403, "banned")
    assert refusal(await room.ravi.get(f"{POSTS}{made['id']}/")) == (403, "banned")
    assert (await room.ravi.get(POSTS)).json()["results"] == []


async def test_views_are_one_for_each_reader_and_hour_and_written_in_batches(world: World) -> None:
    room = await found_class(world)
    post, other = (await room.write(room.asha))["id"], (await room.write(room.asha))["id"]
    views = world.house.workflows.views
    assert isinstance(views, SqlPostViews)
    for person in (room.asha, room.ravi) * 3:
        await read(person, post)
    await read(room.ravi, other)
    assert (await read(room.ravi, post))["view_count"] == 0
    await views.write()
    assert [(await read(room.ravi, id_))["view_count"] for id_ in (post, other)] == [2, 1]
    views.note(post, room.ravi.id)  # as another instance would
    await views.write()
    assert (await read(room.ravi, post))["view_count"] == 2
    views.note(post, room.host.id)
    await views.close()
    assert (await read(room.ravi, post))["view_count"] == 3
    world.clock.advance(hours=1)
    views.note(post, room.ravi.id)
    await views.write()
    assert await world.count("community_posts", "view_count = 4") == 1


async def test_views_that_cannot_be_written_are_kept(world: World) -> None:
    room = await found_class(world)
    post = (await room.write(room.asha))["id"]
    views = world.house.workflows.views
    assert isinstance(views, SqlPostViews)
    views.note(post, room.ravi.id)
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("ALTER TABLE post_views RENAME TO gone"))
    with capture_logs() as logs:
        await views.write()
    assert [line["event"] for line in logs] == ["views_not_written"]
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("ALTER TABLE gone RENAME TO post_views"))
    await views.write()
    assert (await read(room.ravi, post))["view_count"] == 1


async def test_views_that_a_restart_interrupts_are_kept(world: World) -> None:
    room = await found_class(world)
    post = (await room.write(room.asha))["id"]
    views = world.house.workflows.views
    assert isinstance(views, SqlPostViews)
    views.note(post, room.ravi.id)
    async with world.house.database.transaction() as transaction:  # which the writing has to wait for
        await transaction.execute(text("UPDATE community_posts SET view_count = view_count"))
        writing = asyncio.create_task(views.write())
        while views._noted:
            await asyncio.to_thread(int)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    await views.close()
    assert (await read(room.ravi, post))["view_count"] == 1
