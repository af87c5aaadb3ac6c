"""Commands that look after a running school: migrate, seed, create-admin, doctor, outbox, openapi, asyncapi,
settings.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from core.actor import Role
from core.errors import AppError
from entrypoints.cli import program, settings_or_exit
from entrypoints.compose import House, compose
from entrypoints.settings import Environment, Settings


def with_house(act: Callable[[House], Awaitable[Any]], settings: Settings | None = None) -> Any:
    """Build the house, act, close it."""

    async def main() -> Any:
        house = compose(settings or settings_or_exit())
        try:
            return await act(house)
        finally:
            await house.close()

    return asyncio.run(main())


@program.command()
@click.option("--down", is_flag=True, help="Take the whole schema away again (asks first).")
@click.option("--check", is_flag=True, help="Only say whether the database is up to date.")
def migrate(down: bool, check: bool) -> None:
    """Bring the database to the newest schema."""
    from entrypoints.compose import schema

    url = settings_or_exit().database_url
    if check:
        is_current = asyncio.run(schema.is_current(url))
        click.echo("up to date" if is_current else "not up to date")
        sys.exit(0 if is_current else 1)
    if down:
        click.confirm("This deletes all data. Go on?", abort=True)
        asyncio.run(schema.downgrade(url))
    else:
        asyncio.run(schema.upgrade(url))
    click.echo("Done.")


@program.command()
@click.option("--courses", default=12, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--students", default=200, show_default=True, type=click.IntRange(1, 5_000_000))
@click.option("--demo", is_flag=True, help="Only the demo accounts and courses, into an empty database.")
def seed(courses: int, students: int, demo: bool) -> None:
    """Fill the database with believable demo data, in bulk."""
    from entrypoints.seeding import seed_demo, seed_many

    async def act(house: House) -> None:
        if house.settings.env is Environment.PRODUCTION:
            raise click.UsageError("Demo accounts have a public password: not in production.")
        if not demo:
            await seed_many(house, courses=courses, students=students)
        elif not await seed_demo(house):
            click.echo("The database has users already; nothing was done.")

    with_house(act)


@program.command("create-admin")
@click.option("--email", prompt=True)
@click.option("--username", prompt=True)
@click.password_option()
def create_admin(email: str, username: str, password: str) -> None:
    """Create an administrator's account."""

    async def act(house: House) -> None:
        try:
            user = await house.workflows.registration.register(
                username=username, email=email, password=password, role=Role.ADMIN
            )
        except AppError as error:
            details = "; ".join(f"{fault.field}: {fault.message}" for fault in error.faults)
            raise click.ClickException(f"{error.message} {details}".strip()) from error
        click.echo(f"Administrator {user.username} has the id {user.id}.")

    with_house(act)


@program.command()
@click.option("--revive", is_flag=True, help="Give everything that was given up a new chance.")
def outbox(revive: bool) -> None:
    """What waits and what was given up."""

    async def act(house: House) -> None:
        if revive:
            click.echo(f"Revived: {await house.outbox.revive()}")
        waiting, dead, since = await house.outbox.backlog()
        click.echo(f"Waiting: {waiting}" + (f", the oldest since {since:%Y-%m-%d %H:%M:%S} UTC" if since else ""))
        click.echo(f"Given up: {dead}")
        for id_, reaction, attempts, why in await house.outbox.dead():
            click.echo(f"  {id_}  {reaction}  after {attempts} attempts: {why}")

    with_house(act)


@program.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from entrypoints.http.app import create_litestar
    from entrypoints.http.docs import completed

    app = create_litestar(compose(settings_or_exit()))
    click.echo(json.dumps(completed(app.openapi_schema.to_schema(), app), indent=1, ensure_ascii=False))


@program.command()
def asyncapi() -> None:
    """Print the AsyncAPI document: the sockets and their frames."""
    import msgspec

    from entrypoints.ws.documented import document

    click.echo(msgspec.json.format(msgspec.json.encode(document()), indent=1).decode())


@program.command("settings")
def list_settings() -> None:
    """Print the table of settings, as docs/settings.md has it."""
    from entrypoints.settings import settings_table

    click.echo(settings_table())


@program.command()
def doctor() -> None:
    """Try the settings and every connection (nothing is sent or charged), and say what is wrong."""
    from entrypoints.cli.checking import examine

    async def act(house: House) -> bool:
        is_well = True
        async for finding in examine(house):
            is_well = is_well and finding.is_well
            mark, colour = ("  ok  ", "green") if finding.is_well else ("  FAIL", "red")
            click.secho(f"{mark}  {finding.name}: {finding.told}", fg=colour)
        return is_well

    sys.exit(0 if with_house(act) else 1)
