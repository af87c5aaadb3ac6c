"""The program `shala`. Each command imports what it needs when it runs, so that `--help` is quick."""

import sys

import click

from entrypoints.settings import Settings, SettingsError, load


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def program() -> None:
    """The backend of a mobile school."""


def settings_or_exit() -> Settings:
    """The settings, or the reasons for which this process must not start."""
    try:
        return load()
    except SettingsError as error:
        click.echo(f"Shala does not start:\n{error}", err=True)
        sys.exit(78)  # EX_CONFIG of sysexits.h


def main() -> None:
    from entrypoints.cli import serving, tending, touring  # noqa: F401 - they register their commands

    program()
