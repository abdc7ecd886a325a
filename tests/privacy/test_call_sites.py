"""Who in the code opens the vault, and what for: everything else fails here first (P3, P12)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from privacy.access import PURPOSES_OF
from privacy.purposes import Purpose
from privacy.reasons import NoReason, require_reason

APPS = ("accounts", "privacy", "books", "orders", "refunds", "littledreamers")

# Which module reads the vault, and the purposes it names itself (others are handed on by whoever calls it).
READERS: dict[str, set[str]] = {
    "books/revisions.py": set(),  # handed on: what a book is made of
    "books/page_images.py": {"PREVIEW"},
    "books/portraits.py": set(),  # handed on: what is in the frame of a page
    "books/digital_copies.py": {"PREVIEW", "RENDER"},
    "books/data_export.py": {"RIGHTS"},
    "books/print_files.py": {"PRINT"},
    "refunds/changes.py": {"RENDER"},
    "refunds/data_export.py": {"RIGHTS"},
    "refunds/evidence.py": {"PREVIEW"},
    "refunds/evidence_holder.py": {"RIGHTS"},
    "littledreamers/walk.py": {"PRINT"},  # the demo shows what the printer gets
    "littledreamers/proof/reading.py": {"RIGHTS"},  # tries to read a backup after the expiry, and must fail
}
# Modules that name a purpose for one of the readers.
CALLERS: dict[str, set[str]] = {
    "books/views/personalise.py": {"PREVIEW"},
    "books/views/portrait.py": {"PREVIEW"},
    "books/views/preview.py": {"PREVIEW"},
    "refunds/versions.py": {"PREVIEW"},
}
WRITERS = {
    "books/digital_copies.py",
    "books/editions.py",
    "books/page_images.py",
    "books/portraits.py",
    "books/print_files.py",
    "refunds/changes.py",
    "refunds/evidence.py",
}
# Modules of the vault itself, and those that say a purpose in words or check it.
INSIDE = {"privacy/vault.py", "privacy/purposes.py", "privacy/access.py", "privacy/access_log.py"}
# What lies below the vault: keys, ciphers, blobs, rows. Outside privacy only the proof, which plays the thief, may know
# them.
BELOW = {"keystore", "ciphers", "blobs"}
THIEVES = ("littledreamers/proof/",)
# The bench makes children whose names are numbers, in a scratch installation of its own.
BENCH = {"littledreamers/benchmarks.py", "littledreamers/crowd.py"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if name not in BENCH:
                yield name, ast.parse(path.read_text())


def called_on_vault(tree: ast.Module) -> set[str]:
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "vault"
    }


def purposes_named(tree: ast.Module) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Purpose"
    }


def imported(tree: ast.Module, package: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
    } | {
        alias.name.rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.startswith(f"{package}.")
    }


def test_p3_only_these_modules_read_the_vault_and_for_these_purposes() -> None:
    found = {name: purposes_named(tree) for name, tree in modules() if "read" in called_on_vault(tree)}
    assert found == {name: READERS.get(name) for name in found}
    assert len(found) >= 6


def test_p3_only_these_modules_put_something_in() -> None:
    assert {name for name, tree in modules() if called_on_vault(tree) & {"put", "put_upload"}} == WRITERS


def test_p3_a_purpose_is_named_nowhere_else() -> None:
    found = {name: purposes_named(tree) for name, tree in modules() if name not in INSIDE and name not in READERS}
    assert {name: named for name, named in found.items() if named} == CALLERS
    assert {named for each in (*READERS.values(), *CALLERS.values()) for named in each} <= set(Purpose.__members__)


def test_p3_nobody_goes_around_the_vault() -> None:
    for name, tree in modules():
        assert not {"read", "put"} & imported(tree, "privacy.vault"), f"{name}: call them on the module"
        if name.startswith("privacy/") or name.startswith(THIEVES):
            continue
        assert not BELOW & imported(tree, "privacy"), name
        assert "VaultItem" not in imported(tree, "privacy.models"), name


def test_p3_each_kind_of_actor_has_its_purposes() -> None:
    assert set(PURPOSES_OF) == {"parent", "staff", "printer", "system"}
    assert PURPOSES_OF["printer"] == {Purpose.PRINT}
    for role in ("parent", "staff"):
        assert Purpose.PRINT not in PURPOSES_OF[role]


@pytest.mark.parametrize(
    "reason",
    ["", "     ", "asdfghjklm", "asdf asdf asdf", "a b c d e f g h i j k", "why", "because", "12345 67890", "... .....",
     "xxxxx yyyyy", "look look"],
)  # fmt: skip
def test_p12_what_says_nothing_is_no_reason(reason: str) -> None:
    with pytest.raises(NoReason):
        require_reason(reason)


@pytest.mark.parametrize(
    "reason", ["The parent asked about page five", "answering the question", "Moderen spørger om håret"]
)
def test_p12_a_few_words_are_one(reason: str) -> None:
    require_reason(reason)
