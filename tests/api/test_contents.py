"""Opening lessons: who may, what the app gets to play, and the files behind it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from worlds import MadeCourse, Person, SandboxClient, World, build_world

CONTENTS_URL = "/api/courses/contents/"
COURSES_URL = "/api/courses/courses/"
CONTENT_KEYS = {
    "id", "module_id", "course_id", "title", "content_type", "video_url", "video_duration", "text_content", "text_html",
    "document", "quiz", "playback", "is_preview", "order", "is_published", "available_after_days", "progress",
    "previous_id", "next_id", "version",
}  # fmt: skip
PLAYBACK_KEYS = {"kind", "provider", "url", "mime_type", "expires_at", "captions"}
FILM = bytes(range(256)) * 40
YOUTUBE = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
VIMEO = "https://player.vimeo.com/video/76979871"


async def opened(person: Person | World, content_id: int) -> tuple[int, str | None]:
    answer = await (person.http if isinstance(person, World) else person).get(f"{CONTENTS_URL}{content_id}/")
    return answer.status_code, answer.json().get("code")


async def again(world: World, person: Person) -> Person:
    """A fresh access token: the clock has gone on."""
    tokens = await world.house.workflows.logins.login(person.email, "learn-by-doing-1", device="test")
    person.token = tokens.access_token
    return person


async def send(
    person: Person, content_id: int, data: bytes = FILM, kind: str = "video/mp4", name: str = "a b.mp4"
) -> httpx.Response:
    return await person.post(f"{CONTENTS_URL}{content_id}/file/", files={"file": (name, data, kind)})


def stored(world: World) -> list[Path]:
    return [p for p in (world.house.settings.data_path / "media" / "private").rglob("*") if p.is_file()]


async def filmed(world: World, **values: object) -> tuple[MadeCourse, Person, int]:
    """A course with an instructor and an uploaded video."""
    own = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=own)
    film = await world.content(
        course, ContentType.VIDEO, publish=False, title="Film", **{"video_duration": 630, **values}
    )
    assert (await send(own, film)).status_code == 200
    assert (await own.post(f"{CONTENTS_URL}{film}/publish/")).status_code == 200
    return course, own, film


# --- the owner's permission table ------------------------------------------------------------------------------------


async def test_a_preview_opens_for_anybody_and_the_rest_for_those_who_have_access(world: World) -> None:
    own, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    course, student, admin = await world.course(instructor=own), await world.person(), await world.admin()
    preview, locked, _ = course.content_ids
    draft = await world.text(course, publish=False)
    for person in (world, student, other, own, admin):
        assert await opened(person, preview) == (200, None)
    assert await opened(world, locked) == (401, "not_authenticated")
    assert await opened(student, locked) == (403, "not_enrolled")
    assert await opened(other, locked) == (403, "not_enrolled")
    for person in (own, admin):
        assert await opened(person, locked) == (200, None)
        assert await opened(person, draft) == (200, None)
    await world.enrol(student, course)
    assert await opened(student, locked) == (200, None)
    for person in (world, student, other):
        assert await opened(person, draft) == (404, "not_found")
    assert await opened(admin, 999_999) == (404, "not_found")


async def test_access_ends_with_the_enrolment(world: World) -> None:
    course, student = await world.course(access_days=30), await world.person()
    admin, (preview, locked, _) = await world.admin(), course.content_ids
    enrolment = await world.enrol(student, course)
    address = f"/api/courses/enrollments/{enrolment}/"
    assert (await admin.patch(address, {"is_active": False})).status_code == 200
    assert await opened(student, locked) == (403, "enrolment_expired")
    assert await opened(student, preview) == (200, None)
    assert (await admin.patch(address, {"is_active": True})).status_code == 200
    assert await opened(student, locked) == (200, None)
    world.clock.advance(days=29, hours=23)
    assert await opened(await again(world, student), locked) == (200, None)
    world.clock.advance(hours=2)
    assert await opened(await again(world, student), locked) == (403, "enrolment_expired")


async def test_drip_opens_on_its_day_for_students_alone(world: World) -> None:
    own = await world.person(Role.INSTRUCTOR)
    course, student = await world.course(instructor=own), await world.person()
    later = await world.text(course, available_after_days=7)
    await world.enrol(student, course)
    assert await opened(student, later) == (403, "content_locked")
    assert await opened(own, later) == (200, None)
    world.clock.advance(days=6, hours=23)
    assert await opened(await again(world, student), later) == (403, "content_locked")
    world.clock.advance(hours=2)
    assert await opened(await again(world, student), later) == (200, None)


async def test_who_is_enrolled_keeps_a_course_that_is_taken_off_sale(world: World) -> None:
    own, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    course, student, admin = await world.course(instructor=own), await world.person(), await world.admin()
    await world.enrol(student, course)
    assert (await admin.post(f"{COURSES_URL}{course.id}/unpublish/")).status_code == 200
    preview, locked, _ = course.content_ids
    for person, status in ((world, 404), (other, 404), (student, 200), (own, 200), (admin, 200)):
        assert (await opened(person, preview))[0] == status
        assert (await opened(person, locked))[0] == status
        caller = person if isinstance(person, Person) else world.http
        outline = await caller.get(f"{COURSES_URL}{course.id}/")
        assert outline.status_code == status


# --- bodies ----------------------------------------------------------------------------------------------------------


async def test_a_text_and_its_neighbours(world: World) -> None:
    course, student = await world.course(), await world.person()
    await world.text(course, publish=False)
    last = await world.text(course, title="Last")
    await world.enrol(student, course)
    first, second, third = course.content_ids
    bodies = [(await student.get(f"{CONTENTS_URL}{id_}/")).json() for id_ in (first, second, third, last)]
    assert all(body.keys() == CONTENT_KEYS for body in bodies)
    assert [(body["previous_id"], body["next_id"]) for body in bodies] == [
        (None, second), (first, third), (second, last), (third, None)
    ]  # fmt: skip
    body = bodies[0]
    assert (body["text_content"], body["text_html"]) == ("# Hello", "<h1>Hello</h1>")
    assert [body[key] for key in ("video_url", "video_duration", "document", "quiz", "playback", "progress")] == [
        None
    ] * 6


async def test_neighbours_go_from_module_to_module_in_the_order_of_the_course(world: World) -> None:
    """Past a module without contents, and past one whose contents nobody sees; places count, not ids."""
    course, student, admin = await world.course(texts=2), await world.person(), await world.admin()
    await world.enrol(student, course)
    outlining = world.house.workflows.outlining

    async def module(title: str) -> int:
        return (await outlining.add_module(admin.actor, course.id, title=title, description="")).id

    empty, hidden, last = await module("Empty"), await module("Hidden"), await module("Last")
    await world.text(replace(course, module_id=hidden), publish=False)
    later = await world.text(replace(course, module_id=last))
    sooner = await world.text(replace(course, module_id=last))
    await outlining.order_contents(admin.actor, last, [sooner, later])
    await outlining.order_modules(admin.actor, course.id, [last, empty, course.module_id, hidden])
    first, second = course.content_ids
    bodies = [(await student.get(f"{CONTENTS_URL}{id_}/")).json() for id_ in (sooner, later, first, second)]
    assert [(body["previous_id"], body["next_id"]) for body in bodies] == [
        (None, later), (sooner, first), (later, second), (first, None)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "provider", "player"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "youtube", YOUTUBE),
        ("https://youtube.com/watch?t=5&v=dQw4w9WgXcQ&list=x", "youtube", YOUTUBE),
        ("https://m.youtube.com/watch?v=dQw4w9WgXcQ", "youtube", YOUTUBE),
        ("https://youtu.be/dQw4w9WgXcQ?si=abc", "youtube", YOUTUBE),
        (" https://www.youtube.com/embed/dQw4w9WgXcQ ", "youtube", YOUTUBE),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "youtube", YOUTUBE),
        ("https://www.youtube.com/live/dQw4w9WgXcQ", "youtube", YOUTUBE),
        (YOUTUBE, "youtube", YOUTUBE),
        ("HTTPS://YouTu.be/dQw4w9WgXcQ", "youtube", YOUTUBE),
        ("https://vimeo.com/76979871", "vimeo", VIMEO),
        ("https://www.vimeo.com/channels/staff/76979871", "vimeo", VIMEO),
        (VIMEO, "vimeo", VIMEO),
    ],
)
async def test_a_hosted_video_is_an_embed(sqlite_world: World, url: str, provider: str, player: str) -> None:
    course, admin = await sqlite_world.course(), await sqlite_world.admin()
    body = {"module_id": course.module_id, "title": "F", "content_type": "video", "video_url": url}
    answer = await admin.post(CONTENTS_URL, body | {"video_duration": 630})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["video_url"] == player
    assert made["playback"] == {
        "kind": "embed",
        "provider": provider,
        "url": player,
        "mime_type": None,
        "expires_at": None,
        "captions": [],
    }
    same = await admin.patch(f"{CONTENTS_URL}{made['id']}/", made)
    assert same.json()["video_url"] == player


@pytest.mark.parametrize(
    "url",
    [
        "http://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "//www.youtube.com/watch?v=dQw4w9WgXcQ",
        "www.youtube.com/watch?v=dQw4w9WgXcQ",
        "javascript:alert('https://youtu.be/dQw4w9WgXcQ')",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "https://169.254.169.254/latest/meta-data/dQw4w9WgXcQ",
        "https://localhost/dQw4w9WgXcQ",
        "https://evil.example/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://evilyoutube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
        "https://user@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://user:secret@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ",
        "https://youtube.com\\@evil.example/dQw4w9WgXcQ",
        "https://evil.example/https://youtu.be/dQw4w9WgXcQ",
        "https://уoutube.com/watch?v=dQw4w9WgXcQ",
        "https://youtu.be./dQw4w9WgXcQ",
        "https://[::1",
        "https://[youtu.be]/dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/watch?v=dQw4w9WgXc%22",
        "https://www.youtube.com/",
        "https://vimeo.com/about",
        "https://vimeo.com/7697987१",
        "https://drive.google.com/file/d/dQw4w9WgXcQ",
        "x" * 5000,
    ],
)
async def test_other_addresses_are_refused(sqlite_world: World, url: str) -> None:
    course, admin = await sqlite_world.course(texts=0, publish=False), await sqlite_world.admin()
    body = {"module_id": course.module_id, "title": "F", "content_type": "video", "video_url": url}
    answer = await admin.post(CONTENTS_URL, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "video_url"), answer.text
    assert await sqlite_world.count("contents") == 0


class Danger(HTMLParser):
    """Collects what a browser might run or load from elsewhere by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "svg",
            "math",
            "base",
            "meta",
            "link",
        }:
            self.found.append(tag)
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or name in {"style", "srcdoc", "formaction", "id"}:
                self.found.append(name)
            if name in {"href", "src"} and re.match(r"(?!https:|mailto:)[a-z][a-z0-9+.-]*:", address):
                self.found.append(address)


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<iframe src=//x>",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java&#10;script:a())",
        "[x](&#106;avascript:a)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)", "[x](vbscript:x)", "![x](javascript:a())",
        "[x](<javascript:a()>)",
        "[x][1]\n\n[1]: javascript:alert(1)", "<javascript:alert(1)>", '![x" onerror="alert(1)](https://a.b/c.png)',
        '[x](https://a.b "t\\" onclick=\\"alert(1)")', "`<script>a()</script>`", "```html\n<script>x</script>\n```",
        '```"><script>alert(1)</script>\nx\n```', "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<a href='x' style='position:fixed'>x</a>", "<base href=https://evil.example>", "&lt;script&gt;alert(1)",
    ],
)  # fmt: skip
async def test_markdown_carries_nothing_that_runs(sqlite_world: World, markdown: str) -> None:
    course, admin = await sqlite_world.course(texts=0, publish=False), await sqlite_world.admin()
    body = {"module_id": course.module_id, "title": "T", "content_type": "text", "text_content": markdown}
    answer = await admin.post(CONTENTS_URL, body)
    assert answer.status_code == 201, answer.text
    danger = Danger()
    danger.feed(answer.json()["text_html"])
    assert danger.found == []
    assert answer.json()["text_content"] == markdown


