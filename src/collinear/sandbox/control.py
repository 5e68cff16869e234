"""`POST /_sandbox/control`: change the Hub, break it, ask it what it was asked."""

from collections.abc import Callable, Mapping
from typing import Any

from collinear.domain.errors import CatalogError
from collinear.sandbox import answers, operations, rowtext
from collinear.sandbox.answers import Answer
from collinear.sandbox.faults import Fault, FaultKind
from collinear.sandbox.hub import Hub
from collinear.sandbox.operations import BadOperation

PATH = "/_sandbox/control"
Command = Mapping[str, Any]


def answer(hub: Hub, body: bytes) -> Answer:
    """Do what a command says; 400 with a sentence where it cannot be done."""
    try:
        command = rowtext.load(body)
    except ValueError:
        return answers.bad_request("the command is not JSON")
    op = command.get("op") if isinstance(command, dict) else None
    if not isinstance(op, str) or op not in _OPS:
        return answers.bad_request(f'"op" must be one of {", ".join(_OPS)}')
    try:
        return answers.json(_OPS[op](hub, command))
    except CatalogError as error:
        return answers.bad_request(str(error))


def _add(hub: Hub, command: Command) -> Any:
    return {"row": operations.add(hub.world, _mapping(command, "row"))}


def _edit(hub: Hub, command: Command) -> Any:
    fields = _mapping(command, "fields")
    commit = command.get("commit") is True
    return {"row": operations.edit(hub.world, _text(command, "id"), fields, commit=commit)}


def _rename(hub: Hub, command: Command) -> Any:
    operations.rename(hub.world, _text(command, "id"), _text(command, "to"))
    return {}


def _delete(hub: Hub, command: Command) -> Any:
    operations.delete(hub.world, _text(command, "id"))
    return {}


def _churn(hub: Hub, command: Command) -> Any:
    share = _number(command, "share", 0.4, least=0)
    seed = int(_number(command, "seed", 0, least=0))
    return {"changed": operations.churn(hub.world, share=share, seed=seed)}


def _fault(hub: Hub, command: Command) -> Any:
    kind = command.get("kind")
    if kind not in set(FaultKind):
        raise BadOperation(f'"kind" must be one of {", ".join(FaultKind)}')
    match = command.get("match")
    if match is not None and not isinstance(match, str):
        raise BadOperation('"match" must be a part of the path and query, or null')
    fault = Fault(
        kind=FaultKind(kind),
        times=int(_number(command, "times", 1, least=1)),
        match=match,
        delay=_number(command, "delay", 0, least=0),
        headers=command.get("headers", True) is not False,
        retry_after=_one_of(command, "retry_after", ("seconds", "date")),
    )
    hub.faults.add(fault)
    return {}


def _clear_faults(hub: Hub, command: Command) -> Any:
    hub.faults.clear()
    return {}


def _quota(hub: Hub, command: Command) -> Any:
    api = int(_number(command, "api", hub.quota.api, least=1))
    hub.quota.told = command.get("told", True) is not False
    hub.quota.headers_on_429 = command.get("headers", True) is not False
    hub.quota.change(api=api, window=int(_number(command, "window", hub.quota.window, least=1)))
    return {"api": hub.quota.api, "window": hub.quota.window}


def _options(hub: Hub, command: Command) -> Any:
    if "repo_not_found_code" in command:
        hub.repo_not_found_code = command["repo_not_found_code"] is True
    if "lacking" in command:
        hub.lacking = frozenset(map(str, command["lacking"] or ()))
    if "unlisted" in command:
        operations.unlist(hub.world, list(map(str, command["unlisted"] or ())))
    hub.page_cap = int(_number(command, "page_cap", hub.page_cap, least=1))
    return {
        "repo_not_found_code": hub.repo_not_found_code,
        "page_cap": hub.page_cap,
        "lacking": sorted(hub.lacking),
    }


def _stats(hub: Hub, command: Command) -> Any:
    journal = hub.journal
    return {
        "datasets": len(hub.world),
        "private": len(hub.world.hidden),
        "requests": sum(journal.by_kind.values()),
        "by_kind": dict(journal.by_kind),
        "by_status": {str(status): count for status, count in journal.by_status.items()},
        "faults": {"waiting": len(hub.faults.waiting), "happened": hub.faults.happened},
        "quota": {"api": hub.quota.api, "window": hub.quota.window},
    }


def _log(hub: Hub, command: Command) -> Any:
    last = int(_number(command, "last", 1000, least=0))
    lines = list(hub.journal.lines)[-last:] if last else []
    return {"requests": [line._asdict() for line in lines]}


def _clear_log(hub: Hub, command: Command) -> Any:
    hub.journal.clear()
    return {}


_OPS: Mapping[str, Callable[[Hub, Command], Any]] = {
    "add": _add,
    "edit": _edit,
    "rename": _rename,
    "delete": _delete,
    "churn": _churn,
    "fault": _fault,
    "clear_faults": _clear_faults,
    "quota": _quota,
    "options": _options,
    "stats": _stats,
    "log": _log,
    "clear_log": _clear_log,
}


def _text(command: Command, name: str) -> str:
    value = command.get(name)
    if not isinstance(value, str) or not value:
        raise BadOperation(f'"{name}" must be a text')
    return value


def _one_of(command: Command, name: str, known: tuple[str, ...]) -> str | None:
    value = command.get(name)
    if value is not None and value not in known:
        raise BadOperation(f'"{name}" must be one of {", ".join(known)}, or null')
    return value


def _mapping(command: Command, name: str) -> Mapping[str, Any]:
    value = command.get(name)
    if not isinstance(value, dict):
        raise BadOperation(f'"{name}" must be an object')
    return value


def _number(command: Command, name: str, default: float, *, least: float) -> float:
    value = command.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < 1e9:
        raise BadOperation(f'"{name}" must be a number from {least:g}')
    return value
