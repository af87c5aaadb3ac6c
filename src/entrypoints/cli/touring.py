"""`shala tour`: walks through a running server as the app does, and says at which step something is wrong."""

import os
import sys
import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli import program
from entrypoints.cli.tour_walk import Unexpected, Walk


def _default_base() -> str:
    return f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"


@program.command()
@click.option("--base", default=_default_base, help="Where the API is  [default: http://127.0.0.1:$PORT, or :8000]")
@click.option("--sandbox", envvar="SHALA_SANDBOX_URL", help="Where the sandbox is  [default: the base]")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def tour(base: str, sandbox: str | None, quiet: bool) -> None:
    """Buy a course on a running server, learn in it, and print each step. Expects the data of `shala seed --demo`."""
    console = Console(quiet=quiet, highlight=False)
    with Walk.between(base.rstrip("/"), (sandbox or base).rstrip("/")) as walk:
        failure = _walk(walk, console)
    if failure:
        click.echo(failure, err=True)
        sys.exit(1)


def _walk(walk: Walk, console: Console) -> str | None:
    """Take every step; what went wrong, if anything did."""
    from entrypoints.cli.tour_steps import STEPS

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    started = time.perf_counter()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(STEPS))
        for name, take in STEPS.items():
            bar.update(task, description=name)
            since = time.perf_counter()
            try:
                said = take(walk)
            except Unexpected as error:
                console.print(f"[red]✗[/red] {name}")
                return f"The tour failed at “{name}”.\n{error}"
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                console.print(f"[red]✗[/red] {name}")
                return f"The tour failed at “{name}”: this answer has another shape ({error!r}).\n{walk.last}"
            milliseconds = (time.perf_counter() - since) * 1000
            console.print(f"[green]✓[/green] {name}[dim]: {said}  {milliseconds:.0f} ms[/dim]")
            bar.advance(task)
    console.print(f"[green]All {len(STEPS)} steps passed in {time.perf_counter() - started:.1f} s.[/green]")
    return None
