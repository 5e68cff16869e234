"""What the documentation says is true, and what is there is in it."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from collinear.api.app import create_app
from collinear.api.kinds import NAMED
from collinear.cli.main import app as cli
from collinear.settings import Settings
from collinear.store.keys import ORDERS, Keys
from collinear.telemetry.families import FAMILIES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ECOSYSTEM = {
    "hf_endpoint": "HF_ENDPOINT",
    "hf_token": "HF_TOKEN",
    "redis_url": "REDIS_URL",
    "otel_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT",
}


def page(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    shown = ECOSYSTEM.get(name, f"COLLINEAR_{name.upper()}")
    [row] = [line for line in page("docs/operations.md").splitlines() if f"| `{shown}` |" in line]

    default = Settings.model_fields[name].default
    assert Settings.model_fields[name].description in row
    if isinstance(default, int | float | str) and default not in ("", False):
        assert f"`{default}`" in row


def test_every_key_is_documented() -> None:
    keys, text = Keys("PREFIX"), page("docs/redis.md")
    names = [name for name in vars(Keys) if isinstance(vars(Keys)[name], property)]
    written = [getattr(keys, name) for name in names]

    for key in (*written, keys.snapshot(), keys.by("FIELD")):
        last = key.removeprefix("PREFIX:run:")
        assert f"`{key}`" in text or f"`:{last}`" in text, key
    for field in ORDERS:
        assert f"`{field}`" in text


def test_every_route_is_documented() -> None:
    text = page("docs/api.md")

    for path in create_app(Settings(_env_file=None)).openapi()["paths"]:
        assert path in text, path


def test_every_problem_is_documented() -> None:
    text = page("docs/api.md")

    for name, kind in NAMED.items():
        assert f"| `/problems/{name}` | {kind.status.value} |" in text


def test_every_metric_is_documented() -> None:
    """Those that are counted stand in one table, those that are looked up in two modules."""
    text = page("docs/observability.md")
    sources = [page(f"src/collinear/api/metrics/{name}.py") for name in ("state", "workers")]
    looked_up = {
        name for source in sources for name in re.findall(r'"(collinear_[a-z_]+)"', source)
    }

    assert set(FAMILIES) & looked_up == set()
    for name in {*FAMILIES, *looked_up}:
        assert f"| `{name}` |" in text, name
    for name, family in FAMILIES.items():
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        kind = "histogram" if family.bounds else "gauge" if family.level else "counter"
        assert f"| {kind} |" in row, name
        for label in family.labels:
            assert f"`{label}`" in row, name


def test_every_command_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    for path in PAGES:
        text = path.read_text()
        for target in re.findall(r"^make ([a-z]+)|`make ([a-z]+)`", text, re.MULTILINE):
            assert "".join(target) in targets, f"{path.name}: make {target}"
        for line in re.findall(r"(?:^|\s|`)collinear ((?:[a-z]+)[^`\n#]*)", text):
            name, *options = line.split()
            if name not in commands:
                assert not re.search(rf"`collinear {name}|^collinear {name}", text, re.MULTILINE), (
                    line
                )
                continue
            known = {option for parameter in commands[name].params for option in parameter.opts}
            for option in options:
                if option.startswith("--") and re.fullmatch(r"--[a-z-]+", option):
                    assert option in known, f"{path.name}: collinear {line}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", path.read_text()):
        link = "".join(target)
        if "://" not in link:
            assert (path.parent / link).exists(), link


def test_decisions_are_numbered() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
