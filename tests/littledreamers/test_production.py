"""A production installation is complete or does not start; nothing of the demo works there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "DEMO": "false",
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "SITE_URL": "https://shop.example",
    "ALLOWED_HOSTS": "shop.example",
    "STRIPE_SECRET_KEY": "sk_live_example",
    "STRIPE_WEBHOOK_SECRET": "whsec_example",
    "EMAIL_URL": "smtp+tls://user:password@mail.example:587",
    "PRINT_PARTNER_PASSPHRASE": "paper and ink",
}
REQUIRED = [name for name in PRODUCTION if name not in {"DEMO", "ALLOWED_HOSTS"}]


def manage(tmp_path: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env={**kept, **environment, "DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_f25_check_deploy_has_nothing_to_say(tmp_path: Path) -> None:
    done = manage(tmp_path, PRODUCTION, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).strip() == "System check identified no issues (0 silenced)."


@pytest.mark.parametrize("missing", REQUIRED)
def test_production_names_the_secret_that_is_missing(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != missing}
    done = manage(tmp_path, environment, "check")
    assert done.returncode != 0
    assert f"{missing} must be set when DEMO=false" in done.stderr


def test_the_demo_and_its_sandbox_refuse_production(tmp_path: Path) -> None:
    for words in (("demo",), ("payment_sandbox", "--port", "1")):
        done = manage(tmp_path, PRODUCTION, *words)
        assert done.returncode != 0, words
        assert "demo" in done.stderr.lower(), words