async def test_markdown_keeps_what_lessons_are_made_of(sqlite_world: World) -> None:
    course, admin = await sqlite_world.course(texts=0, publish=False), await sqlite_world.admin()
    source = "# Hi\n\n**I** *am* ~~is~~ [here](https://a.example)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n"
    body = {"module_id": course.module_id, "title": "T", "content_type": "text", "text_content": source}
    html = (await admin.post(CONTENTS_URL, body)).json()["text_html"]
    for part in (
        "<h1>Hi</h1>",
        "<strong>I</strong>",
        "<em>am</em>",
        "<s>is</s>",
        'href="https://a.example"',
        "<td>1</td>",
    ):
        assert part in html
    edited = await admin.patch(f"{CONTENTS_URL}{await sqlite_world.text(course)}/", {"text_content": "*new*"})
    assert edited.json()["text_html"] == "<p><em>new</em></p>"


# --- files -----------------------------------------------------------------------------------------------------------


async def test_an_uploaded_video_streams_with_ranges(world: World) -> None:
    course, _, film = await filmed(world)
    student = await world.person()
    await world.enrol(student, course)
    body = (await student.get(f"{CONTENTS_URL}{film}/")).json()
    playback = body["playback"]
    assert body.keys() == CONTENT_KEYS
    assert playback.keys() == PLAYBACK_KEYS
    assert (playback["kind"], playback["provider"], playback["mime_type"]) == ("stream", "local", "video/mp4")
    assert (body["video_url"], body["document"]) == (playback["url"], None)
    left = datetime.fromisoformat(playback["expires_at"]) - world.clock.now()
    assert timedelta(seconds=630 + 3590) < left <= timedelta(seconds=630 + 3600)
    url, get = playback["url"], world.http.get
    whole = await get(url)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, FILM, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    assert "sandbox" in whole.headers["content-security-policy"]
    assert "private" in whole.headers["cache-control"]
    size = len(FILM)
    for wanted, part in (
        ("bytes=0-0", FILM[:1]),
        ("bytes=100-199", FILM[100:200]),
        ("bytes=10000-", FILM[10000:]),
        ("bytes=-500", FILM[-500:]),
        (f"bytes=0-{size + 5}", FILM),
    ):
        ranged = await get(url, headers={"Range": wanted})
        assert (ranged.status_code, ranged.content) == (206, part), wanted
        assert ranged.headers["content-range"].endswith(f"/{size}")
    beyond = await get(url, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    tag = whole.headers["etag"]
    assert (await get(url, headers={"Range": "bytes=0-9", "If-Range": tag})).status_code == 206
    assert (await get(url, headers={"Range": "bytes=0-9", "If-Range": '"old"'})).content == FILM
    head = await world.http.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    assert (await world.http.post(url)).status_code in {404, 405}


async def test_a_document_is_a_download_under_its_name(world: World) -> None:
    own, student = await world.person(Role.INSTRUCTOR), await world.person()
    course = await world.course(instructor=own)
    paper = await world.content(course, ContentType.DOCUMENT, publish=False)
    refused = await own.post(f"{CONTENTS_URL}{paper}/publish/")
    assert [fault["field"] for fault in refused.json()["errors"]] == ["document"]
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    for kind, name in (
        ("application/pdf", "पाठ 1.pdf"),
        (word, "a.docx"),
        ("text/plain", "x.html"),
        ("text/markdown", "a.md"),
    ):
        assert (await send(own, paper, b"%PDF-1.4", kind, name)).status_code == 200
        assert (await own.post(f"{CONTENTS_URL}{paper}/publish/")).status_code == 200
        body = (await own.get(f"{CONTENTS_URL}{paper}/")).json()
        assert body["document"] == {"file_name": name, "mime_type": kind, "size_bytes": 8}
        assert (body["playback"]["kind"], body["video_url"], body["video_duration"]) == ("download", None, None)
        file = await world.http.get(body["playback"]["url"])
        assert file.headers["content-type"].partition(";")[0] == kind
        assert file.headers["content-disposition"].startswith("attachment")
        sent_back = await own.patch(f"{CONTENTS_URL}{paper}/", {**body, "title": "New"})
        assert (sent_back.status_code, sent_back.json()["document"]) == (200, body["document"])
    await world.enrol(student, course)
    assert (await student.get(f"{CONTENTS_URL}{paper}/")).json()["playback"]["mime_type"] == "text/markdown"
    assert len(stored(world)) == 1


async def test_an_address_ends_with_its_time_and_cannot_be_forged(world: World) -> None:
    _, own, film = await filmed(world)
    url = (await own.get(f"{CONTENTS_URL}{film}/")).json()["video_url"]
    token = url.rstrip("/").rpartition("/")[2]
    payload, _, proof = token.partition(".")
    for forged in (
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        payload,
        f"{payload}.",
        f".{proof}",
        f"{payload[:-2]}AA.{proof}",
        f"{payload}AAAA.{proof}",
        "x",
        "é.é",
    ):
        answer = await world.http.get(url.replace(token, forged))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), forged
    world.clock.advance(seconds=630 + 3590)
    assert (await world.http.get(url)).status_code == 200
    world.clock.advance(seconds=20)
    assert (await world.http.get(url)).status_code == 404


