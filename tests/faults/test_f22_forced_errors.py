"""F22: an error forced in every view, task and command: nothing of the child in any log, mail, answer or on stderr."""

import inspect
import io
import logging
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from celery.app.trace import trace_task
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.core.management import get_commands, load_command_class
from django.db import IntegrityError
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from django.template.base import Template
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from accounts.models import OutgoingMail
from books.stamping import Stamp
from books.story import Story
from littledreamers import private_process
from littledreamers.celery import app as celery_app
from privacy import ciphers, vault
from tests.books.making import answers
from tests.books.small_story import portrait
from tests.faults.addresses import Address, every
from tests.faults.overheard import overheard
from tests.faults.whole_shop import CANARIES, DEDICATION, MESSAGE, NAME, POSTED, Shop, canaries_in, make_shop, undone

pytestmark = [pytest.mark.fault, pytest.mark.django_db]
APPS = ("littledreamers", "refunds", "orders", "books", "privacy", "accounts")


class Boom(Exception):
    """An error that says everything it knows."""


def burst(*known: object) -> NoReturn:
    """Raise an error whose words, notes, cause and variables are everything that is known at this place."""
    everything = f"{CANARIES} {known!r} {known}"
    error = Boom(everything)
    error.add_note(everything)
    try:
        raise KeyError(everything)
    except KeyError as cause:
        raise error from cause


@pytest.fixture
def shop(small_story: Story, settings: Settings) -> Shop:
    settings.ADMINS = [("Owner", "owner@example.com")]
    return make_shop(small_story)


@pytest.fixture
def fired() -> list[str]:
    return []


def posted(address: Address) -> dict[str, Any]:
    """A form with a canary in every field, and a file whose name, type and bytes are some too."""
    picture = SimpleUploadedFile(f"{POSTED}.jpg", portrait(400) + POSTED.encode(), f"image/jpeg; name={POSTED}")
    told = {
        "text": MESSAGE,
        "message": MESSAGE,
        "words": MESSAGE,
        "reason": POSTED,
        "note": POSTED,
        "email": f"{POSTED}@example.test",
    }
    return {**answers(name=NAME, dedication=DEDICATION), **told, "approve": "on", "revision": "1", "photo": picture}


def asked(shop: Shop, address: Address, method: str) -> HttpResponse:
    """One request, full of canaries; what it changes is undone."""
    headers = {"X-Child": NAME, "User-Agent": POSTED, "Referer": f"http://testserver/?name={NAME}"}
    path = f"{address.path(shop.fill)}?name={NAME}&{POSTED}={POSTED}"
    with undone():
        if method == "POST":
            return shop.client().post(path, posted(address), headers=headers)  # type: ignore[return-value]
        return shop.client().get(path, headers=headers)  # type: ignore[return-value]


# --- what breaks, and where -------------------------------------------------------------------------------------------


