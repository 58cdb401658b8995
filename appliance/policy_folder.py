"""Every policy there is - the presets and the files of a folder - and who has which."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from ..detection.errors import BadPolicy
from ..detection.inspection import Inspector
from ..detection.policy import Policy
from ..detection.policy_file import extends, load_policy
from ..detection.policy_tests import TESTER, run_tests
from ..detection.presets import PRESETS
from ..middleware.policy_table import PolicyTable
from .errors import SettingError
from .nearest import did_you_mean
from .policy_settings import FOLDER
from .settings import Settings
from .toml_file import Given

MOST_FILES = 1_000
LARGEST = 1024 * 1024
"""Bytes of a policy file."""

_SHOWN = 3
"""Failed tests that a message names."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of an appliance. `known` holds every one by its name, `table` says who has which."""

    table: PolicyTable
    known: Mapping[str, Policy]

    @property
    def tested(self) -> bool:
        """Whether any policy carries tests or rules of its own along."""
        return any(policy.cases or policy.own_rules for policy in self.known.values())


def read_policies(settings: Settings) -> Policies:
    """Read the policy files and hand the policies out. Raises `SettingError` naming file and fault."""
    known = _presets(settings)
    known |= _from_files(_texts(_folder(settings)), known)
    assigned = settings.assigned
    default = _named(settings.policy, known, "policy")
    tables = (
        {key: _assigned(given, known) for key, given in table.items()}
        for table in (assigned.tenants, assigned.applications, assigned.routes)
    )
    return Policies(PolicyTable(default, *tables), known)


def check_policies(policies: Policies, inspector: Inspector) -> None:
    """Compile the rules and run the tests of every policy file.

    Raises:
        SettingError: names the first file that fails.
    """
    for policy in policies.known.values():
        try:
            inspector.texts(policy, TESTER)
        except BadPolicy as error:
            raise SettingError(f"policy {policy.name}: {error}") from None
        failed = [outcome for outcome in run_tests(policy, inspector) if not outcome.passed]
        if failed:
            named = "; ".join(str(outcome) for outcome in failed[:_SHOWN])
            more = f"; and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
            raise SettingError(
                f"policy {policy.name}: {len(failed)} of {len(policy.cases)} tests failed: {named}{more}"
            )


def _presets(settings: Settings) -> dict[str, Policy]:
    """The built-in policies with what the settings change in them."""
    return {
        name: replace(
            policy,
            block_style=settings.block_style,
            show_categories=settings.show_categories,
            restore=settings.restore,
        )
        for name, policy in PRESETS.items()
    }


def _folder(settings: Settings) -> Path | None:
    """The folder of policy files; None where nobody named one and there is none."""
    given = settings.assigned.folder
    folder = settings.data_dir / (str(given.value) if given is not None else FOLDER)
    if folder.is_dir():
        return folder
    if given is not None:
        raise SettingError(f"{given.place()}: policies.folder: {folder} is no folder")
    return None


def _texts(folder: Path | None) -> dict[str, tuple[Path, str]]:
    """Every file's path and text, by the name of the policy."""
    if folder is None:
        return {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        raise SettingError(f"{folder}: cannot be read: {error.strerror}") from None
    if len(paths) > MOST_FILES:
        raise SettingError(f"{folder}: holds more than {MOST_FILES} policies")
    return {path.stem: (path, _text(path)) for path in paths}


def _text(path: Path) -> str:
    if path.stem in PRESETS:
        raise SettingError(f"{path}: {path.stem} is the name of a built-in policy; choose another")
    try:
        if path.stat().st_size > LARGEST:
            raise SettingError(f"{path}: larger than {LARGEST} bytes; this is no policy")
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: not UTF-8 text") from None


def _from_files(texts: Mapping[str, tuple[Path, str]], presets: Mapping[str, Policy]) -> dict[str, Policy]:
    """Load each file after the one that it extends."""
    known = dict(presets)
    for name in _in_order(texts):
        path, text = texts[name]
        try:
            known[name] = load_policy(text, name, known)
        except BadPolicy as error:
            raise SettingError(f"{path}: {error}") from None
    return {name: known[name] for name in texts}


def _in_order(texts: Mapping[str, tuple[Path, str]]) -> list[str]:
    """Return the names of the files, each behind the one that it extends."""
    parents: dict[str, list[str]] = {}
    for name, (path, text) in texts.items():
        try:
            parents[name] = [extends(text, name)]
        except BadPolicy as error:
            raise SettingError(f"{path}: {error}") from None
    try:
        return [name for name in TopologicalSorter(parents).static_order() if name in texts]
    except CycleError as error:
        name = error.args[1][0]
        raise SettingError(f"{texts[name][0]}: policy {name}: extends itself by way of others") from None


def _assigned(given: Given, known: Mapping[str, Policy]) -> Policy:
    return _named(str(given.value), known, f"{given.place()}: policies")


def _named(name: str, known: Mapping[str, Policy], place: str) -> Policy:
    policy = known.get(name)
    if policy is None:
        near = did_you_mean(name, known)
        raise SettingError(f"{place}: there is no policy {name!r}{near}; there are {', '.join(known)}")
    return policy
