"""A browser without a screen: it keeps cookies, follows redirects, and fills in the forms that pages show."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from secrets import token_hex

TIMEOUT_SECONDS = 60


class PageMissing(Exception):
    """A page answered something else than a page; `status` says what."""

    def __init__(self, url: str, status: int, text: str) -> None:
        super().__init__(f"{urllib.parse.urlsplit(url).path} answered {status}")
        self.status = status
        self.text = text


@dataclass
class Form:
    """A form of a page, with what it would send if nobody touched it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Every field that can be filled in."""
        return {name for name, _ in self.fields} | set(self.choices)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select = self._textarea = ""
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "a" and a.get("href"):
            self.links.append(a["href"])
        if tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._form)
        form = self._form
        if form is None:
            return
        name = a.get("name", "")
        if tag == "input" and name:
            kind = a.get("type", "text")
            if kind in {"radio", "checkbox"}:
                form.choices.setdefault(name, []).append(a.get("value", "on"))
                if "checked" in a:
                    form.fields.append((name, a.get("value", "on")))
            elif kind not in {"submit", "button", "image", "file"}:
                form.fields.append((name, a.get("value", "")))
        elif tag == "select":
            self._select = name
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select:
            form.choices[self._select].append(a.get("value", ""))
            if "selected" in a:
                form.fields.append((self._select, a.get("value", "")))
        elif tag == "textarea":
            self._textarea, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._form is not None and self._textarea:
            self._form.fields.append((self._textarea, self._text))
            self._textarea = ""


@dataclass(frozen=True)
class Page:
    """What an address answered."""

    url: str
    body: bytes
    content_type: str

    @property
    def text(self) -> str:
        return self.body.decode()

    def form(self, having: str) -> Form:
        """The first form that has a field, or a part of its action, of this name. Raises LookupError."""
        for form in _parsed(self).forms:
            if having in form.names() or having in form.action:
                return form
        raise LookupError(f"no form with {having!r} on {urllib.parse.urlsplit(self.url).path}")

    def links(self) -> list[str]:
        """Every address that the page links to, absolute."""
        return [urllib.parse.urljoin(self.url, link) for link in _parsed(self).links]


def _parsed(page: Page) -> _Forms:
    parser = _Forms()
    parser.feed(page.text)
    return parser


class Browser:
    """One visitor."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, url: str) -> Page:
        """Open an address, following redirects. Raises `PageMissing` for 4xx and 5xx."""
        return self._open(urllib.request.Request(url))

    def send(
        self,
        page: Page,
        form: Form,
        values: dict[str, str | list[str]],
        *,
        file: tuple[str, str, bytes] | None = None,
        accept: str = "text/html",
    ) -> Page:
        """Send a form of a page with some fields filled in; `file` is (field, file name, content)."""
        fields = [(name, value) for name, value in form.fields if name not in values]
        for name, value in values.items():
            fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
        url = urllib.parse.urljoin(page.url, form.action or page.url)
        if form.method == "get":
            return self.get(f"{url}?{urllib.parse.urlencode(fields)}")
        body, kind = _multipart(fields, file) if file else (urllib.parse.urlencode(fields).encode(), None)
        headers = {"Referer": page.url, "Origin": _origin(page.url), "Accept": accept}
        request = urllib.request.Request(url, data=body, headers=headers)
        if kind:
            request.add_header("Content-Type", kind)
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return Page(answer.geturl(), answer.read(), answer.headers.get_content_type())
        except urllib.error.HTTPError as error:
            raise PageMissing(request.full_url, error.code, error.read().decode(errors="replace")) from None


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _multipart(fields: list[tuple[str, str]], file: tuple[str, str, bytes]) -> tuple[bytes, str]:
    boundary = token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    name, filename, content = file
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    parts += [head.encode(), content, b"\r\n", f"--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
