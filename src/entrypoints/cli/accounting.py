"""Commands for the school's books: ledger."""

import sys
from datetime import UTC, datetime, timedelta

import click
from msgspec.structs import replace

from core.errors import AppError
from core.money import rupees
from entrypoints.cli import program, settings_or_exit
from entrypoints.cli.tending import with_house
from entrypoints.compose import House
from modules.commerce.bookkeeping import Check, Difference

FIRST = datetime(2020, 1, 1, tzinfo=UTC)


@program.group()
def ledger() -> None:
    """The school's books."""


@ledger.command()
@click.option("--days", type=click.IntRange(1), help="Only what was captured in the last so many days.")
def check(days: int | None) -> None:
    """Prove that the ledger, the orders and Razorpay say the same; the exit code is 1 if they do not."""

    async def act(house: House) -> Check:
        since = FIRST if days is None else house.clock.now() - timedelta(days=days)
        return await house.workflows.bookkeeping.check(since)

    settings = settings_or_exit()
    if settings.is_embedded and not settings.razorpay_base_url:  # the sandbox is inside the process that serves
        settings = replace(settings, razorpay_base_url=f"{settings.own_url}/sandbox/razorpay")
    try:
        found: Check = with_house(act, settings)
    except AppError as error:
        where = settings.razorpay_base_url or "Razorpay"
        click.echo(f"Nothing is proved, for {where} does not answer ({error.code}).", err=True)
        if settings.is_embedded:
            click.echo("Run it where the server runs, with the server's PORT and SHALA_DATA_DIR.", err=True)
        sys.exit(69)  # EX_UNAVAILABLE of sysexits.h
    click.echo(f"{'':10}{'captured':>16}{'fees':>14}{'refunded':>16}")
    for name, sums in (("ledger", found.ledger), ("orders", found.rows), ("Razorpay", found.gateway)):
        amounts = rupees(sums.captured_paise), rupees(sums.fee_paise), rupees(sums.refunded_paise)
        click.echo(f"{name:10}{amounts[0]:>16}{amounts[1]:>14}{amounts[2]:>16}")
    for difference in found.differences:
        click.echo(_said(difference), err=True)
    if found.on_the_way:
        click.echo(f"On their way back, and not compared: refunds of {found.on_the_way} payments.")
    click.echo(f"{len(found.differences)} differences." if found.differences else "All the same.")
    sys.exit(1 if found.differences else 0)


def _said(difference: Difference) -> str:
    amounts = [
        f"{name} {rupees(amount)}"
        for name, amount in (("ours", difference.ours), ("theirs", difference.theirs))
        if amount is not None
    ]
    return f"{difference.what}: {difference.of}  {', '.join(amounts)}".rstrip()
