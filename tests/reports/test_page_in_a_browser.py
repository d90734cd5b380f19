"""The page in Chromium: no errors, search, map, colors, a phone's width, print, accessibility."""

import shutil

import pytest

from jaxtext import neighbors
from jaxtext.reports import certificate, page
from jaxtext.verification.certificate import certify

from .conftest import HOSTILE

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
LIGHT, DARK, PHONE = ("light", 1200), ("dark", 1200), ("light", 360)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(run, other, hostile, tmp_path_factory):
    """A page about two runs, and one with words that are markup."""
    folder = tmp_path_factory.mktemp("pages")
    shown = {
        "two": [page.shown(run), page.shown(other)],
        "hostile": [page.Shown("<b>", hostile, {}, {}, (), None)],
    }
    checks = certificate.page(certify(""))
    (folder / "certificate.html").write_text(checks, encoding="utf-8")
    for name, runs in shown.items():
        (folder / f"{name}.html").write_text(page.page(runs), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, files):
    """Opens a page from disk; afterwards, nothing was logged, nothing failed, nothing loaded."""
    contexts, troubles = [], []

    def open_(name, look=LIGHT):
        scheme, width = look
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        tab.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:", "blob:")) or troubles.append(request.url)
            ),
        )
        tab.goto((files / f"{name}.html").as_uri())
        for box in tab.locator(".chart").all():
            box.locator("svg.marks, canvas.marks").wait_for()
        tab.wait_for_function("!document.querySelector('summary:not([aria-label])')")
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE], ids=str)
@pytest.mark.parametrize("name", ["two", "hostile", "certificate"])
def test_it_opens_and_fits_the_width(opened, name, look):
    tab = opened(name, look)
    assert tab.locator("h1").count() == 1 and tab.locator("b").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") == look[1]
    for box in tab.locator("svg.marks, canvas.marks").all():
        found = box.bounding_box()
        assert found["x"] >= 0 and found["x"] + found["width"] <= look[1]
        assert found["width"] > 150 and found["height"] > 40


def test_formulas_are_drawn(opened):
    """A browser without MathML would set a fraction in one line."""
    tab = opened("certificate")
    half = tab.locator("mfrac").first.bounding_box()
    line = tab.locator("math mi").first.bounding_box()
    assert tab.locator("math").count() > 300 and half["height"] > 1.2 * line["height"]


def test_charts_have_the_color_of_the_text(opened):
    colors = [
        opened("two", look).evaluate(
            "getComputedStyle(document.querySelector('svg.marks text')).fill"
        )
        for look in (LIGHT, DARK)
    ]
    assert colors == ["rgb(28, 30, 33)", "rgb(232, 234, 237)"]


def test_the_search_answers_and_answers_can_be_asked(opened, run):
    tab = opened("two")
    tab.fill("#word", "t3w4")
    tab.press("#word", "Enter")
    tables = tab.locator("#answer table")
    assert tables.count() == 2
    words = tab.locator("#answer table").first.locator("button").all_inner_texts()
    assert len(words) == 10 and sum(word.startswith("t3") for word in words) == 9
    vectors = page.shown(run).vectors
    nearest = [word for word, _ in neighbors(vectors, "t3w4", top=10)]
    assert set(words) == set(nearest)
    tab.locator("#answer button").first.click()
    assert tab.input_value("#word") == words[0]
    assert words[0] in tables.first.locator("caption").inner_text()
    tab.fill("#word", "unheard")
    tab.click("#search button")
    assert "“unheard” is not among the 50 most frequent words" in tab.inner_text("#answer")
    tab.fill("#word", "T1")
    options = tab.locator("#close option")
    assert options.count() == 10 and options.first.get_attribute("value").startswith("t1w")


def test_words_that_are_markup_are_found_and_shown_as_text(opened):
    tab = opened("hostile")
    tab.fill("#word", HOSTILE[0])
    tab.press("#word", "Enter")
    assert HOSTILE[0] in tab.inner_text("#answer") and HOSTILE[1] in tab.inner_text("#answer")
    assert tab.locator("main script").count() == 0


