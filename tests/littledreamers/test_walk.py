"""`manage.py demo_order` walks one book through the shop and leaves everything that came of it."""

import json
import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

import pikepdf
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.e2e


def demo_order(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATA_DIR", "DATABASE_URL", "REDIS_URL"}}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "demo_order", *words, "--out", str(out)],
        env={**kept, "DJANGO_SETTINGS_MODULE": "littledreamers.settings", "DATA_DIR": str(out / "var"),
             "PUBLISHED_DIR": str(ROOT / ".cache" / "published")},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_the_walk_leaves_book_mails_and_timeline(tmp_path: Path) -> None:
    done = demo_order(tmp_path, "--name", "Zephyrine", "--age", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    with pikepdf.open(tmp_path / "digital-copy.pdf") as copy, pikepdf.open(tmp_path / "interior.pdf") as interior:
        assert (len(copy.pages), len(interior.pages)) == (34, 32)
    with pikepdf.open(tmp_path / "cover.pdf") as cover:
        assert len(cover.pages) == 1
    assert len(list((tmp_path / "pages").glob("*.jpg"))) == 34
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in (tmp_path / "mail").iterdir()]
    to = Counter(mail["To"] for mail in mails)  # the owner gets the head of the chain of receipts
    assert to == {"robin@example.org": 5, "jobs@northlight-print.example": 1, "hello@littledreamers.example": 1}
    assert not [mail["Subject"] for mail in mails if "Zephyrine" in mail.as_string()]
    steps = json.loads((tmp_path / "timeline.json").read_text())
    assert steps[-1]["step"] == "day 14: forget the child"
    assert all(step["ms"] > 0 for step in steps)
    assert "Zephyrine" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("--name", "Zoë", "--age", "5", "--photo", str(ROOT / "README.md")), "not a photo we can read"),
        (("--name", "Zoë", "--age", "5", "--sibling", "Ida", "13"), "Our books are for children from 0 to 12."),
        (("--name", "Zoë", "--age", "5", "--sibling", "Ida", "two"), "a number of whole years"),
        (("--name", "Zoë", "--age", "5", "--photo", "nowhere.jpg"), "There is no file nowhere.jpg"),
    ],
    ids=["text as photo", "second child too old", "no age", "no photo"],
)
def test_wrong_answers_get_the_shops_own_words(tmp_path: Path, words: tuple[str, ...], kind: str) -> None:
    done = demo_order(tmp_path, *words)
    assert done.returncode != 0
    assert kind in done.stderr
