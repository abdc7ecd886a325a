"""Settings of the tests: a demo installation in a scratch folder, with cheap passwords and an eager queue."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_cache = Path(__file__).resolve().parent.parent / ".cache"
if "PYTEST_VERSION" in os.environ:
    _scratch = Path(tempfile.mkdtemp(prefix="littledreamers-tests-"))
    atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
else:  # mypy reads these settings too, and leaves without cleaning up
    _scratch = _cache / "data"
os.environ["DATA_DIR"] = str(_scratch)
os.environ["PROOF_DAYS"] = "0"
os.environ.setdefault("PUBLISHED_DIR", str(_cache / "published"))

from littledreamers.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
AXES_ENABLED = False
PRIVATE_PROCESS = False  # pytest has temporary folders and hooks of its own
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file: threads of a test that work at the same time lock each other out of SQLite's shared memory.
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
# Workers that run beside each other share one Redis.
CACHES["default"]["KEY_PREFIX"] = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"  # noqa: F405
