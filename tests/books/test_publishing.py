"""Publishing: all or nothing, once for a version, and only what looks right."""

import io
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings

from books import benchmarks, page_sheet, publishing, recolouring, story_checks, svg_forms, templates_store
from books import story as stories
from books.story import Story
from tests.books import small_story as small


@pytest.fixture
def fresh(settings: Settings, tmp_path: Path) -> Path:
    """The small story, not published, in folders of its own."""
    settings.STORIES_DIR = tmp_path / "stories"
    settings.PUBLISHED_DIR = tmp_path / "published"
    small.share_fonts(settings.PUBLISHED_DIR)
    return small.write(settings.STORIES_DIR)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if not path.name.startswith("fonts-"))


def test_a_template_holds_all_that_books_need(small_story: Story) -> None:
    folder = small_story.template_folder
    assert folder.name == f"moon-wave-{small_story.version}"
    names = {path.name for path in folder.iterdir()}
    # Whoever publishes with looking leaves a sheet of all pages beside it.
    assert names - {publishing.SHEET} == {
        *("template.pdf", "overlay.pdf", "backgrounds.raw", "large", "index.json", "sample"),
        *("story.toml", "palette.toml"),
    }
    template = templates_store.template_for(small_story)
    assert template.pixels.shape == (10, 1000, 1000, 4)  # six pages, two covers, and a spread that differs for two
    assert len(template.overlay) < len(template.data)
    assert not template.pixels.flags.writeable
    assert templates_store.published_template("moon-wave") is template


def test_backgrounds_are_the_trimmed_pages(small_story: Story) -> None:
    template = templates_store.template_for(small_story)
    page = template.background(2)
    # The red window of the spread has its middle at (150, 130) mm of the drawing: 147, 127 of the trimmed page.
    blue, green, red, _ = page[int(127 / 210 * 1000), int(147 / 210 * 1000)]
    assert (red, green, blue) == (0xC8, 0x45, 0x3F)
    right = template.background(3)
    assert tuple(right[0, 0][:3]) == pytest.approx(tuple(page[0, 999][:3]), abs=2)


def test_large_backgrounds_are_the_same_pages_and_nobody_draws_on_the_kept_ones(small_story: Story) -> None:
    template = templates_store.template_for(small_story)
    for place in template.places():
        large = template.paper(place, 1600)
        assert large.shape == (1600, 1600, 4)
        shrunk = Image.frombuffer("RGBX", (1600, 1600), large.tobytes(), "raw", "RGBX", 0, 1).resize((1000, 1000))
        small = template.background(place)[:, :, :3].astype(int)
        assert np.abs(np.asarray(shrunk)[:, :, :3] - small).mean() < 2, place
        large[:] = 0
        assert template.paper(place, 1600).any()
        template.paper(place, 1000)[:] = 0
        assert template.background(place).any()


def test_a_template_from_before_gets_its_large_backgrounds(small_story: Story) -> None:
    large = small_story.template_folder / "large"
    kept = {path.name: path.read_bytes() for path in large.iterdir()}
    shutil.rmtree(large)
    assert not templates_store.template_for(small_story).draws_at(1600)
    assert not publishing.publish(small_story.slug).fresh
    assert {path.name: path.read_bytes() for path in large.iterdir()} == kept
    assert list(small_story.template_folder.parent.glob(".large-*")) == []


def test_all_pages_are_drawn_with_three_children_and_three_pairs(small_story: Story) -> None:
    sheet = page_sheet.drawn(templates_store.template_for(small_story))
    rows = 1  # eight places, covers among them, in rows of nine
    books = 6  # of one child, and of two
    assert sheet.size == (9 * 246 + 6, books * (rows * 246 + 18))
    blocks = [sheet.convert("RGB").crop((0, top, sheet.width, top + 246)) for top in range(0, books * 264, 264)]
    assert len({block.tobytes() for block in blocks}) == books


def test_samples_for_the_shop_window(small_story: Story) -> None:
    for page in (0, 2, 3, 7):
        with Image.open(publishing.sample(small_story, page)) as image:
            assert image.size == (1000, 1000)
    with pytest.raises(FileNotFoundError):
        publishing.sample(small_story, 5)
    for page in small_story.pair_pages:
        with Image.open(publishing.sample(small_story, page, pair=True)) as image:
            assert image.size == (800, 800)
    assert small_story.pair_pages == (0, 2, 3)
    assert replace(small_story, children=1).pair_pages == ()


def test_every_colour_class_of_every_part_is_found_again(small_story: Story) -> None:
    from books import character, drawing

    parts = templates_store.template_for(small_story).parts
    assert {key: counts for key, (_, counts) in parts.items()} == {
        key: drawing.class_counts(part) for key, part in character.parts().drawings.items()
    }
    assert len(set(recolouring.SENTINELS.values())) == len(recolouring.SENTINELS)


def test_publishing_twice_builds_once(fresh: Path) -> None:
    steps: list[str] = []
    first = publishing.publish("moon-wave", progress=steps.append, look=False)
    assert first.fresh
    assert "drawing scene 4 of 4" in steps
    modified = (first.folder / "index.json").stat().st_mtime_ns
    assert steps[-1] == "ready"
    assert not (first.folder / publishing.SHEET).exists()
    # Somebody who wants it looked at gets that afterwards, once.
    for expected in (["looking at the pages"], []):
        steps.clear()
        again = publishing.publish("moon-wave", progress=steps.append)
        assert not again.fresh
        assert steps[:1] == expected
        assert (again.folder / publishing.SHEET).exists()
        assert (again.folder / "index.json").stat().st_mtime_ns == modified


