"""Real processes, as they run in the shop: crashes, temporary files, errors that nobody catches, killed uploads."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from books import photo
from privacy.apps import PrivacyConfig
from tests.books.small_story import portrait

ROOT = Path(__file__).resolve().parents[3]
CANARY = "CANARY-ZEPHYRINE"
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Of a shop of its own, whose home and temporary folder lie below `folder` too."""
    for name in ("home", "elsewhere"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "elsewhere"),
        "DATA_DIR": str(folder / "var"),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "littledreamers.settings",
        **more,
    }


def python(folder: Path, code: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(folder, **more),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


LOOK = """
import ctypes, json, os, resource, subprocess, sys, tempfile
{start}
child = "import resource, tempfile; print(resource.getrlimit(resource.RLIMIT_CORE), tempfile.gettempdir())"
print(json.dumps({{
    "limit": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "folder": tempfile.gettempdir(),
    "mode": oct(os.stat(tempfile.gettempdir()).st_mode & 0o777),
    "child": subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip(),
}}))
"""
STARTS = {
    "worker": "from littledreamers.celery import app; app.set_default(); app.loader.init_worker()",
    "command": "import django; django.setup()",
}  # fmt: skip


@pytest.mark.parametrize("process", ["worker", "command"])
def test_no_process_leaves_its_memory_or_its_temporary_files(tmp_path: Path, process: str) -> None:
    done = python(tmp_path, LOOK.format(start=STARTS[process]))
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    folder = str(tmp_path / "var" / "tmp")
    assert (seen["limit"], seen["dumpable"]) == ([0, 0], 0)
    assert (seen["folder"], seen["mode"]) == (folder, "0o700")
    assert seen["child"] == f"(0, 0) {folder}"


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    done = python(tmp_path, f"import django, os; django.setup(); name = {CANARY!r}; os.abort()")
    assert done.returncode == -signal.SIGABRT
    assert CANARY not in done.stdout + done.stderr
    assert [path for path in tmp_path.rglob("core*") if path.is_file()] == []


FAILING = """
import sys, threading
import django; django.setup()
from django.core.management import execute_from_command_line
from privacy import retention
def fail(*_args, **_kwargs):
    name = "CANARY-ZEPHYRINE"
    raise ValueError(f"cannot forget {name}")
retention.purge = fail
thread = threading.Thread(target=fail); thread.start(); thread.join()
execute_from_command_line(["manage.py", "purge"])
"""


@pytest.mark.parametrize("demo", ["true", "false"])
def test_f22_a_failing_command_tells_kind_and_place(tmp_path: Path, demo: str) -> None:
    real = {
        "DEMO": demo, "SECRET_KEY": "x" * 50, "SITE_URL": "https://shop.example", "STRIPE_SECRET_KEY": "x",
        "STRIPE_WEBHOOK_SECRET": "x", "EMAIL_URL": "smtp://mail.example", "PRINT_PARTNER_PASSPHRASE": "x",
    }  # fmt: skip
    done = python(tmp_path, FAILING, **real)
    assert done.returncode == 1
    assert done.stderr.count("ValueError") == 2
    assert "fail" in done.stderr
    assert CANARY not in done.stdout + done.stderr


def test_debug_is_refused_and_cannot_be_asked_for(tmp_path: Path, settings: Settings) -> None:
    done = python(
        tmp_path, "import django; django.setup(); from django.conf import settings; print(settings.DEBUG)", DEBUG="true"
    )
    assert done.stdout.strip() == "False"
    settings.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="never runs with it"):
        PrivacyConfig("privacy", sys.modules["privacy"]).ready()


# --- a web server that is killed while a photo arrives ----------------------------------------------------------------


class Web:
    """gunicorn with one worker on a fresh installation; a worker that is killed is followed by another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        env = environment(folder)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=env, cwd=ROOT, check=True, timeout=120)
        command = [sys.executable, "-m", "gunicorn", "littledreamers.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        with (folder / "stderr").open("wb") as said:
            self.process = subprocess.Popen([*command, "--threads", "2"], env=env, cwd=ROOT, stderr=said)

    def call(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def worker(self) -> int:
        """Its process id, once it answers."""
        for _ in range(300):
            with suppress(OSError), closing(self.call()) as line:
                line.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if b" 200 " in line.recv(100):
                    children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
                    return int(children.split()[0])
            time.sleep(0.1)
        raise AssertionError("no worker answers")

    def on_disk(self, worker: int) -> list[bytes]:
        """The unnamed temporary files that the worker has open."""
        held = []
        for descriptor in Path(f"/proc/{worker}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith(str(self.folder)) and target.endswith("(deleted)"):
                held.append(descriptor.read_bytes())
        return held


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    served = Web(tmp_path_factory.mktemp("web"))
    try:
        yield served
    finally:
        served.process.kill()
        served.process.wait()


@pytest.mark.fault
@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_p11_a_web_server_killed_while_a_photo_arrives_leaves_nothing(web: Web, chunked: bool) -> None:
    """A body in chunks, of which nobody knows the length, is not read at all."""
    worker = web.worker()
    bits = (CANARY * 4096).encode()
    head = (
        "POST /stories/night-post/personalise/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrf=" + "a" * 32 + "\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        + ("Transfer-Encoding: chunked\r\n\r\n" if chunked else "Content-Length: 18000000\r\n\r\n")
    )
    start = (
        '--b\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + "a" * 32 + "\r\n"
        f'--b\r\nContent-Disposition: form-data; name="photo"; filename="{CANARY}.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    with closing(web.call()) as line:
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(head.encode())
            for piece in (start, *[bits] * 80):
                line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece)
        deadline = time.monotonic() + 10
        while not (held := [part for part in web.on_disk(worker) if len(part) > 4 * 2**20]) and not chunked:
            assert time.monotonic() < deadline, "the upload never reached the disk: the test looks at nothing"
            time.sleep(0.05)
        os.kill(worker, signal.SIGKILL)
    assert not any(CANARY.encode() in part for part in held)
    for path in web.folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
    assert list((web.folder / "var" / "tmp").iterdir()) == []


@pytest.mark.fault
def test_p58_gunicorn_keeps_addresses_links_and_broken_requests_to_itself(web: Web) -> None:
    web.worker()
    for request in (
        f"GET /orders/open/{CANARY}/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
        f"GET /{CANARY} HTTP/9.9\r\n\r\n",
        f"{CANARY} {CANARY} {CANARY}\r\n\r\n",
        f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {CANARY}.example\r\nX: {CANARY}\r\n\r\n",
    ):
        with closing(web.call()) as line, suppress(OSError):
            line.sendall(request.encode())
            while line.recv(4096):
                pass
    said = (web.folder / "stderr").read_text()
    assert "request answered" in said
    assert "Listening at" in said
    assert CANARY not in said
    assert "127.0.0.1" not in said


# --- the process that decodes a photo ---------------------------------------------------------------------------------


@pytest.mark.fault
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU])
def test_p11_a_decoder_that_dies_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Killed, out of memory or crashed: the parent is told kindly, and nothing lies anywhere."""
    whole = subprocess.Popen
    before = set(Path("/").glob("core*")) | set(tmp_path.rglob("*"))

    class Dying(whole):  # type: ignore[valid-type, misc]
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            time.sleep(0.05)
            os.kill(self.pid, number)

    monkeypatch.setattr("books.photo.subprocess.Popen", Dying)
    with pytest.raises(photo.PhotoRejected, match="damaged"):
        photo.sanitise(portrait(1200))
    assert set(Path("/").glob("core*")) | set(tmp_path.rglob("*")) == before
