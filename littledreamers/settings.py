"""Settings of the shop, all from the environment.

Without any environment variable the shop runs as a *demo installation*: SQLite, an embedded queue, mail kept in
an outbox page and a payment sandbox, all below `var/`. `DEMO=false` makes it a production installation, which
refuses to start until it has been told its secrets (see `docs/deployment.md`).
"""

import hashlib
import logging
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu.entity import Exchange, Queue

from littledreamers import log_lines
from littledreamers.promised_numbers import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(str(BASE_DIR / ".env"))

DEMO: bool = env.bool("DEMO", default=True)
# DEBUG pages print local variables and every SQL parameter; this shop has no use for them, not even in development.
DEBUG = False
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).absolute()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)


def _required(name: str) -> str:
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set when DEMO=false; see docs/deployment.md")
    return value


def _demo_secret() -> str:
    """A secret that is made once and kept below `var/`, so that links of a demo survive a restart."""
    path = DATA_DIR / "demo-secret"
    try:
        with path.open("x") as file:
            file.write(secrets.token_urlsafe(48))
        path.chmod(0o600)
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or (_demo_secret() if DEMO else _required("SECRET_KEY"))
PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}" if DEMO else "").rstrip("/") or _required("SITE_URL")
_own_hosts = ["127.0.0.1", "localhost", "[::1]"] if DEMO else [urlsplit(SITE_URL).hostname]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=_own_hosts)
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []

# --- applications -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "littledreamers",
    "refunds",
    "orders",
    "books",
    "privacy",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "littledreamers.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "privacy.middleware.ForgottenMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "littledreamers.urls"
