"""Leads through the tour, with a bar and a line for each step."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.tour.steps import STEPS
from entrypoints.tour.walk import Unexpected, Walk


def lead(walk: Walk, console: Console) -> str | None:
    """Take every step; what went wrong, if anything did."""
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