def test_words_that_are_long_or_begin_with_a_space_are_asked_as_they_are(opened):
    tab = opened("hostile", PHONE)
    for word in HOSTILE[-2:]:
        tab.evaluate("(word) => jaxtext.ask(word)", word)
        assert tab.locator("#answer table tbody tr").count() == 10
        assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[1]


def ends(tab):
    """Where the first map begins and ends, from left to right."""
    return tab.evaluate("jaxtext.maps[0].view.signal('xs')")


def test_the_map_zooms_moves_and_finds(opened):
    tab = opened("two")
    box, whole = tab.locator(".map").first, ends(tab)
    span = whole[1] - whole[0]

    tab.get_by_role("button", name="Zoom in").first.click()
    assert ends(tab)[1] - ends(tab)[0] == pytest.approx(0.67 * span)
    tab.get_by_role("button", name="Whole map").first.click()
    assert ends(tab) == whole

    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    tab.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    tab.mouse.wheel(0, -300)
    zoomed = "(span) => { const [a, b] = jaxtext.maps[0].view.signal('xs'); return b - a < span }"
    tab.wait_for_function(zoomed, arg=0.95 * span)
    before = ends(tab)
    tab.mouse.down()
    tab.mouse.move(place["x"] + place["width"] / 2 + 60, place["y"] + place["height"] / 2)
    tab.mouse.up()
    after = ends(tab)
    assert after[0] < before[0] and after[1] - after[0] == pytest.approx(before[1] - before[0])

    box.focus()
    box.press("ArrowRight")
    assert ends(tab)[0] > after[0]
    box.press("0")
    assert ends(tab) == whole

    tab.fill("#word", "t3w4")
    tab.press("#word", "Enter")
    assert tab.evaluate("jaxtext.maps[0].view.signal('shown')") == "t3w4"
    tab.select_option("#map-0-kind", "PCA")
    tab.wait_for_function("jaxtext.maps[0].kind === 'PCA'")
    assert tab.evaluate("jaxtext.maps[0].view.signal('shown')") == "t3w4"


def test_labels_do_not_overlap(opened):
    tab = opened("two")
    boxes = tab.evaluate(
        """() => {
          const found = [];
          const visit = (item) => {
            if (item.marktype === "text") {
              for (const each of item.items) {
                if (each.opacity !== 0 && each.bounds) {
                  const {x1, y1, x2, y2} = each.bounds;
                  found.push([x1, y1, x2, y2]);
                }
              }
            }
            for (const each of item.items ?? []) if (each.items) visit(each);
          };
          visit(jaxtext.maps[0].view.scenegraph().root);
          return found;
        }"""
    )
    assert len(boxes) >= 15
    slack = 3  # bounds are those of the font, of which letters fill less
    for place, (a, b, c, d) in enumerate(boxes):
        for e, f, g, h in boxes[:place]:
            assert c - slack < e or g - slack < a or d - slack < f or h - slack < b


def test_dark_and_light_change_while_it_is_open(opened):
    tab = opened("two")
    light = tab.evaluate("jaxtext.maps[0].view.signal('ink')")
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_function("(ink) => jaxtext.maps[0].view.signal('ink') !== ink", arg=light)


def test_it_prints_without_what_only_a_screen_needs(opened):
    tab = opened("two", DARK)
    tab.emulate_media(media="print")
    assert not tab.locator("#search").is_visible() and not tab.locator("nav").is_visible()
    color = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert color == "rgb(255, 255, 255)"
    pdf = tab.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and 2 <= pdf.count(b"/Type /Page\n") <= 12


@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE], ids=str)
@pytest.mark.parametrize("name", ["two", "certificate"])
def test_it_is_accessible(opened, name, look):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    results = axe.run(opened(name, look)).response
    found = [(each["id"], [node["html"][:150] for node in each["nodes"][:2]])
             for each in results["violations"]]  # fmt: skip
    assert found == [] and len(results["passes"]) > 10
