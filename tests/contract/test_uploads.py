"""Files that clients send to the store by themselves: the local disk, and S3 over HTTP against a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.conftest import KEYS, REGION
from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from worlds import PASSWORD, MadeCourse, Person, SandboxClient, World, build_world

MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(range(256)) * 200
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n" * 20
VTT = "WEBVTT\n\n1\n00:00.000 --> 00:02.000\nनमस्ते!\n\n00:02.500 --> 00:04.000 align:start\nHello!\n"
CONTENTS = "/api/courses/contents"


@dataclass
class Studio:
    world: World
    store: httpx.AsyncClient
    course: MadeCourse
    teacher: Person
    film: int
    sheet: int
    bucket: Any = None

    def files(self) -> list[str]:
        """All that lies in the store."""
        if self.bucket is not None:
            return self.bucket.names()
        root = self.world.house.settings.data_path / "media" / "private"
        return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]

    async def announce(self, content_id: int, data: bytes, kind: str, name: str = "a.bin", **more: Any) -> Any:
        body = {"file_name": name, "mime_type": kind, "size_bytes": len(data), **more}
        return await self.teacher.post(f"{CONTENTS}/{content_id}/uploads/", body)

    async def send(self, upload: dict[str, Any], data: bytes, **headers: str) -> httpx.Response:
        return await self.store.request(
            upload["method"], upload["url"], content=data, headers={**upload["headers"], **headers}
        )

    async def complete(self, upload: dict[str, Any]) -> httpx.Response:
        return await self.teacher.post(f"/api/courses/uploads/{upload['upload_id']}/complete/")

    async def read(self, url: str) -> bytes:
        answer = await self.store.get(url)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def later(self, **by: float) -> None:
        self.world.clock.advance(**by)
        tokens = await self.world.house.workflows.logins.login(self.teacher.email, PASSWORD, device="test")
        self.teacher.token = tokens.access_token


@pytest.fixture(params=["local", "s3"])
async def studio(
    request: pytest.FixtureRequest, sqlite_url: str, sandbox: SandboxClient, tmp_path: Path
) -> AsyncIterator[Studio]:
    settings, bucket = dict[str, str](), None
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        settings = {
            "SHALA_STORAGE": "s3",
            "SHALA_S3_BUCKET": bucket.name,
            "SHALA_S3_REGION": REGION,
            "SHALA_S3_ENDPOINT": request.getfixturevalue("s3_endpoint"),
            "SHALA_S3_ACCESS_KEY_ID": KEYS["access_key_id"],
            "SHALA_S3_SECRET_ACCESS_KEY": KEYS["secret_access_key"],
            "SHALA_MEDIA_BASE_URL": "http://media.example",
        }
    world = build_world(sqlite_url, sandbox, tmp_path, **settings)
    teacher = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=teacher)
    film = await world.content(course, ContentType.VIDEO, video_duration=60, publish=False)
    sheet = await world.content(course, ContentType.DOCUMENT, publish=False)
    if bucket is None:
        yield Studio(world, world.http, course, teacher, film, sheet)
    else:
        async with httpx.AsyncClient() as store:
            yield Studio(world, store, course, teacher, film, sheet, bucket)
    await world.close()


@pytest.mark.parametrize(
    ("kind", "data"),
    [("video/mp4", MP4), ("application/pdf", PDF), ("text/plain", "हिन्दी".encode())],
    ids=["film", "pdf", "text"],
)
async def test_a_file_is_announced_sent_and_completed(studio: Studio, kind: str, data: bytes) -> None:
    content_id = studio.film if kind.startswith("video/") else studio.sheet
    announced = await studio.announce(content_id, data, kind, "lesson.bin")
    assert announced.status_code == 201, announced.text
    upload = announced.json()
    assert (upload["method"], upload["headers"]) == ("PUT", {"Content-Type": kind})
    early = await studio.complete(upload)
    assert (early.status_code, early.json()["code"]) == (409, "not_uploaded")
    assert (await studio.send(upload, data)).is_success
    completed = await studio.complete(upload)
    assert completed.status_code == 200, completed.text
    playback = completed.json()["playback"]
    assert (playback["mime_type"], playback["provider"]) == (kind, "s3" if studio.bucket else "local")
    assert await studio.read(playback["url"]) == data
    again = await studio.complete(upload)
    assert (again.status_code, again.json()["version"]) == (200, completed.json()["version"])
    assert len(studio.files()) == 1
    if content_id == studio.sheet:
        assert completed.json()["document"] == {"file_name": "lesson.bin", "mime_type": kind, "size_bytes": len(data)}


async def test_it_takes_the_place_of_the_former_file_once(studio: Studio) -> None:
    for data in (PDF, PDF * 2):
        upload = (await studio.announce(studio.sheet, data, "application/pdf")).json()
        await studio.send(upload, data)
        answers = await asyncio.gather(*[studio.complete(upload) for _ in range(5)])
        assert {answer.status_code for answer in answers} == {200}
        last = await studio.complete(upload)
        assert last.status_code == 200
        assert await studio.read(last.json()["playback"]["url"]) == data
        assert len(studio.files()) == 1


async def test_its_address_cannot_change_what_was_looked_at(studio: Studio) -> None:
    upload = (await studio.announce(studio.film, MP4, "video/mp4")).json()
    await studio.send(upload, MP4)
    url = (await studio.complete(upload)).json()["playback"]["url"]
    await studio.send(upload, MP4[::-1])
    assert await studio.read(url) == MP4


@pytest.mark.parametrize(
    ("kind", "said", "sent"),
    [
        ("video/mp4", MP4, b"<html><script>alert(1)</script></html>" + MP4[38:]),
        ("video/webm", MP4, MP4),
        ("application/pdf", PDF, b"MZ" + PDF[2:]),
        ("text/plain", PDF, PDF),
        ("application/zip", PDF, PDF),
    ],
    ids=["page as film", "mp4 as webm", "program as pdf", "pdf as text", "pdf as zip"],
)
async def test_what_is_something_else_by_its_content_is_thrown_away(
    studio: Studio, kind: str, said: bytes, sent: bytes
) -> None:
    content_id = studio.film if kind.startswith("video/") else studio.sheet
    upload = (await studio.announce(content_id, said, kind)).json()
    assert (await studio.send(upload, sent)).is_success
    refused = await studio.complete(upload)
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type"), refused.text
    assert studio.files() == []
    assert (await studio.teacher.get(f"{CONTENTS}/{content_id}/")).json()["playback"] is None


async def test_what_has_another_size_is_thrown_away(studio: Studio) -> None:
    upload = (await studio.announce(studio.sheet, PDF, "application/pdf")).json()
    sent = await studio.send(upload, PDF + b"more")
    if studio.bucket is None:
        assert (sent.status_code, sent.json()["code"]) == (413, "payload_too_large")
        assert (await studio.send(upload, PDF[:-1])).status_code == 400
        assert (await studio.complete(upload)).json()["code"] == "not_uploaded"
    else:
        refused = await studio.complete(upload)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "size_bytes")
    assert studio.files() == []


async def test_what_this_content_cannot_be_is_not_even_announced(studio: Studio) -> None:
    assert (await studio.announce(studio.sheet, MP4, "video/mp4")).status_code == 415
    assert (await studio.announce(studio.film, PDF, "application/pdf")).status_code == 415
    assert (await studio.announce(studio.course.content_ids[0], PDF, "application/pdf")).status_code == 415
    large = await studio.announce(studio.film, MP4, "video/mp4", size_bytes=2**40)
    assert (large.status_code, large.json()["code"]) == (413, "payload_too_large")
    stranger = await studio.world.person(Role.INSTRUCTOR)
    upload = (await studio.announce(studio.sheet, PDF, "application/pdf")).json()
    body = {"file_name": "a", "mime_type": "application/pdf", "size_bytes": 1}
    assert (await stranger.post(f"{CONTENTS}/{studio.sheet}/uploads/", body)).status_code == 403
    assert (await stranger.post(f"/api/courses/uploads/{upload['upload_id']}/complete/")).status_code == 403


async def test_what_nobody_completes_is_swept(studio: Studio) -> None:
    forgotten = (await studio.announce(studio.sheet, PDF, "application/pdf")).json()
    await studio.send(forgotten, PDF)
    kept = (await studio.announce(studio.film, MP4, "video/mp4")).json()
    await studio.send(kept, MP4)
    url_of = (await studio.complete(kept)).json()["playback"]
    assert len(studio.files()) == 2
    await studio.world.house.workflows.uploading.sweep()
    assert len(studio.files()) == 2
    await studio.later(hours=25)
    await studio.world.house.workflows.uploading.sweep()
    assert len(studio.files()) == 1
    assert await studio.world.count("uploads") == 0
    assert (await studio.complete(forgotten)).status_code == 404
    fresh = (await studio.teacher.get(f"{CONTENTS}/{studio.film}/")).json()["playback"]
    assert (await studio.read(fresh["url"]), url_of["provider"]) == (MP4, fresh["provider"])


# moto looks at no times; that S3's addresses say when they end is looked at in test_media_library.py
@pytest.mark.parametrize("studio", ["local"], indirect=True)
async def test_an_address_ends(studio: Studio) -> None:
    upload = (await studio.announce(studio.sheet, PDF, "application/pdf")).json()
    forged = {**upload, "url": upload["url"].replace("/upload-slots/", "/upload-slots/A")}
    assert (await studio.send(forged, PDF)).status_code == 404
    await studio.later(hours=2)
    assert (await studio.send(upload, PDF)).status_code == 404


async def captioned(studio: Studio, language: str, text: str | bytes) -> httpx.Response:
    body = text if isinstance(text, bytes) else text.encode()
    files = {"file": ("a.vtt", body, "text/vtt")}
    return await studio.teacher.call("PUT", f"{CONTENTS}/{studio.film}/captions/{language}/", files=files)


async def test_captions_are_set_shown_and_removed(studio: Studio) -> None:
    upload = (await studio.announce(studio.film, MP4, "video/mp4")).json()
    await studio.send(upload, MP4)
    await studio.complete(upload)
    for language, text in (("hi", VTT), ("en", VTT.replace("नमस्ते", "Hi")), ("en", VTT)):
        answer = await captioned(studio, language, text)
        assert answer.status_code == 200, answer.text
    captions = answer.json()["playback"]["captions"]
    assert [one["language"] for one in captions] == ["en", "hi"]
    assert await studio.read(captions[0]["url"]) == VTT.encode()
    assert len(studio.files()) == 3
    for _ in range(2):
        gone = await studio.teacher.delete(f"{CONTENTS}/{studio.film}/captions/hi/")
        assert gone.status_code == 204
    shown = (await studio.teacher.get(f"{CONTENTS}/{studio.film}/")).json()["playback"]["captions"]
    assert [one["language"] for one in shown] == ["en"]
    assert (await studio.teacher.delete(f"{CONTENTS}/{studio.film}/")).status_code == 204
    assert studio.files() == []


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "file.1"),
        ("1\n00:00.000 --> 00:02.000\nHi", "file.1"),
        ("WEBVTT\n", "file"),
        ("WEBVTT\n\n00:00,000 --> 00:02,000\nHi", "file.3"),
        ("WEBVTT\n\n00:05.000 --> 00:02.000\nHi", "file.3"),
        ("WEBVTT\n\n00:05.000 --> 00:06.000\nHi\n\n00:01.000 --> 00:02.000\nHo", "file.6"),
        (f"WEBVTT\n\n{'1' * 5000}:00:00.000 --> 00:00:02.000\nHi", "file.3"),
        ("WEBVTT\n\n00:61.000 --> 01:02.000\nHi", "file.3"),
        (b"WEBVTT\n\xff", "file"),
        ("WEBVTT\n\n00:00.000 --> 00:02.000\n" + "x" * 2**20, "file"),
    ],
    ids=range(10),
)
async def test_captions_that_no_player_shows_are_refused(studio: Studio, text: str | bytes, field: str) -> None:
    answer = await captioned(studio, "en", text)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert studio.files() == []


async def test_only_videos_have_captions_in_languages(studio: Studio) -> None:
    files = {"file": ("a.vtt", VTT.encode(), "text/vtt")}
    of_sheet = await studio.teacher.call("PUT", f"{CONTENTS}/{studio.sheet}/captions/en/", files=files)
    assert of_sheet.status_code == 400
    assert (await captioned(studio, "english!", VTT)).status_code == 400
    assert studio.files() == []
