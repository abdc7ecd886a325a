"""The proof from its beginning to its report: one scratch shop, fourteen days, and a search of everything it left."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from littledreamers.proof import planting
from littledreamers.proof.canaries import Canaries
from littledreamers.proof.databases import Database, PostgreSQL, Rows, Sessions, SQLite, Unplantable
from littledreamers.proof.places import Files, Mails, Place, changed_since
from littledreamers.proof.redis_keys import ON_DISK, RedisKeys
from littledreamers.proof.report import PlaceSearched, Report, Restored, Searching
from littledreamers.proof.scratch import Scratch
from littledreamers.proof.search import Hit, Search, Searched
from littledreamers.proof.visit import Visit

DAY = 86400.0
HOUR, MINUTE = 3600.0, 60.0
FORGET_WITHIN = 60.0  # seconds, by itself, on day 14
PAUSE = 0.25


@dataclass
class Wanted:
    """How the proof is to be made. Without `database_url` and `redis_url`: on the embedded defaults."""

    base_dir: Path
    published: Path
    settings_module: str
    database_url: str = ""
    redis_url: str = ""
    keep: bool = False


@dataclass
class Proof:
    """One run. `run` may be called once."""

    wanted: Wanted
    say: Callable[[str], None]

    def run(self) -> Report:
        """Raises CannotRun. Whatever happens, nothing is left behind, unless it was asked to be kept."""
        wanted = self.wanted
        self.report = Report(
            at=datetime.now(UTC),
            database=PostgreSQL.kind if wanted.database_url else SQLite.kind,
            queue="Redis" if wanted.redis_url else "embedded queue",
        )
        with ExitStack() as self.afterwards:
            with self._step("prepare"):
                self.shop = self._scratch()
                self.database = self._database()
                self.shop.database_url = self.database.url
                self.shop.prepare()
            self.begun = time.time()
            with self._step("try the search itself"):
                self._try_search()
            self.canaries = Canaries()
            self.visit = Visit(self.shop, self.canaries, self.say)
            self._day_1()
            self._day_13()
            self._day_14()
            self._day_15()
            if wanted.keep:
                self.say(f"The scratch installation is kept in {self.shop.root}")
        return self.report

    # --- the days ---------------------------------------------------------------------------------------------------

    def _try_search(self) -> None:
        """Plant a canary in every place and every encoding; a search that misses one is worth nothing."""
        self.say("Trying the search itself: a canary in every place and every encoding")
        stand_ins = planting.stand_ins()
        search, plants = Search(stand_ins), planting.everything(stand_ins)
        for place in self._places():
            expected = place.plant(plants)
            try:
                _, hits = look(search, [place], only_planted={where for where, _ in expected})
            finally:
                place.weed()
            found = {(hit.file, hit.canary) for hit in hits}
            anywhere = {(hit.canary, hit.encoding) for hit in hits}
            for where, plant in expected:
                needed = search.in_bytes(plant.content, pictures=False)
                if not ((where, plant.canary) in found if where else needed and needed <= anywhere):
                    self.report.missed.append(f"{plant.canary} as {plant.way} in {place.name}")
            self.report.planted += len(expected)

    def _day_1(self) -> None:
        with self.shop.running():
            with self._step("orders"):
                self.visit.everything()
            with self._step("search on day 1"):
                self._search("day 1", self._places())

    def _day_13(self) -> None:
        with self._step("day 13"):
            self.say("Day 13: everything can still be read; a backup is taken")
            with self.shop.running(ahead=13 * DAY, only_web=True):
                self.report.pages_on_day_13 = self.visit.answers()
            self.report.readable_on_day_13 = self._read(self.shop, "on day 13", ahead=13 * DAY)
            self.backup = self._temporary("littledreamers-backup-")
            left_out = shutil.ignore_patterns(f"{self.shop.sqlite.name}*")
            shutil.copytree(self.shop.data, self.backup / "data", ignore=left_out)
            shutil.copytree(self.shop.root / "blobs", self.backup / "blobs")
            self.copied = self.database.copy(self.backup / "data" / self.shop.sqlite.name)
            self.afterwards.callback(self.copied.drop)

    def _day_14(self) -> None:
        self.say("Day 14: the processes start, and nobody calls anything")
        # The hour's key dies an hour after the end of the hour in which its last child may have come.
        ahead = 14 * DAY + HOUR + 2 * MINUTE
        with self.shop.running(ahead=ahead):
            with self._step("day 14"):
                self.report.pages_on_day_14 = self.visit.answers()
                deadline = time.monotonic() + FORGET_WITHIN
                while any((left := self._left()).values()) and time.monotonic() < deadline:
                    time.sleep(PAUSE)
                self.report.left_on_day_14 = left
            with self._step("search on day 14"):
                backup = Rows("rows of the backup of day 13", self.copied)
                files = Files("files of the backup of day 13", [self.backup])
                self._search("day 14", [*self._places(), backup, files])

    def _day_15(self) -> None:
        """The backup with today's keys, on the day, and on a machine whose clock somebody has set back to day 13."""
        with self._step("restore the backup"):
            self.say("Day 15: the backup of day 13 is restored beside today's keys")
            restored = self._scratch(keys=self.shop.keys)
            restored.database_url, restored.secret = self.copied.url, self.shop.secret
            for name in ("data", "blobs"):
                shutil.copytree(self.backup / name, restored.root / name, dirs_exist_ok=True)
            for when, clock in (("after the restore, on day 15", 15), ("after the restore, the clock on day 13", 13)):
                read = self._read(restored, when, ahead=clock * DAY, boot_ahead=15 * DAY)
                self.report.restored.append(read)

    # --- what they need ---------------------------------------------------------------------------------------------

    def _scratch(self, *, keys: Path = Path()) -> Scratch:
        wanted = self.wanted
        shop = Scratch(
            base_dir=wanted.base_dir,
            published=wanted.published,
            settings_module=wanted.settings_module,
            redis_url=wanted.redis_url,
            keys=keys,
        )
        if not wanted.keep:
            self.afterwards.callback(shop.remove)
        if wanted.redis_url:
            self.afterwards.callback(self._redis(shop, cache=False).remove_all)
        return shop

    def _database(self) -> Database:
        if not self.wanted.database_url:
            return SQLite(self.shop.sqlite)
        made = PostgreSQL(self.wanted.database_url)
        self.afterwards.callback(made.drop)
        return made

    def _temporary(self, prefix: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        if not self.wanted.keep:
            self.afterwards.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    @staticmethod
    def _redis(shop: Scratch, *, cache: bool) -> RedisKeys:
        name = "cache in Redis" if cache else "queue in Redis"
        return RedisKeys(name, shop.redis_url, shop.prefix, cache)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.report.seconds[name] = round(time.perf_counter() - started, 2)

    def _read(self, shop: Scratch, when: str, *, ahead: float, boot_ahead: float | None = None) -> Restored:
        printed = shop.run("littledreamers.proof.reading", ahead=ahead, boot_ahead=boot_ahead)
        counts = json.loads(printed.strip().splitlines()[-1])
        return Restored(when, counts["items"], counts["readable"])

    def _left(self) -> dict[str, int]:
        """What should not be there any more on day 14."""
        keys, blobs = self.shop.keys, self.shop.root / "blobs"
        with closing(self.database.connect()) as connection:
            rows = connection.execute("SELECT count(*) FROM privacy_vaultitem").fetchone()[0]
            alive = connection.execute("SELECT count(*) FROM privacy_child WHERE purged_at IS NULL").fetchone()[0]
        return {
            "children not forgotten": alive,
            "keys of children or of their hour": sum(
                1 for part in ("hours", "children") for path in (keys / part).rglob("*") if path.is_file()
            ),
            "rows of the vault": rows,
            "files of the vault": sum(1 for path in blobs.rglob("*") if path.is_file()),
        }

    def _search(self, when: str, places: list[Place]) -> None:
        self.say(f"Searching everything on {when}")
        searched, hits = look(Search(self.canaries), places)
        self.report.searches.append(Searching(when, searched, hits))

    def _places(self) -> list[Place]:
        """Every place of the scratch installation, and those of the machine it may have written to."""
        shop, since = self.shop, self.begun
        data, outbox = shop.data, shop.outbox
        outbox.mkdir(exist_ok=True)

        claimed = {"outbox", "queue"}
        files, not_searched = self.database.places(since)
        stories = [story.resolve() for story in (shop.root / "published").iterdir() if story.is_symlink()]
        places: list[Place] = [
            Rows("database rows", self.database, without=Sessions.only),
            Sessions("sessions", self.database),
            *files,
            Files("pictures and books (blobs)", [shop.root / "blobs"]),
            Files("key store", [shop.keys]),
            Files("temporary folders", [shop.root / "tmp", shop.root / "uploads"]),
            Files("home folder", [shop.root / "home"]),
            Files("logs", [shop.root / "logs"]),
            Mails("mail", [outbox]),
            Files("beat's schedule", [data], mine=lambda path: path.name.startswith("celerybeat"),
                  planted_name="celerybeat-{}"),
            Files("payment sandbox", [data], mine=lambda path: path.name.startswith("sandbox"),
                  planted_name="sandbox-{}"),
            Files("rest of the data folder", [data], mine=lambda path: (
                path.relative_to(data).parts[0] not in claimed
                and not path.name.startswith(("celerybeat", "sandbox", shop.sqlite.name)))),
            Files("static files", [shop.root / "static"], pictures=False, unpack_since=since),
            Files("published stories", [shop.root / "published", *stories], pictures=False, unpack_since=since),
            Unplantable(Files("the machine's temporary folders", _machine_folders(), pictures=False, deepest=1, mine=(
                lambda path: changed_since(since)(path) and not path.is_relative_to(shop.root)))),
        ]  # fmt: skip
        if shop.redis_url:
            places += [self._redis(shop, cache=False), self._redis(shop, cache=True)]
            not_searched = [*not_searched, ON_DISK]
        else:
            (data / "queue").mkdir(exist_ok=True)
            places.append(Files("queue", [data / "queue"]))
            not_searched = [*not_searched, "the cache: it lies in the web server's memory only"]
        self.report.not_searched = [*not_searched, "memory and swap of the machine, and other hosts"]
        return places


def _machine_folders() -> list[Path]:
    return [folder for folder in (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")) if folder.is_dir()]  # noqa: S108


def look(
    search: Search, places: list[Place], *, only_planted: set[str] | None = None
) -> tuple[list[PlaceSearched], list[Hit]]:
    """Look through places. `only_planted`: for a trial, only pieces of these names (all, if a name is empty)."""
    results, hits = [], set()
    wanted = only_planted if only_planted and "" not in only_planted else None
    for place in places:
        searched = Searched()
        for file, content in place.contents():
            if wanted is not None and file not in wanted:
                continue
            try:
                found = _in_piece(search, place, content, searched)
            except OSError:  # gone since it was listed, as messages of a queue are
                continue
            searched.files += 1
            hits |= {Hit(place.name, file, canary, encoding) for canary, encoding in found}
        results.append(PlaceSearched(place.name, searched.files, searched.bytes, searched.unpacked_bytes))
    return results, sorted(hits)


def _in_piece(search: Search, place: Place, content: bytes | Path, searched: Searched) -> set[tuple[str, str]]:
    if isinstance(content, bytes):
        return search.in_bytes(content, pictures=place.pictures, searched=searched)
    unpack = max(content.stat().st_mtime, content.stat().st_ctime) >= place.unpack_since
    return search.in_file(content, pictures=place.pictures, unpack=unpack, searched=searched)
