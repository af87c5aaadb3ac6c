"""Leads through the tour, with a bar and a line for each step."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.tour import classroom, learning
from entrypoints.tour.asking import ASKING
from entrypoints.tour.attending import ATTENDING
from entrypoints.tour.buying import RETURNING
from entrypoints.tour.expecting import Unexpected
from entrypoints.tour.steps import LAST, STEPS
from entrypoints.tour.walk import Walk

TOGETHER = {
    "A classmate": classroom.classmate,
    "Join the class": classroom.join,
    "Chat": classroom.chat,
    "Lose the connection and resume": classroom.resume,
    "Read by": classroom.read,
    "A direct message": classroom.direct,
    "Notified": classroom.notified,
    "Leave the class": classroom.leave,
}
ALL = {**STEPS, **learning.STEPS, **ASKING, **TOGETHER, **ATTENDING, **RETURNING, **LAST}


def lead(walk: Walk, console: Console) -> str | None:
    """Take every step; what went wrong, if anything did."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    started = time.perf_counter()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=len(ALL))
        for name, take in ALL.items():
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
    console.print(f"[green]All {len(ALL)} steps passed in {time.perf_counter() - started:.1f} s.[/green]")
    return None