WSGI_APPLICATION = "littledreamers.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "littledreamers.shop_window.shop",
            ],
            "builtins": ["littledreamers.templatetags.components"],
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured with two writers: Django's own defaults fail in most writes, this in none (docs/decisions/0004).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")
# Before every key of broker and cache, so that several installations can share one Redis.
REDIS_PREFIX: str = env.str("REDIS_PREFIX", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}ld",
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Where wrapped keys lie: its own volume, never part of a backup (docs/deployment.md).
KEY_STORE_DIR = Path(env.str("KEY_STORE_DIR", default=str(DATA_DIR / "keys")))
BLOB_DIR = Path(env.str("BLOB_DIR", default=str(DATA_DIR / "blobs")))
# Work in progress on disk is ciphertext only, and still wants a tmpfs.
FILE_UPLOAD_TEMP_DIR = env.str("FILE_UPLOAD_TEMP_DIR", default=str(DATA_DIR / "tmp"))
Path(FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
STORIES_DIR = Path(env.str("STORIES_DIR", default=str(BASE_DIR / "books" / "stories"))).absolute()
PRINT_ICC: str = env.str("PRINT_ICC", default="")  # the print partner's CMYK profile; without it files name FOGRA39
PUBLISHED_DIR = Path(env.str("PUBLISHED_DIR", default=str(DATA_DIR / "published"))).absolute()

FILE_UPLOAD_HANDLERS = ["privacy.uploads.EncryptingUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
PHOTO_MAX_BYTES = 20 * 1024 * 1024

# `manage.py prove_forgetting` runs by itself when the last proof is older than this; 0 days: never.
PROOF_INTERVAL = timedelta(days=env.int("PROOF_DAYS", default=7))

# --- the shop -----------------------------------------------------------------------------------------------------

SHOP_NAME = "LittleDreamers"
CURRENCY = "eur"
CONTROLLER = {  # P44: named in the footer of every page and mail
    "name": env.str("CONTROLLER_NAME", default="LittleDreamers Publishing"),
    "address": env.str("CONTROLLER_ADDRESS", default="1 Lantern Lane, 2100 Copenhagen, Denmark"),
    "email": env.str("CONTROLLER_EMAIL", default="hello@littledreamers.example"),
    "phone": env.str("CONTROLLER_PHONE", default="+45 70 00 00 00"),
}
# Printed on invoices; a shop that is not registered for VAT has none.
VAT_NUMBER: str = env.str("VAT_NUMBER", default="DK 00 00 00 00" if DEMO else "")
# Where the head of the chain of receipts is mailed every day: best a mailbox that this machine cannot delete from.
RECEIPTS_MAIL_TO: str = env.str("RECEIPTS_MAIL_TO", default=CONTROLLER["email"])

# --- payments -----------------------------------------------------------------------------------------------------

SANDBOX_PORT = env.int("SANDBOX_PORT", default=PORT + 1)
STRIPE_SECRET_KEY: str = env.str("STRIPE_SECRET_KEY", default="") or (
    "sk_test_sandbox" if DEMO else _required("STRIPE_SECRET_KEY")
)
STRIPE_WEBHOOK_SECRET: str = env.str("STRIPE_WEBHOOK_SECRET", default="") or (
    "whsec_" + hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:32] if DEMO else _required("STRIPE_WEBHOOK_SECRET")
)
# Empty: Stripe itself. A demo installation pays in its own sandbox.
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", default=f"http://127.0.0.1:{SANDBOX_PORT}" if DEMO else "")

# --- parcels ------------------------------------------------------------------------------------------------------

# Shared with the tracking service, which signs its messages with it (orders/tracking.py). Empty: it cannot tell us.
TRACKING_WEBHOOK_SECRET: str = env.str("TRACKING_WEBHOOK_SECRET", default="")

# --- mail ---------------------------------------------------------------------------------------------------------

OUTBOX_DIR = DATA_DIR / "outbox"
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
elif DEMO:
    EMAIL_BACKEND = "littledreamers.outbox.OutboxBackend"
else:
    _required("EMAIL_URL")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{SHOP_NAME} <{CONTROLLER['email']}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
PRINT_PARTNER = {
    "profile": env.str("PRINT_PROFILE", default="house"),
    "name": env.str("PRINT_PARTNER_NAME", default="Northlight Print"),
    "email": env.str("PRINT_PARTNER_EMAIL", default="jobs@northlight-print.example"),
    "passphrase": env.str("PRINT_PARTNER_PASSPHRASE", default="")
    or ("paper-lantern-harbour" if DEMO else _required("PRINT_PARTNER_PASSPHRASE")),
}

# --- background work ----------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or "folder://localhost//"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Making a book takes seconds; mails and payments have a queue of their own and never wait behind it. A worker that
# names no queue takes both.
CELERY_TASK_QUEUES: list[Any] = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", "press")]
CELERY_TASK_ROUTES = {
    "books.*": {"queue": "press"},
    "orders.make_print_job": {"queue": "press"},
    "orders.sweep_print_jobs": {"queue": "press"},
    "littledreamers.prove_forgetting": {"queue": "press"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Whoever may write to the broker could otherwise have every task's errors, words included, sent to it as events.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "global_keyprefix": REDIS_PREFIX,
        "visibility_timeout": 600,
        "unacked_restore_interval": 5,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
else:
    _queue = DATA_DIR / "queue"
    for _folder in ("messages", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.1,
    }

# --- who ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [  # P54: length and common passwords, no composition rules
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_REDIRECT_URL = "orders:account"
LOGIN_URL = "account_login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in, from where, is nobody's business (P58)
AXES_CLIENT_IP_CALLABLE = "privacy.rate_limits.stand_in_address"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "password"]
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"

# --- the browser --------------------------------------------------------------------------------------------------

HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "microphone", "geolocation", "payment", "usb", "accelerometer", "gyroscope")
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "books.webfonts.FontFinder",
]
STORAGES = {
    "default": {"BACKEND": "privacy.blobs.NoPlainFiles"},
    "staticfiles": {"BACKEND": "littledreamers.static_files.HashedStaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- words and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/Copenhagen"
USE_I18N = True
USE_TZ = True

# --- logs: structured, with a request id, without addresses, names or SQL parameters ------------------------------

structlog.configure(
    processors=[*log_lines.SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
# A line that cannot be written (closed stream, full disk) would otherwise go to stderr as it came, error and all.
logging.raiseExceptions = False
# Loggers that bring handlers of their own lose them: nothing is written but through the formatter above.
_ours: dict[str, Any] = {"handlers": [], "propagate": True}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {"()": "structlog.stdlib.ProcessorFormatter", **log_lines.formatter(plain=DEMO)},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING" if DEMO else "INFO")},
    "loggers": {
        "django": _ours,
        "django.server": _ours,
        "gunicorn.error": _ours,
        # Addresses and signed links; the shop's own line about a request takes their place.
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django.db.backends": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "celery.beat": {"level": "WARNING"},  # every tick of every sweep
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "pikepdf": {"level": "ERROR"},
    },
}
# If somebody sets ADMINS all the same: the mail of an error tells its kind and its places.
DEFAULT_EXCEPTION_REPORTER = "littledreamers.error_report.ErrorReport"
# Core dumps off, a temporary folder of our own, no words of an uncaught error (littledreamers/private_process.py).
PRIVATE_PROCESS = True
