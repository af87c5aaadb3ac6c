"""Write docs/performance.md from a run's folder: `python bench/report.py var/bench/runs/…` prints it again.

The page has a part for calls, one for the chat, one for the fan-out, one for the process itself and one for
learning. What the run did
not measure stays as the page has it.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import chat_report
import fanout_report
import learning_report
import process_report
import rest_report

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
TEMPLATE = Path(__file__).with_name("performance.template.md")
PART = re.compile(r"(?m)^<!-- (\w+) -->$")
MEASURED: dict[str, tuple[str, Callable[[Path], dict[str, Any]]]] = {
    "rest": ("answers.json", rest_report.values),
    "chat": ("chat.json", chat_report.values),
    "fanout": ("fanout.json", fanout_report.values),
    "process": ("process.json", process_report.values),
    "learning": ("learning.json", learning_report.values),
}
"""Of each part: the file that a run leaves when it has measured it, and what the template is filled with."""


def write(folder: Path, page: str) -> str:
    """The whole page; every word that is no number stands in the template."""
    template, known = parts(TEMPLATE.read_text()), parts(page)
    written = template.pop("head")
    for name, text in template.items():
        proof, values = MEASURED[name]
        is_measured = (folder / proof).exists()
        filled = Template(text).substitute(values(folder)) if is_measured else known.get(name, "Not measured.")
        written += f"<!-- {name} -->\n\n{filled.strip()}\n\n"
    return written.rstrip() + "\n"


def parts(text: str) -> dict[str, str]:
    """By name; `head` is what stands before the first."""
    head, *rest = PART.split(text)
    return {"head": head, **dict(zip(rest[::2], rest[1::2], strict=True))}


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), PAGE.read_text()), end="")
