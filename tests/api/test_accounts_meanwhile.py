"""What happens to an account while a password is being hashed: no transaction is open then, and much may change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from core.actor import Actor
from core.errors import Invalid
from modules.identity.domain import CodePurpose, InvalidCode, TokenRevoked, WrongPassword
from modules.identity.ports import PasswordHasher
from worlds import PASSWORD, Person, World

NEW, RESET = "another-good-phrase-2", "a-phrase-set-by-mail-3"


@dataclass
class Interrupted:
    """A hasher that counts what it hashes; while it verifies a password, something else happens."""

    hasher: PasswordHasher
    meanwhile: Callable[[], Awaitable[None]] | None = None
    hashed: int = 0

    async def hash(self, password: str) -> str:
        self.hashed += 1
        return await self.hasher.hash(password)

    async def verify(self, password: str, stored: str | None) -> bool:
        is_right = await self.hasher.verify(password, stored)
        if self.meanwhile is not None:
            await self.meanwhile()
        return is_right

    def is_outdated(self, stored: str) -> bool:
        return self.hasher.is_outdated(stored)


async def signed_in(world: World, person: Person) -> Actor:
    """The actor of the person's own login."""
    return await world.house.workflows.authentication.identify(person.token)


async def reset_code(world: World, person: Person) -> str:
    passwords = world.house.workflows.passwords
    await passwords.forgot(person.email)
    async with passwords.begin() as store:
        code = await store.open_code(person.id, CodePurpose.RESET_PASSWORD)
    assert code is not None
    return passwords.codes.read(code)


def reset_of(world: World, person: Person) -> Callable[[], Awaitable[None]]:
    async def reset() -> None:
        code = await reset_code(world, person)
        await world.house.workflows.passwords.reset(email=person.email, code=code, new=RESET)

    return reset


async def can_log_in(world: World, person: Person, password: str) -> bool:
    body = {"email": person.email, "password": password}
    return (await world.http.post("/api/accounts/login/", json=body)).status_code == 200


async def test_a_change_does_not_overwrite_a_reset(world: World) -> None:
    person, passwords = await world.person(), world.house.workflows.passwords
    actor = await signed_in(world, person)
    interrupted = replace(passwords, hasher=Interrupted(passwords.hasher, reset_of(world, person)))
    with pytest.raises(WrongPassword):
        await interrupted.change(actor, current=PASSWORD, new=NEW)
    assert await can_log_in(world, person, RESET)
    assert not await can_log_in(world, person, NEW)


async def test_a_login_that_has_ended_changes_no_password(world: World) -> None:
    person, do = await world.person(), world.house.workflows
    actor = await signed_in(world, person)
    interrupted = replace(do.passwords, hasher=Interrupted(do.passwords.hasher, lambda: do.logins.logout_all(actor)))
    with pytest.raises(TokenRevoked):
        await interrupted.change(actor, current=PASSWORD, new=NEW)
    assert await can_log_in(world, person, PASSWORD)


async def test_a_reset_keeps_an_account_from_being_erased(world: World) -> None:
    person, profiles = await world.person(), world.house.workflows.profiles
    actor = await signed_in(world, person)
    interrupted = replace(profiles, hasher=Interrupted(profiles.hasher, reset_of(world, person)))
    with pytest.raises(WrongPassword):
        await interrupted.erase(actor, password=PASSWORD)
    assert await can_log_in(world, person, RESET)


async def test_a_reset_keeps_an_address_from_being_changed(world: World) -> None:
    person, addresses = await world.person(), world.house.workflows.addresses
    actor = await signed_in(world, person)
    interrupted = replace(addresses, hasher=Interrupted(addresses.hasher, reset_of(world, person)))
    with pytest.raises(WrongPassword):
        await interrupted.request_change(actor, email="thief@example.com", password=PASSWORD)
    assert await world.count("one_time_codes", "purpose = 'change_email'") == 0


async def test_a_wrong_code_costs_no_hash(sqlite_world: World) -> None:
    person, passwords = await sqlite_world.person(), sqlite_world.house.workflows.passwords
    hasher = Interrupted(passwords.hasher)
    watched = replace(passwords, hasher=hasher)
    code = await reset_code(sqlite_world, person)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for email in (person.email, "nobody@example.com"):
        with pytest.raises(InvalidCode):
            await watched.reset(email=email, code=wrong, new=NEW)
    with pytest.raises(Invalid):
        await watched.reset(email=person.email, code=code, new="password1")
    assert hasher.hashed == 0
    await watched.reset(email=person.email, code=code, new=NEW)
    assert hasher.hashed == 1
