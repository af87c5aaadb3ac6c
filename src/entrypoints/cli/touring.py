"""`shala tour`: walks through a running server as the app does, and says at which step something is wrong."""

import os
import sys

import click

from entrypoints.cli import program


def default_base() -> str:
    return f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"


@program.command()
@click.option("--base", default=default_base, help="Where the API is  [default: http://127.0.0.1:$PORT, or :8000]")
@click.option("--sandbox", envvar="SHALA_SANDBOX_URL", help="Where the sandbox is  [default: the base]")
@click.option("--second", help="Another instance of it, for the classmate  [default: the base]")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def tour(base: str, sandbox: str | None, second: str | None, quiet: bool) -> None:
    """Buy a course on a running server, learn, chat, and print each step. Expects the data of `shala seed --demo`."""
    from rich.console import Console

    from entrypoints.tour.guide import lead
    from entrypoints.tour.walk import Walk

    other = second.rstrip("/") if second else None
    with Walk.between(base.rstrip("/"), (sandbox or base).rstrip("/"), other) as walk:
        failure = lead(walk, Console(quiet=quiet, highlight=False))
    if failure:
        click.echo(failure, err=True)
        sys.exit(1)
