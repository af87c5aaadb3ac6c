"""Pictures on both shelves: the local disk, and S3 over HTTP. Whatever comes in goes out as WebP or not at all."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapters.storage.pictures import MOST_BYTES, LocalShelf, Pictures, S3Shelf, Shelf
from core.errors import AppError, Invalid, TooLarge

SIZE = (320, 180)


@dataclass
class Shelved:
    """A shelf, and how the public reads from it."""

    shelf: Shelf
    read: Callable[[str], bytes]
    present: Callable[[], list[str]]

    @property
    def pictures(self) -> Pictures:
        return Pictures(self.shelf, "thumbnails", SIZE)


@pytest.fixture(params=["local_shelf", "s3_shelf"])
def shelved(request: pytest.FixtureRequest) -> Shelved:
    return request.getfixturevalue(request.param)


@pytest.fixture
def local_shelf(tmp_path: Path) -> Shelved:
    def present() -> list[str]:
        return [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]

    return Shelved(LocalShelf(tmp_path), lambda key: (tmp_path / key).read_bytes(), present)


@pytest.fixture
def s3_shelf(bucket: Any) -> Shelved:
    def present() -> list[str]:
        return [key.removeprefix("public/") for key in bucket.names()]

    return Shelved(S3Shelf(bucket.store), lambda key: bucket.read(f"public/{key}")[0], present)


def picture(kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    hidden = Image.Exif()
    hidden[0x0112], hidden[0x010F] = orientation, "CANARY"
    hidden.get_ifd(0x8825)[2] = (28.0, 36.0, 50.0)
    return hidden


async def test_a_picture_is_stored_small_upright_and_without_metadata(shelved: Shelved) -> None:
    key = await shelved.pictures.keep(picture(exif=exif(orientation=6), comment=b"CANARY"))
    assert key.startswith("thumbnails/")
    assert key.endswith(".webp")
    stored = shelved.read(key)
    assert b"CANARY" not in stored
    with Image.open(io.BytesIO(stored)) as shown:
        assert (shown.format, shown.size, dict(shown.getexif())) == ("WEBP", (135, 180), {})


@pytest.mark.parametrize(
    ("kind", "mode", "shown"),
    [
        ("JPEG", "L", "RGB"),
        ("JPEG", "CMYK", "RGB"),
        ("PNG", "1", "RGB"),
        ("PNG", "I;16", "RGB"),
        ("PNG", "RGBA", "RGBA"),
        ("PNG", "LA", "RGBA"),
        ("WEBP", "RGBA", "RGBA"),
    ],
)
async def test_every_mode_of_the_three_formats_is_read(local_shelf: Shelved, kind: str, mode: str, shown: str) -> None:
    options: dict[str, Any] = {"exact": True} if kind == "WEBP" else {}
    key = await local_shelf.pictures.keep(picture(kind, mode, **options))
    with Image.open(io.BytesIO(local_shelf.read(key))) as stored:
        assert (stored.mode, stored.size) == (shown, (240, 180))


async def test_small_pictures_stay_small_and_thin_ones_have_a_pixel(local_shelf: Shelved) -> None:
    for given, expected in (((1, 1), (1, 1)), ((100, 50), (100, 50)), ((9_000, 3), (320, 1))):
        key = await local_shelf.pictures.keep(picture("PNG", size=given))
        with Image.open(io.BytesIO(local_shelf.read(key))) as stored:
            assert stored.size == expected


async def test_pictures_come_and_go(shelved: Shelved) -> None:
    first, second = [await shelved.pictures.keep(picture()) for _ in range(2)]
    assert sorted(shelved.present()) == sorted([first, second])
    await shelved.pictures.discard(first)
    await shelved.pictures.discard(first)
    assert shelved.present() == [second]


async def test_s3_tells_browsers_what_it_is_and_to_keep_it(s3_shelf: Shelved, bucket: Any) -> None:
    _, headers = bucket.read(f"public/{await s3_shelf.pictures.keep(picture())}")
    assert headers["content-type"] == "image/webp"
    assert "immutable" in headers["cache-control"]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + picture(),
        picture("GIF"),
        picture("TIFF"),
        picture()[:100],
        picture("PNG", "1", (8_000, 5_001)),
        picture("PNG", "1", (10_000, 10_000)),
        picture("PNG", "1", (20_000, 10_000)),
    ],
    ids=["empty", "svg", "polyglot", "gif", "tiff", "cut", "40MP", "100MP", "200MP"],
)
async def test_everything_else_is_refused(local_shelf: Shelved, data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        await local_shelf.pictures.keep(data)
    assert [fault.field for fault in refused.value.faults] == ["file"]
    assert local_shelf.present() == []


async def test_more_bytes_than_allowed_are_not_even_looked_at(local_shelf: Shelved) -> None:
    with pytest.raises(TooLarge):
        await local_shelf.pictures.keep(picture() + b"x" * MOST_BYTES)


async def test_broken_files_are_refused_and_never_break_us(local_shelf: Shelved) -> None:
    """Bytes are changed, put in and cut off at random, the same each time, mostly in the headers."""
    options: dict[str, Any] = {"exif": exif(6)}
    whole = [picture(kind, size=(64, 48), **options) for kind in ("JPEG", "PNG", "WEBP")]
    chance, outcomes = random.Random(4), {"stored": 0, "refused": 0}
    for _ in range(3_000):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.choice([1, 2, 5, 20])):
            what, place = chance.random(), chance.randrange(min(len(data), 400))
            if what < 0.8:
                data[place] = chance.randrange(256)
            elif what < 0.9:
                data.insert(place, chance.randrange(256))
            else:
                del data[chance.randrange(len(data)) + 1 :]
        try:
            await local_shelf.pictures.keep(bytes(data))
            outcomes["stored"] += 1
        except AppError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100, outcomes
