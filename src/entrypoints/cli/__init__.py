"""The program `shala`. A command's file is imported when the command is called, so that a small one is quick."""

import gc
import importlib
import sys

import click

from entrypoints.settings import Demand, Settings, SettingsError, load

COMMANDS = {
    "serving": ("serve", "web", "worker", "sandbox"),
    "tending": ("migrate", "seed", "create-admin", "outbox", "openapi", "asyncapi", "settings", "doctor"),
    "touring": ("tour",),
    "accounting": ("ledger",),
    "answering": ("chatbot",),
}


class Program(click.Group):
    """Knows which file registers which command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(name for names in COMMANDS.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for file, names in COMMANDS.items():
            if cmd_name in names:
                importlib.import_module(f"entrypoints.cli.{file}")
        return super().get_command(ctx, cmd_name)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
def program() -> None:
    """The backend of a mobile school."""


def one_process(settings: Settings) -> list[str]:
    """The embedded default shares nothing: told of a server, it was meant to be something else."""
    if not settings.is_embedded:
        return []
    servers = {
        "SHALA_DATABASE_URL": settings.database_url and not settings.is_sqlite,
        "SHALA_REDIS_URL": settings.redis_url,
    }
    return [
        f"{name} names a server, and SHALA_ENV is embedded, which is one process on SQLite: "
        "set SHALA_ENV=staging or SHALA_ENV=production."
        for name, is_given in servers.items()
        if is_given
    ]


def settings_or_exit(demand: Demand = one_process) -> Settings:
    """The settings, or the reasons for which this process must not start."""
    try:
        return load(demand=demand)
    except SettingsError as error:
        click.echo(f"Shala does not start:\n{error}", err=True)
        sys.exit(78)  # EX_CONFIG of sysexits.h


def main() -> None:
    # importing makes a hundred thousand objects that stay; to look for garbage among them took a quarter of the start
    gc.set_threshold(50_000, 20, 50)
    program()