def break_vault(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    for name in ("unseal", "unseal_file"):
        whole: Callable[..., bytes] = getattr(ciphers, name)

        def opened(*args: Any, _whole: Callable[..., bytes] = whole, **kwargs: Any) -> NoReturn:
            plain = _whole(*args, **kwargs)
            fired.append("vault")
            burst(plain[:500], plain[:500].decode(errors="replace"))

        monkeypatch.setattr(ciphers, name, opened)


def break_storing(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    def put(_child: object, kind: str, _number: int, data: bytes) -> NoReturn:
        fired.append("storing")
        burst(kind, data[:500].decode(errors="replace"))

    monkeypatch.setattr(vault, "put", put)


def break_rendering(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    def set_words(stamp: Stamp, places: object) -> NoReturn:
        fired.append("rendering")
        burst(vars(stamp), places)

    monkeypatch.setattr(Stamp, "set_words", set_words)


def break_templates(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    whole = Template.render

    def render(template: Template, context: Any) -> Any:
        if template.name == "500.html":
            return whole(template, context)
        fired.append("template")
        held = dict(context.flatten())
        request = held.get("request")
        burst(held, request.POST if isinstance(request, HttpRequest) else "")

    monkeypatch.setattr(Template, "render", render)


def break_database(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    whole = CursorWrapper.execute

    def execute(cursor: Any, sql: Any, params: Any = None) -> Any:
        if str(sql).startswith(("INSERT", "UPDATE", "DELETE")):
            fired.append("database")
            raise IntegrityError(f"{sql} DETAIL: Key=({params!r}) {CANARIES}")
        return whole(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", execute)


def break_mail(monkeypatch: pytest.MonkeyPatch, fired: list[str]) -> None:
    def send(message: EmailMessage) -> NoReturn:
        fired.append("mail")
        burst(vars(message))

    monkeypatch.setattr(EmailMessage, "send", send)


# How each breaks, and at least how often it does on the way through all addresses.
BREAKS = {
    "in the vault": (break_vault, 8),
    "in storing": (break_storing, 2),
    "in rendering": (break_rendering, 2),
    "in the template": (break_templates, 60),
    "in the database": (break_database, 20),
}

# --- views ------------------------------------------------------------------------------------------------------------


def check(said: io.StringIO, capfd: pytest.CaptureFixture[str], answer: HttpResponse | None = None) -> None:
    """Nobody has told anything. A page that holds what a parent typed is allowed; a page about an error is not."""
    written = capfd.readouterr()
    body = answer.content.decode(errors="replace") if answer is not None and answer.status_code >= 500 else ""
    for text in (said.getvalue(), written.out, written.err, body):
        assert canaries_in(text) == [], next(line for line in text.splitlines() if canaries_in(line))
    assert not [mail for mail in outbox.outbox if canaries_in(mail.message().as_string())]


def test_f22_an_error_in_every_view(
    shop: Shop, fired: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        fired.append(request.path)
        burst(
            request.POST,
            [file.read() for _, files in request.FILES.lists() for file in files],
            request.META,
            args,
            kwargs,
        )

    addresses = every()
    assert len(addresses) > 150
    for address in addresses:
        assert address.path(shop.fill)  # a gap nobody knows ends here, with its name
        monkeypatch.setattr(address.pattern, "callback", view)
    for number, address in enumerate(addresses, 1):
        with overheard() as said:
            answer = asked(shop, address, "POST")
        assert (answer.status_code, len(fired)) == (500, number), address.route
        assert "Boom" in said.getvalue()
        check(said, capfd, answer)


@pytest.mark.parametrize("where", BREAKS)
def test_f22_an_error_deeper_down(
    shop: Shop, fired: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], where: str
) -> None:
    addresses = [address for address in every() if not address.is_admin or address.name.endswith("_change")]
    known = [address for address in addresses if not address.route.startswith("account/")]
    break_it, at_least = BREAKS[where]
    break_it(monkeypatch, fired)
    for address in known:
        for method in ("GET", "POST") if not address.is_admin else ("GET",):
            with overheard() as said:
                answer = asked(shop, address, method)
            check(said, capfd, answer)
    assert len(fired) >= at_least, fired


# --- tasks ------------------------------------------------------------------------------------------------------------


def tasks() -> dict[str, Any]:
    celery_app.loader.import_default_modules()
    return {name: task for name, task in celery_app.tasks.items() if not name.startswith("celery.")}


def arguments(task: Any, shop: Shop) -> list[int]:
    """The ids that a task takes. KeyError: a task takes something that this shop does not have yet."""
    return [shop.ids()[name] for name in inspect.signature(task.run).parameters]


def test_f22_an_error_in_every_task(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = tasks()
    assert len(found) > 12
    for number, task in enumerate(found.values()):
        ids = arguments(task, shop)
        monkeypatch.setattr(task, "run", lambda *args: burst(args))
        monkeypatch.setattr(task, "__trace__", None, raising=False)
        with overheard() as said:
            trace_task(task, f"task-{number}", ids, {}, {"id": f"task-{number}", "task": task.name}, app=celery_app)
        assert "Boom" in said.getvalue()
        assert f"task-{number}" in said.getvalue()
        check(said, capfd)
        monkeypatch.undo()


@pytest.mark.parametrize("where", [*BREAKS, "in the mail"])
def test_f22_an_error_deeper_down_in_a_task(
    shop: Shop, fired: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], where: str
) -> None:
    calls = [(task, arguments(task, shop)) for task in tasks().values()]
    OutgoingMail.objects.update(state="queued")
    if where == "in the mail":
        break_mail(monkeypatch, fired)
    else:
        BREAKS[where][0](monkeypatch, fired)
    for number, (task, ids) in enumerate(calls):
        monkeypatch.setattr(task, "__trace__", None, raising=False)
        with undone(), overheard() as said:
            trace_task(task, f"task-{number}", ids, {}, {"id": f"task-{number}", "task": task.name}, app=celery_app)
        check(said, capfd)
    assert fired


# --- commands ---------------------------------------------------------------------------------------------------------

WORDS = {"demo_order": ["--name", NAME, "--age", "5"]}


def test_f22_an_error_in_every_command(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error that a command does not catch ends in `sys.excepthook`; so do those of threads."""
    ours = [(app, name) for name, app in get_commands().items() if app in APPS]
    assert len(ours) >= 7
    for app, name in ours:
        command = load_command_class(app, name)
        monkeypatch.setattr(command, "handle", lambda *args, **options: burst(args, options))
        with overheard() as said:
            try:
                command.run_from_argv(["manage.py", name, *WORDS.get(name, [])])
            except Boom:
                private_process._uncaught(*sys.exc_info())
        assert "Boom" in said.getvalue(), name
        check(said, capfd)


def test_f22_a_log_line_that_cannot_be_written_is_not_told_to_stderr_instead(capfd: pytest.CaptureFixture[str]) -> None:
    """Python shows a line with its error when a handler fails, as on a full disk."""
    closed = io.StringIO()
    closed.close()
    handler = logging.StreamHandler(closed)
    log = logging.getLogger("somebody")
    log.addHandler(handler)
    try:
        burst()
    except Boom:
        log.exception(f"failed for {NAME}")
    finally:
        log.removeHandler(handler)
    written = capfd.readouterr()
    assert canaries_in(written.out + written.err) == []


# --- and the test itself ----------------------------------------------------------------------------------------------


def test_f22_an_ordinary_handler_would_have_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round: the same error through Python's own formatter shows every canary."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    address = next(address for address in every() if address.name == "personalise")
    monkeypatch.setattr(address.pattern, "callback", lambda request, **kwargs: burst(request.POST))
    try:
        asked(shop, address, "POST")
    finally:
        logging.getLogger().removeHandler(handler)
    assert canaries_in(said.getvalue()) == list(CANARIES)


def test_f22_a_mail_about_an_error_tells_its_kind_and_places(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No logger mails errors; a handler that somebody adds again finds a report without values."""
    handler = AdminEmailHandler(include_html=True)
    for name in ("django", "django.request", "django.server", "gunicorn.error", "celery", ""):
        assert not any(isinstance(one, AdminEmailHandler) for one in logging.getLogger(name).handlers), name
    try:
        burst(shop)
    except Boom:
        handler.emit(logging.LogRecord("x", logging.ERROR, "f.py", 1, "failed", None, sys.exc_info()))
    (message,) = outbox.outbox
    whole = message.message().as_string()
    assert "Boom" in whole
    assert "test_f22_forced_errors.py" in whole
    assert canaries_in(whole) == []