def test_two_at_once_both_succeed_and_leave_nothing_behind(fresh: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda slug: publishing.publish(slug, look=False), ["moon-wave"] * 2))
    assert done[0].folder == done[1].folder
    assert left_in(fresh.parent.parent / "published") == [done[0].folder.name]


def test_a_change_is_published_beside_the_old_version(fresh: Path) -> None:
    old = publishing.publish("moon-wave", look=False)
    assert old.fresh
    path = fresh / "story.toml"
    path.write_text(path.read_text().replace("waved back", "winked back"))
    with pytest.raises(templates_store.NotPublished):
        templates_store.published_template("moon-wave")
    new = publishing.publish("moon-wave", look=False)
    assert old.folder.exists()
    assert new.folder != old.folder
    assert list(publishing.outdated()) == [old.folder]


def test_when_publishing_fails_nothing_is_left(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_sheets: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(svg_forms, "render", broken)
    with pytest.raises(OSError, match="disk full"):
        publishing.publish("moon-wave")
    assert left_in(fresh.parent.parent / "published") == []


def test_a_background_that_leaves_paper_bare_is_refused(fresh: Path) -> None:
    path = fresh / "scenes" / "04-background.svg"
    path.write_text(path.read_text().replace('<rect x="-2" y="-2"', '<rect x="1" y="-2"'))
    with pytest.raises(publishing.StoryFaults) as problem:
        publishing.publish("moon-wave")
    assert str(problem.value) == f"{path}: page 6: the background does not cover the bleed"
    assert not stories.load("moon-wave").is_published


def broken(folder: Path, old: str, new: str, *, file: str = "story.toml") -> str:
    """What publishing says once `old` is `new` in a file of the story."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(publishing.StoryFaults) as problem:
        publishing.publish("moon-wave")
    assert not stories.load("moon-wave").is_published
    return str(problem.value).replace(f"{folder}/", "")


def test_words_that_are_hard_to_read_are_refused_with_their_line(fresh: Path) -> None:
    said = broken(fresh, 'ink = "#fff8ec"\n  size', 'ink = "#7a6a80"\n  size')
    assert "story.toml:52: page 2: the contrast of #7a6a80 with the picture is" in said
    assert "less than 7: take a lighter or darker ink" in said


def test_words_that_a_printer_would_refuse_are_refused_before_anybody_buys(fresh: Path) -> None:
    said = broken(fresh, "box = [30, 20, 160, 50]", "box = [30, 10, 168, 50]")
    assert "story.toml: Lulu, 8.5 in square: page 5: words come within" in said
    assert "12.7 mm are kept free" in said


def test_renderers_that_disagree_are_noticed() -> None:
    from books import preview

    def page(content: bytes) -> bytes:
        import pikepdf

        pdf = pikepdf.Pdf.new()
        pdf.add_blank_page(page_size=(612, 612))
        pdf.pages[0].obj.Contents = pdf.make_stream(content)
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()

    square = page(b"1 0 0 rg 100 100 200 200 re f")
    drawn = list(preview.rasterise(square, 432))
    if story_checks.renderers_differ(square, drawn) is None:
        assert "CI" not in os.environ, "CI must have Poppler"
        pytest.skip("Poppler is not installed")
    assert story_checks.renderers_differ(square, drawn) == []
    assert story_checks.renderers_differ(page(b"1 0 0 rg 100 100 200 150 re f"), drawn) == [0]


def test_the_command_publishes_and_says_so(fresh: Path) -> None:
    out = io.StringIO()
    call_command("publish_story", "moon-wave", "--check", stdout=out)
    assert "moon-wave is fine." in out.getvalue()
    assert left_in(fresh.parent.parent / "published") == []
    call_command("publish_story", "moon-wave", stdout=out)
    assert f"published as version {stories.load('moon-wave').version}" in out.getvalue()
    call_command("publish_story", stdout=out)
    assert "is published already" in out.getvalue()


def test_the_command_names_file_and_line(fresh: Path) -> None:
    path = fresh / "scenes" / "02-background.svg"
    path.write_text(path.read_text().replace("<circle", '<text x="1">Hi</text><circle', 1))
    with pytest.raises(CommandError, match=r"1 thing to put right:\n  .*02-background\.svg:9: <text> is not allowed"):
        call_command("publish_story", "moon-wave", stdout=io.StringIO())
    with pytest.raises(CommandError, match=r"There is no story “sun”. There are: moon-wave."):
        call_command("publish_story", "sun", stdout=io.StringIO())


def test_warming_draws_a_spread(small_story: Story) -> None:
    publishing.warm()


def test_the_benchmark_measures_against_others_that_make_the_same_pages(small_story: Story) -> None:
    out = io.StringIO()
    call_command("bench", "books", "--story", "moon-wave", stdout=out)
    table = out.getvalue()
    for row in ("naive / ours", "ours / Typst warm", "naive / first spread", "naive / all pages of a preview"):
        assert row in table
    same = [line for line in table.splitlines() if "mean difference of a page" in line]
    assert {line.split(":")[0].strip() for line in same} >= {"naive", "Typst"}
    assert not any("missed" in line for line in same), table
    with pytest.raises(CommandError, match="There is no benchmark walks"):
        call_command("bench", "walks", "--story", "moon-wave", stdout=out)


def test_the_benchmark_watches_what_a_process_holds(small_story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks, "MANY", 51)
    early, late, peak = benchmarks._memory("moon-wave")
    assert 0 < early <= late * 1.1
    assert late <= peak + 4096  # kB: what a thread has just taken is counted into the peak a little later


def test_the_benchmark_measures_in_processes_of_their_own() -> None:
    with benchmarks._processes(1) as worker:
        assert worker.submit(benchmarks._held).result() > 10_000  # kB
