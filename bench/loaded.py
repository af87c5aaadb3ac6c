"""Print a script that imports what a web process loads of others, in the same order, and nothing of ours."""

import importlib
import sys

OURS_OF_A_WEB = ("entrypoints.http.app", "entrypoints.cli.serving", "entrypoints.cli.announcing")
SERVERS = (
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)

for name in (*OURS_OF_A_WEB, *SERVERS):
    importlib.import_module(name)
theirs = [name for name, module in sys.modules.items() if "site-packages" in (getattr(module, "__file__", None) or "")]
# some are made by others as they are imported, under names that cannot be imported alone
print("import contextlib", *(f"with contextlib.suppress(ImportError):\n    import {name}" for name in theirs), sep="\n")
