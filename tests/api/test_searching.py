"""Finding messages and posts by their words, on both databases, in Devanagari too."""

from api.test_messages import found_room
from worlds import World

POSTS = "/api/community/posts/"


async def test_messages_are_found_by_all_their_words(world: World) -> None:
    room = await found_room(world)
    for text in ("When do I use the past tense?", "Past perfect is hard", "हिन्दी में समझाइए", "The TENSE of the past"):
        sent = await room.send(room.asha, text)

    async def found(q: str, **query: object) -> list[str]:
        return [one["message"] for one in (await room.page(room.ravi, q=q, **query))["results"]]

    assert await found("past") == ["The TENSE of the past", "Past perfect is hard", "When do I use the past tense?"]
    assert await found("tense past") == ["The TENSE of the past", "When do I use the past tense?"]
    assert await found("perf") == ["Past perfect is hard"]
    assert await found("हिंदी") == ["हिन्दी में समझाइए"]
    assert await found("nowhere") == await found("?!") == await found("\"' & | :*") == []
    first = await room.page(room.ravi, q="past", limit=1)
    second = await room.page(room.ravi, q="past", limit=1, cursor=first["next_cursor"])
    assert [one["message"] for one in second["results"]] == ["Past perfect is hard"]
    await room.asha.call("PUT", f"/api/community/messages/{sent['id']}/", json={"message": "Future"})
    assert await found("future") == ["Future"]
    assert len(await found("past")) == 2
    await room.asha.delete(f"/api/community/messages/{sent['id']}/")
    assert await found("future") == []
    bad = await room.ravi.get(f"/api/community/groups/{room.id}/messages/", params={"q": "x", "after": 1})
    assert bad.status_code == 400
    assert (await room.ravi.get(f"/api/community/groups/{room.id}/messages/", params={"q": ""})).status_code == 400


async def test_direct_messages_are_not_found_by_others(world: World) -> None:
    room = await found_room(world)
    await room.send(room.asha, "A secret word", recipient_id=room.host.id)
    assert (await room.page(room.ravi, q="secret"))["results"] == []
    assert (await room.page(room.ravi, q="secret", recipient_id=room.asha.id))["results"] == []
    assert len((await room.page(room.host, q="secret", recipient_id=room.asha.id))["results"]) == 1


async def test_posts_and_replies_are_found_where_one_may_see_them(world: World) -> None:
    room = await found_room(world)
    body = {"community_id": room.id, "title": "Doubt about articles", "content": "When is it *an*?"}
    post = (await room.asha.post(POSTS, body)).json()
    reply = {"community_id": room.id, "parent_post_id": post["id"], "content": "Articles before vowels"}
    await room.ravi.post(POSTS, reply)

    async def found(person: object, q: str, **query: object) -> list[int]:
        answer = await person.get(POSTS, params={"q": q, **query})  # type: ignore[attr-defined]
        assert answer.status_code == 200, answer.text
        return [one["depth"] for one in answer.json()["results"]]

    assert await found(room.ravi, "articles", community_id=room.id) == [1, 0]
    assert await found(room.ravi, "articles") == [1, 0]
    assert await found(room.ravi, "vowels articles", community_id=room.id) == [1]
    assert await found(await world.person(), "articles") == []
    assert await found(room.ravi, "...", community_id=room.id) == []
    await room.asha.call("PUT", f"{POSTS}{post['id']}/", json={"title": "Doubt", "content": "Solved"})
    assert await found(room.ravi, "articles", community_id=room.id) == [1]
    await room.host.delete(f"{POSTS}{post['id']}/")
    assert await found(room.ravi, "solved", community_id=room.id) == []
