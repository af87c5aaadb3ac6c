"""Commands for the chatbot: chatbot."""

import click

from entrypoints.cli import program
from entrypoints.cli.tending import with_house
from entrypoints.compose import House


@program.group()
def chatbot() -> None:
    """The course chatbot."""


@chatbot.command()
def index() -> None:
    """Cut all published lessons into passages anew, one after the other; questions are answered meanwhile."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    async def act(house: House) -> int:
        columns, done = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()), 0
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=None)
            async for done, total in house.workflows.indexing.rebuild():
                bar.update(task, completed=done, total=total)
        return done

    click.echo(f"{with_house(act)} lessons are indexed.")
