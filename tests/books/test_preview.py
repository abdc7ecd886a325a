"""Images of pages: the right ones, the same as the files, at once, and from several threads."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pytest_django import Settings

from books import composing, preview, templates_store
from books.story import Story
from tests.books.small_story import content


def pixels(jpeg: bytes) -> npt.NDArray[np.int_]:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")).astype(int)


def test_pages_come_in_the_order_they_were_asked_for(small_story: Story) -> None:
    images = dict(preview.render(small_story, content(), [3, 0, 7]))
    assert list(images) == [3, 0, 7]
    for image in images.values():
        opened = Image.open(io.BytesIO(image))
        assert (opened.format, opened.size, opened.mode) == ("JPEG", (1000, 1000), "RGB")


def test_the_fast_way_draws_what_the_file_shows(small_story: Story) -> None:
    data = composing.digital_copy(small_story, content(), watermark=False)
    whole = list(preview.rasterise(data, 1000))
    for page, image in preview.render(small_story, content(), range(8), watermark=False):
        assert np.abs(pixels(image) - whole[page][:, :, 2::-1]).mean() < 1.5, page


def test_large_pages_look_like_small_ones(small_story: Story) -> None:
    assert templates_store.template_for(small_story).draws_at(1600)
    small = dict(preview.render(small_story, content(), [0, 2]))
    large = dict(preview.render(small_story, content(), [0, 2], width=1600))
    for page in (0, 2):
        assert Image.open(io.BytesIO(large[page])).size == (1600, 1600)
        shrunk = Image.open(io.BytesIO(large[page])).resize((1000, 1000), Image.Resampling.BOX)
        assert np.abs(np.asarray(shrunk).astype(int) - pixels(small[page])).mean() < 3


def test_the_fast_way_draws_large_pages_as_the_file_shows_them(small_story: Story) -> None:
    data = composing.digital_copy(small_story, content(), watermark=False)
    whole = list(preview.rasterise(data, 1600))
    for page, image in preview.render(small_story, content(), range(8), width=1600, watermark=False):
        assert np.abs(pixels(image) - whole[page][:, :, 2::-1]).mean() < 1.5, page


def test_p21_previews_are_watermarked(small_story: Story) -> None:
    marked = pixels(dict(preview.render(small_story, content(), [2]))[2])
    clean = pixels(dict(preview.render(small_story, content(), [2], watermark=False))[2])
    changed = np.abs(marked - clean).max(axis=2) > 12
    assert 0.01 < changed.mean() < 0.2
    quarters = [changed[y : y + 500, x : x + 500].any() for y in (0, 500) for x in (0, 500)]
    assert all(quarters)


def test_no_two_children_are_mixed_up(small_story: Story) -> None:
    first = dict(preview.render(small_story, content("Ada"), [2]))[2]
    preview_of_another = dict(preview.render(small_story, content("Wilhelmina"), [2]))[2]
    assert first != preview_of_another
    assert dict(preview.render(small_story, content("Ada"), [2]))[2] == first


def test_threads_may_render_at_the_same_time(small_story: Story) -> None:
    alone = dict(preview.render(small_story, content(), [1, 2, 3]))

    def render(_number: int) -> dict[int, bytes]:
        return dict(preview.render(small_story, content(), [1, 2, 3]))

    with ThreadPoolExecutor(4) as threads:
        assert all(images == alone for images in threads.map(render, range(8)))


def test_a_reader_may_stop_early(small_story: Story) -> None:
    images = preview.render(small_story, content(), range(8))
    next(images)
    images.close()  # type: ignore[attr-defined]
    assert len(list(preview.render(small_story, content(), [1]))) == 1


@pytest.mark.parametrize("page", [-1, 8])
def test_pages_that_do_not_exist(small_story: Story, page: int) -> None:
    with pytest.raises(KeyError):
        list(preview.render(small_story, content(), [page]))


def test_no_pages_are_no_work(small_story: Story) -> None:
    assert list(preview.render(small_story, content(), [])) == []


def test_stories_without_a_template_say_so(small_story: Story, settings: Settings) -> None:
    settings.PUBLISHED_DIR = settings.PUBLISHED_DIR / "elsewhere"
    with pytest.raises(templates_store.NotPublished):
        list(preview.render(small_story, content(), [1]))
