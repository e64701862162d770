"""Run every bench (`python -m bench ci_logs deploy`: those whose names begin so), print one table, write results."""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

import bench
from bench.figures import Figure, table

RESULTS = Path(__file__).parent / "results.json"
FRAME = frozenset({"__main__", "figures", "lab"})


def main(wanted: list[str]) -> int:
    """Measure; 1 when a goal is missed."""
    known = [module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in FRAME]
    names = [name for name in known if not wanted or name.startswith(tuple(wanted))]
    if not names:
        print(f"no bench {', '.join(wanted)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name}", file=sys.stderr)
        figures += importlib.import_module(f"bench.{name}").figures()
    print(table(figures))
    RESULTS.write_text(json.dumps([figure.as_result() for figure in figures], indent=1) + "\n")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
