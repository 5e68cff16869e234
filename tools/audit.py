"""
Looks up the locked requirements among the known vulnerabilities.

A vulnerability that is found fails; a source of advisories that cannot be reached does not, and is
said: without the network nothing is known, and nothing should look as if it were.
"""

import json
import subprocess
import sys
from pathlib import Path

_PATIENCE = 180
_LOCK = Path(__file__).parents[1] / "requirements" / "dev.txt"
_SOURCES = ("pypi", "osv")


def look_up(source: str) -> list[dict[str, object]] | None:
    """What a source says of each requirement; None where it cannot be asked."""
    command = ["-m", "pip_audit", "--requirement", str(_LOCK), "--no-deps", "--disable-pip"]
    options = ["--vulnerability-service", source, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [sys.executable, *command, *options],
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
        looked_up: list[dict[str, object]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return looked_up


def main() -> int:
    """Exit code 1 where something is known to be vulnerable."""
    for source in _SOURCES:
        looked_up = look_up(source) or []
        known = [entry for entry in looked_up if "skip_reason" not in entry]
        if not known:
            continue
        found = [(entry, flaw) for entry in known for flaw in entry["vulns"]]  # type: ignore[attr-defined]
        for entry, flaw in found:
            fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
            print(f"{entry['name']} {entry['version']}: {flaw['id']}, fixed in {fixed}")
        print(f"audit: {len(known)} of {len(looked_up)} requirements looked up, {len(found)} flaws")
        return 1 if found else 0
    print("audit: NOT DONE: no source of advisories can be reached from here; nothing is known.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