async def test_an_address_ends_with_the_login_it_was_given_to(world: World) -> None:
    course, _, film = await filmed(world, is_preview=True)
    student = await world.person()
    await world.enrol(student, course)
    bound = (await student.get(f"{CONTENTS_URL}{film}/")).json()["video_url"]
    free = (await world.http.get(f"{CONTENTS_URL}{film}/")).json()["video_url"]
    assert (await world.http.get(bound)).status_code == 200
    assert (await student.post("/api/accounts/logout/")).status_code == 204
    assert (await world.http.get(bound)).status_code == 404
    assert (await world.http.get(free)).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (ContentType.VIDEO, "video/quicktime"),
        (ContentType.VIDEO, "application/pdf"),
        (ContentType.VIDEO, "text/html"),
        (ContentType.DOCUMENT, "video/mp4"),
        (ContentType.DOCUMENT, "text/html"),
        (ContentType.DOCUMENT, "image/svg+xml"),
        (ContentType.DOCUMENT, "application/x-msdownload"),
        (ContentType.TEXT, "text/plain"),
    ],
)
async def test_a_file_of_another_type_is_refused(sqlite_world: World, content_type: ContentType, kind: str) -> None:
    admin, course = await sqlite_world.admin(), await sqlite_world.course()
    content = await sqlite_world.content(course, content_type, publish=False)
    answer = await send(admin, content, kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert stored(sqlite_world) == []


async def test_a_type_may_carry_a_charset(sqlite_world: World) -> None:
    """Dart's http package sends one with every text."""
    admin, course = await sqlite_world.admin(), await sqlite_world.course()
    paper = await sqlite_world.content(course, ContentType.DOCUMENT, publish=False)
    answer = await send(admin, paper, b"Hi", "text/plain; charset=utf-8", "a.txt")
    assert (answer.status_code, answer.json()["document"]["mime_type"]) == (200, "text/plain")


async def test_uploads_are_for_the_course_s_staff(sqlite_world: World) -> None:
    _, own, film = await filmed(sqlite_world)
    other, student = await sqlite_world.person(Role.INSTRUCTOR), await sqlite_world.person()
    for person in (other, student):
        assert (await send(person, film)).status_code == 403
    assert (await own.post(f"{CONTENTS_URL}{film}/file/", {"file": "x"})).status_code == 400
    assert (await own.post(f"{CONTENTS_URL}{film}/file/", files={"film": ("a", b"x")})).status_code == 400
    assert len(stored(sqlite_world)) == 1


async def test_what_replaces_a_file_removes_it(sqlite_world: World) -> None:
    _, own, film = await filmed(sqlite_world)
    (first,) = stored(sqlite_world)
    assert (await send(own, film, FILM[:100], "video/webm")).status_code == 200
    (second,) = stored(sqlite_world)
    assert (first != second, second.read_bytes()) == (True, FILM[:100])
    body = (await own.get(f"{CONTENTS_URL}{film}/")).json()
    assert (await own.patch(f"{CONTENTS_URL}{film}/", {**body, "title": "Same file"})).status_code == 200
    assert stored(sqlite_world) == [second]
    assert (await own.patch(f"{CONTENTS_URL}{film}/", {"video_url": YOUTUBE})).json()["video_url"] == YOUTUBE
    assert stored(sqlite_world) == []
    assert (await send(own, film)).status_code == 200
    assert (await own.delete(f"{CONTENTS_URL}{film}/")).status_code == 204
    assert stored(sqlite_world) == []


@pytest.fixture
async def narrow_world(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[World]:
    """Files may have one MiB there."""
    built = build_world(sqlite_url, sandbox, tmp_path, SHALA_UPLOAD_LIMIT_MIB="1")
    yield built
    await built.close()


async def test_a_file_that_is_too_large_leaves_nothing(narrow_world: World) -> None:
    _, own, film = await filmed(narrow_world)
    (former,) = stored(narrow_world)
    for size in (2**20 + 1, 3 * 2**20):
        answer = await send(own, film, b"x" * size)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
        assert stored(narrow_world) == [former]
    assert (await send(own, film, b"x" * 2**20)).status_code == 200

    async def unannounced() -> AsyncIterator[bytes]:
        yield b"--b\r\n"

    endless = await own.call(
        "POST",
        f"{CONTENTS_URL}{film}/file/",
        content=unannounced(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (endless.status_code, endless.json()["errors"][0]["field"]) == (400, "Content-Length")
    assert await opened(own, film) == (200, None)
