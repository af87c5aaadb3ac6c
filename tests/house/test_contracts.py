"""Every import contract of pyproject.toml, broken on purpose: a contract that cannot fail holds nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


class Plant(NamedTuple):
    """A file that breaks one contract. Packages on its way that do not exist are made."""

    contract: str
    file: str
    text: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.file}: {self.text.splitlines()[0]}"


PLANTS = [
    Plant("direction", "core/planted.py", "import modules"),
    Plant("direction", "core/planted.py", "from entrypoints import planted"),
    Plant("direction", "modules/planted/selling.py", "import adapters.sql"),
    Plant("direction", "adapters/planted/gateway.py", "import entrypoints"),
    Plant("modules-apart", "modules/planted/domain.py", "import modules.identity.domain"),
    Plant("modules-apart", "modules/planted/selling.py", "from modules.identity import events"),
    Plant("adapters-apart", "adapters/planted/gateway.py", "import adapters.sql"),
    Plant("adapters-apart", "adapters/planted/__init__.py", "def late() -> None:\n    import adapters.sql.models"),
    Plant("composed-once", "entrypoints/planted.py", "import adapters.sql"),
    Plant("composed-once", "entrypoints/cli/planted.py", "from adapters.sql import engine"),
    Plant("composed-once", "entrypoints/worker/planted.py", "def late() -> None:\n    import adapters.sql.store"),
    Plant("sql-inside", "entrypoints/planted.py", "import sqlalchemy.exc"),
    Plant("sql-inside", "adapters/planted/store.py", "from sqlalchemy import select"),
    Plant("sql-inside", "adapters/planted/store.py", "from advanced_alchemy.base import BigIntBase"),
    Plant("sql-inside", "entrypoints/cli/planted.py", "import alembic.command"),
    Plant("models-private", "entrypoints/compose/__init__.py", "from adapters.sql import models"),
    Plant("models-private", "adapters/planted/store.py", "import adapters.sql.models.planted"),
    Plant("anatomy", "modules/planted/domain.py", "from modules.planted import ports"),
    Plant("anatomy", "modules/planted/events.py", "from modules.planted import ports"),
    Plant("anatomy", "modules/planted/events.py", "import modules.planted.queries"),
    Plant("anatomy", "modules/planted/ports.py", "import modules.planted.queries"),
    Plant("anatomy", "modules/planted/queries.py", "import modules.planted.ports"),
    Plant("domain-alone", "modules/planted/domain.py", "from modules.planted import ports"),
    Plant("domain-alone", "modules/planted/domain.py", "import modules.planted.queries"),
    Plant("domain-alone", "modules/planted/domain.py", "import modules.planted.events"),
    Plant("domain-alone", "modules/planted/domain.py", "import modules.planted.selling"),
    Plant("domain-alone", "modules/planted/domain/rules.py", "import modules.planted.selling"),
    Plant("sandbox-outside", "entrypoints/sandbox/planted.py", "import core"),
    Plant("sandbox-outside", "entrypoints/sandbox/planted.py", "import modules.identity"),
    Plant("sandbox-outside", "entrypoints/sandbox/planted.py", "from adapters import sql"),
    *(
        Plant("pure", file, f"import {forbidden}")
        for file, libraries in (
            ("core/planted.py", ["asyncio", "time"]),
            ("modules/planted/domain.py", ["os", "secrets"]),
            ("modules/planted/selling.py", ["litestar", "sqlalchemy.orm", "redis.asyncio", "pathlib"]),
        )
        for forbidden in libraries
    ),
]


def copy_of_the_house(directory: Path) -> Path:
    """The sources and contracts, alone: nothing that is planted can reach the checkout."""
    shutil.copy(ROOT / "pyproject.toml", directory)
    for source in (ROOT / "src").rglob("*.py"):
        target = directory / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return directory


def plant(house: Path, file: str, text: str) -> None:
    """Write the file, or add to it; give its folders, and the neighbours it imports, an existence."""
    target = house / "src" / file
    target.parent.mkdir(parents=True, exist_ok=True)
    for package in target.relative_to(house / "src").parents[:-1]:
        (house / "src" / package / "__init__.py").touch()
    for module in re.findall(r"modules\.planted\.(\w+)", text) + re.findall(r"modules\.planted import (\w+)", text):
        (house / "src" / "modules" / "planted" / f"{module}.py").touch()
    for module in re.findall(r"entrypoints import (\w+)", text):
        (house / "src" / "entrypoints" / f"{module}.py").touch()
    with target.open("a") as planted:
        planted.write(f"\n{text}\n")


def lint(house: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    only = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--no-logo", *only],
        cwd=house,
        # the columns keep a contract's name on one line
        env={**os.environ, "PYTHONPATH": str(house / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return copy_of_the_house(tmp_path)


def test_the_house_keeps_its_contracts(house: Path) -> None:
    result = lint(house)

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in result.stdout


@pytest.mark.parametrize("planted", PLANTS, ids=str)
def test_a_planted_violation_breaks_its_contract(house: Path, planted: Plant) -> None:
    plant(house, planted.file, planted.text)

    result = lint(house, planted.contract)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{CONTRACTS[planted.contract]['name']} BROKEN" in result.stdout, result.stdout + result.stderr


def test_every_library_that_is_forbidden_is_seen(house: Path) -> None:
    """One file imports them all; each must be named among the violations."""
    forbidden = CONTRACTS["pure"]["forbidden_modules"]
    plant(house, "core/planted.py", "\n".join(f"import {library}" for library in forbidden))

    result = lint(house, "pure")

    seen = set(re.findall(r"core\.planted -> (\w+)", result.stdout))
    assert set(forbidden) - seen == set(), result.stdout + result.stderr


def test_every_contract_is_broken_here() -> None:
    assert {planted.contract for planted in PLANTS} == set(CONTRACTS)


def test_no_contract_has_an_exception() -> None:
    assert [name for name, contract in CONTRACTS.items() if "ignore_imports" in contract] == []
