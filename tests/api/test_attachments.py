"""Files on messages: what they are is told by their content, and only who sees the message gets them."""

import io
import uuid
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.test_messages import Room, found_room, refusal
from worlds import Person, World

MESSAGES = "/api/community/messages/"
OFFICE = "application/vnd.openxmlformats-officedocument"


def picture(kind: str = "JPEG", *, place: bool = False) -> bytes:
    data, exif = io.BytesIO(), Image.Exif()
    if place:
        exif.get_ifd(0x8825)[2] = (12.0, 58.0, 17.0)
        exif[0x010E] = "At home"
    Image.new("RGB", (64, 48), "teal").save(data, kind, exif=exif)
    return data.getvalue()


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "<x/>")  # of no time: both of xdist's workers name tests by it
    return data.getvalue()


async def send(room: Room, person: Person, data: bytes, name: str = "file", **form: Any) -> httpx.Response:
    fields = {"community_id": str(room.id), **form}
    return await person.call("POST", MESSAGES, data=fields, files={"attachment": (name, data, "image/png")})


async def test_a_picture_is_made_anew_and_opened_by_its_address(world: World) -> None:
    room = await found_room(world)
    answer = await send(room, room.asha, picture(place=True), "holiday.jpg", message="Look!")
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["message_type"], sent["attachment_type"], sent["attachment_name"], sent["message"]) == (
        "image", "image/webp", "holiday.webp", "Look!",
    )  # fmt: skip
    (seen,) = (await room.page(room.ravi))["results"]
    assert seen["attachment"] == sent["attachment"]  # the same for all, so that it can be cached
    opened = await world.http.get(seen["attachment"].removeprefix("http://testserver"))
    assert (opened.status_code, opened.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(opened.content)) as shown:
        assert (shown.size, dict(shown.getexif())) == ((64, 48), {})
    assert b"At home" not in opened.content


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (b"%PDF-1.4\n1 0 obj\n", "application/pdf"),
        (zipped("[Content_Types].xml", "word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), f"{OFFICE}.presentationml.presentation"),
        (zipped("notes.txt"), "application/zip"),
        ("Notes, and नमस्ते\n".encode(), "text/plain"),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00", "audio/mpeg"),
        (b"OggS\x00\x02" + b"\0" * 20 + b"OpusHead", "audio/ogg"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
    ],
)
async def test_files_are_what_their_content_says(sqlite_world: World, data: bytes, mime_type: str) -> None:
    room = await found_room(sqlite_world)
    answer = await send(room, room.asha, data, "homework.png")
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["message_type"], sent["attachment_type"], sent["message"]) == ("file", mime_type, "")
    opened = await sqlite_world.http.get(sent["attachment"].removeprefix("http://testserver"))
    assert opened.content == data
    assert opened.headers["content-disposition"].startswith("attachment")
    assert opened.headers["content-type"].startswith(mime_type)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<html><script>alert(1)</script></html>", 415, "unsupported_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415, "unsupported_media_type"),
        (b"MZ\x90\x00" + b"\0" * 60, 415, "unsupported_media_type"),
        (b"\x00\x01\x02\x03" * 50, 415, "unsupported_media_type"),
        (b"PK\x03\x04 broken", 415, "unsupported_media_type"),
        (picture("PNG")[:60], 400, "invalid_input"),
        (b"", 400, "invalid_input"),
        (b"a" * (10 * 2**20 + 1), 413, "payload_too_large"),
    ],
)
async def test_what_is_dangerous_broken_or_too_large_is_refused(
    sqlite_world: World, tmp_path: Path, data: bytes, status: int, code: str
) -> None:
    room = await found_room(sqlite_world)
    assert refusal(await send(room, room.asha, data, "innocent.pdf", message="Hi")) == (status, code)
    assert (await room.page(room.ravi))["results"] == []
    assert left_behind(tmp_path) == []


async def test_a_repeat_keeps_one_message_and_one_file(world: World, tmp_path: Path) -> None:
    room = await found_room(world)
    client_id = str(uuid.uuid4())
    answers = [await send(room, room.asha, picture("PNG"), client_id=client_id) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(left_behind(tmp_path)) == 1


async def test_the_file_goes_with_its_message(world: World, tmp_path: Path) -> None:
    room = await found_room(world)
    sent = (await send(room, room.asha, b"%PDF-1.4\n", message="")).json()
    edited = await room.asha.call("PUT", f"{MESSAGES}{sent['id']}/", json={"message": ""})
    assert edited.status_code == 200
    assert (await room.asha.delete(f"{MESSAGES}{sent['id']}/")).status_code == 204
    (stone,) = (await room.page(room.ravi))["results"]
    assert (stone["attachment"], stone["attachment_type"]) == (None, None)
    assert len(left_behind(tmp_path)) == 1
    await world.settle()
    assert left_behind(tmp_path) == []
    gone = await world.http.get(sent["attachment"].removeprefix("http://testserver"))
    assert gone.status_code == 404


async def test_who_may_not_write_leaves_no_file(world: World, tmp_path: Path) -> None:
    room = await found_room(world)
    stranger = await world.person()
    assert refusal(await send(room, stranger, picture())) == (403, "not_enrolled")
    form = {"community_id": str(room.id), "message": "x", "extra": "y"}
    faulty = await room.asha.call("POST", MESSAGES, data=form, files={"attachment": ("a", b"%PDF-", "x/y")})
    assert faulty.json()["errors"] == [{"field": "extra", "message": "Unknown field."}]
    nothing = await room.asha.call("POST", MESSAGES, data={"community_id": str(room.id)}, files={"other": b"x"})
    assert nothing.status_code == 400
    assert left_behind(tmp_path) == []


async def test_a_form_without_a_file_is_a_message(world: World) -> None:
    room = await found_room(world)
    form = {"community_id": (None, str(room.id)), "message": (None, "By form"), "reply_to_id": (None, "")}
    answer = await room.asha.call("POST", MESSAGES, files=form)
    assert (answer.status_code, answer.json()["message"]) == (201, "By form")


def left_behind(directory: Path) -> list[Path]:
    return [path for path in (directory / "data").rglob("attachments/*") if path.is_file()]
