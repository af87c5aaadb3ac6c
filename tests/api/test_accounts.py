"""Pictures of people, and what becomes of them when somebody leaves."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.actor import Actor
from core.errors import NotFound
from core.events import Reaction, Reactions
from modules.identity.events import AccountErased
from worlds import PASSWORD, Person, World


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "JPEG")
    return out.getvalue()


def shelf(world: World) -> Path:
    return world.house.settings.data_path / "media" / "public"


def kept(world: World) -> list[str]:
    """The storage keys of all public pictures."""
    return [path.relative_to(shelf(world)).as_posix() for path in shelf(world).rglob("*") if path.is_file()]


async def erase(world: World, person: Person) -> list[AccountErased]:
    """What was announced by it; nobody reacts."""
    announced: list[AccountErased] = []

    async def see(_: Any, event: AccountErased) -> None:
        announced.append(event)

    world.house.database.reactions = Reactions.of(within=(Reaction("see", AccountErased, see),), after=())
    await world.house.workflows.profiles.erase(person.actor, password=PASSWORD)
    return announced


async def test_a_new_picture_takes_the_place_of_the_former(world: World) -> None:
    person, profiles = await world.person(), world.house.workflows.profiles
    first = (await profiles.set_image(person.actor, picture())).profile_image
    assert kept(world) == [first]
    second = (await profiles.set_image(person.actor, picture())).profile_image
    assert kept(world) == [second] != [first]
    assert (await profiles.set_image(person.actor, None)).profile_image is None
    assert kept(world) == []


async def test_a_picture_that_nobody_has_is_not_kept(world: World) -> None:
    person, profiles = await world.person(), world.house.workflows.profiles
    nobody = Actor(user_id=person.id + 1, role=person.role, session_id=0)
    with pytest.raises(NotFound):
        await profiles.set_image(nobody, picture())
    assert kept(world) == []


async def test_who_was_erased_meanwhile_gets_no_profile_again(world: World) -> None:
    person, profiles = await world.person(), world.house.workflows.profiles
    await erase(world, person)
    with pytest.raises(NotFound):
        await profiles.set_image(person.actor, picture())
    with pytest.raises(NotFound):
        await profiles.edit(person.actor, {"full_name": "Canary"})
    assert kept(world) == []


async def test_an_erasure_names_the_picture_that_is_to_go(world: World) -> None:
    person, profiles = await world.person(), world.house.workflows.profiles
    key = (await profiles.set_image(person.actor, picture())).profile_image
    assert await erase(world, person) == [AccountErased(user_id=person.id, picture=key)]
    assert kept(world) == [key]
    for _ in range(2):  # a reaction may run twice
        await profiles.discard_image(key)
    assert kept(world) == []


async def test_an_erasure_without_a_picture_names_none(sqlite_world: World) -> None:
    person = await sqlite_world.person()
    assert await erase(sqlite_world, person) == [AccountErased(user_id=person.id, picture=None)]
    await sqlite_world.house.workflows.profiles.discard_image(None)


async def test_the_picture_of_who_was_erased_goes(sqlite_world: World) -> None:
    world = sqlite_world
    person, do = await world.person(), world.house.workflows
    await do.profiles.set_image(person.actor, picture())
    await do.profiles.erase(person.actor, password=PASSWORD)
    await world.settle()
    assert kept(world) == []
