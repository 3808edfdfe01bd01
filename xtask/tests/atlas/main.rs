//! The HTML page in a real browser: what a person does with it, and what they see.
//!
//! Where Chromium is missing, these tests are reported as ignored. The pictures are put into `target/atlas/`;
//! `UPDATE_GOLDEN=1` also writes the one that the README shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod browser;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use codegen::versions::{ApiVersion, Pins};
use engines::trial::unless;
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

use browser::{Browser, Tab};

/// What a trial gets: a fresh tab, and the page's address.
type Test = fn(&mut Tab<'_>, &str);

const TESTS: [(&str, Test); 11] = [
    ("the_page_draws_itself_and_asks_for_nothing", draws_itself),
    ("search_finds_as_one_types", search),
    ("an_operation_opens_by_a_click", opens),
    ("fields_unfold_and_say_since_when", unfolds),
    ("two_versions_show_what_the_command_says", difference),
    ("levels_can_be_left_out", levels),
    ("a_link_leads_to_the_same_place_after_a_reload", deep_link),
    ("the_keyboard_is_enough", keyboard),
    ("back_goes_back", back),
    ("light_and_dark_both_can_be_read", schemes),
    ("it_fits_a_phone", phone),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let program = engines::browser::find();
    let missing = program.is_none().then_some("there is no Chromium on the search path");
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("atlas.html");
    let browser = program.filter(|_| !arguments.list).map(|program| {
        write_page(&page);
        Arc::new(Mutex::new(Some(Browser::start(&program))))
    });
    let address = format!("file://{}", page.display());
    let trials = TESTS.map(|(name, test)| {
        let (browser, address) = (browser.clone(), address.clone());
        let run = move || {
            let Some(browser) = browser else { return Err(Failed::from("there is no browser")) };
            let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
            let mut tab = browser.as_mut().unwrap().tab();
            tab.size(1400, 900, false);
            test(&mut tab, &address);
            let complaints = tab.complaints();
            assert!(complaints.is_empty(), "the page complains: {complaints:#?}");
            Ok(())
        };
        unless(missing, name, run)
    });
    // There is one browser with one window, so the tests run one after the other.
    arguments.test_threads = Some(1);
    let conclusion = libtest_mimic::run(&arguments, trials.into());
    if let Some(browser) =
        browser.and_then(|browser| browser.lock().unwrap_or_else(PoisonError::into_inner).take())
    {
        browser.close();
    }
    conclusion.exit_code()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All versions in `spec/`, oldest first.
fn versions() -> Vec<ApiVersion> {
    let pins = Pins::read(include_str!("../../../spec/versions.toml"), "spec/versions.toml");
    pins.unwrap().known()
}

fn compare(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.arg("compare").args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn write_page(page: &Path) {
    compare(&["--range", "all", "--format", "html", "-o", page.to_str().unwrap()]);
}

/// Keeps a picture for people to look at.
fn keep(tab: &mut Tab<'_>, name: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("atlas");
    std::fs::create_dir_all(&directory).unwrap();
    let picture = tab.picture();
    std::fs::write(directory.join(name), &picture).unwrap();
    picture
}

fn draws_itself(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    let versions = versions();
    let (oldest, newest) = (versions[0], versions[versions.len() - 1]);
    assert_eq!(tab.text("document.title"), format!("Engine API {oldest} to {newest}"));
    let columns = tab.run("document.querySelectorAll('.matrix thead button').length");
    assert_eq!(columns, versions.len());
    let operations =
        tab.run("document.querySelectorAll('.matrix tbody tr[data-op]').length").as_u64().unwrap();
    assert!(operations >= 108, "{operations} operations");
    let size = std::fs::metadata(page.strip_prefix("file://").unwrap()).unwrap().len();
    assert!(size < 2_000_000, "{size} bytes");
    for address in tab.requests() {
        assert!(
            address.starts_with("file://")
                || address.starts_with("data:")
                || address == "about:blank",
            "{address}"
        );
    }
    keep(tab, "matrix.png");
}

fn search(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    tab.press("/");
    assert_eq!(tab.text("document.activeElement.id"), "q");
    tab.type_text("one-shot");
    tab.wait("document.querySelector('#list').dataset.view === 'search'");
    let first = tab.text("document.querySelector('.results a').textContent");
    assert_eq!(first, "ContainerStatsparameterone-shotbooleansince 1.41");
    assert!(tab.text("location.hash").contains("q=one-shot"));
    // Several words narrow it down; case does not matter.
    tab.run("document.getElementById('q').select()");
    tab.type_text("containercreate PRIVILEGED");
    tab.wait("document.querySelectorAll('.results a').length === 1");
    assert!(
        tab.text("document.querySelector('.results a').textContent")
            .contains("HostConfig.Privileged")
    );
    // Values of enums are found as well.
    tab.run("document.getElementById('q').select()");
    tab.type_text("sctp");
    tab.wait("document.querySelector('.results')?.textContent.includes('= sctp')");
    keep(tab, "search.png");
    tab.run("document.getElementById('q').select()");
    tab.type_text("nothing-is-called-so");
    tab.wait("!!document.querySelector('.none')");
}

fn opens(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    tab.click("a[title='POST /containers/{id}/stop']");
    tab.wait("document.querySelector('#detail h2')?.textContent === 'ContainerStop'");
    let detail = tab.text("document.querySelector('#detail').innerText");
    for expected in [
        "POST /containers/{id}/stop",
        "client.container_stop()",
        "signal",
        "since 1.42",
        "Changed in 1.42",
    ] {
        assert!(detail.contains(expected), "{expected} is not in\n{detail}");
    }
    tab.click("#detail .close");
    tab.wait("document.querySelector('#detail').hidden");
}

fn unfolds(tab: &mut Tab<'_>, page: &str) {
    tab.open(&format!("{page}#op=ContainerCreate"));
    let row = |at: &str| format!("document.querySelector('[data-at=\"{at}\"]')");
    assert_eq!(tab.run(&format!("{} === null", row("b:HostConfig.Mounts"))), true);
    // Closed at first; a click on the triangle's line unfolds it.
    tab.click("details[data-below='b:HostConfig'] > summary > .row > .kind");
    tab.wait(&format!("{} !== null", row("b:HostConfig.Mounts")));
    tab.click("details[data-below='b:HostConfig.Mounts[]'] > summary > .row > .kind");
    tab.wait(&format!(
        "{}?.innerText.includes('since 1.48')",
        row("b:HostConfig.Mounts[].ImageOptions")
    ));
    let memory = tab.text(&format!("{}.innerText", row("b:HostConfig.KernelMemory")));
    assert!(memory.contains("1.36–1.37, 1.40–1.41"), "{memory}");
    tab.run("document.querySelector('[data-at=\"b:HostConfig.Mounts\"]').scrollIntoView({block: 'start', behavior: 'instant'})");
    let picture = keep(tab, "operation.png");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root().join("docs/atlas.png"), picture).unwrap();
    }
}

fn difference(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    let pick = |tab: &mut Tab<'_>, id: &str, version: &str| {
        tab.run(&format!(
            "(() => {{ const list = document.getElementById('{id}'); \
             list.value = [...list.options].find((option) => option.text === '{version}').value; \
             list.dispatchEvent(new Event('change', {{bubbles: true}})); }})()"
        ));
    };
    pick(tab, "from", "1.41");
    pick(tab, "to", "1.52");
    tab.click("#compare");
    tab.wait("document.querySelector('#list h2')?.textContent === '1.41 → 1.52'");
    let shown = |tab: &mut Tab<'_>| -> BTreeSet<String> {
        let ids = tab.run(
            "[...document.querySelectorAll('#changes > li')].map((item) => item.dataset.change)",
        );
        ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let said = |old: &str, new: &str| -> BTreeSet<String> {
        let json: Value =
            serde_json::from_slice(&compare(&[old, new, "--format", "json"])).unwrap();
        let changes = json["steps"][0]["changes"].as_array().unwrap().clone();
        changes.iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(shown(tab).len() > 150);
    assert_eq!(shown(tab), said("1.41", "1.52"));
    keep(tab, "difference.png");
    // Versions in the wrong order are swapped.
    let newest = versions().pop().unwrap().to_string();
    pick(tab, "from", &newest);
    tab.wait(&format!("document.querySelector('#list h2')?.textContent === '1.52 → {newest}'"));
    assert_eq!(shown(tab), said("1.52", &newest));
    // A version's head shows what it changed.
    tab.click("#home");
    tab.click(".matrix thead th:nth-child(19) button");
    tab.wait("document.querySelector('#list h2')?.textContent === '1.41 → 1.42'");
    assert_eq!(shown(tab), said("1.41", "1.42"));
}

fn levels(tab: &mut Tab<'_>, page: &str) {
    tab.open(&format!("{page}#view=diff&from=1.41&to=1.52"));
    let count = "document.querySelectorAll('#changes > li').length";
    let all = tab.run(count).as_u64().unwrap();
    tab.click("#level0");
    tab.wait(&format!("{count} < {all}"));
    assert_eq!(tab.run("document.querySelectorAll('#changes .level.l0').length"), 0);
    tab.click("#level1");
    tab.wait("!document.querySelector('#changes .level.l1')");
    let breaking = tab.run(count);
    tab.reload();
    assert_eq!(tab.run(count), breaking);
    // The search looks through the changes here.
    tab.press("/");
    tab.type_text("SizeRw");
    tab.wait(&format!("{count} === 2"));
}

fn deep_link(tab: &mut Tab<'_>, page: &str) {
    tab.open(&format!(
        "{page}#op=ContainerInspect&at=r%3ANetworkSettings.Networks%7B%7D.GwPriority"
    ));
    let here = "(() => { const row = document.querySelector('.row.here'); const box = row.getBoundingClientRect(); \
                return [row.dataset.at, box.top > 0 && box.bottom < innerHeight]; })()";
    let expected = serde_json::json!(["r:NetworkSettings.Networks{}.GwPriority", true]);
    assert_eq!(tab.run(here), expected);
    tab.reload();
    assert_eq!(tab.run(here), expected);
    assert!(tab.text("document.querySelector('.row.here').innerText").contains("since 1.48"));
    // An id that the operation had once leads there too.
    tab.open(&format!("{page}#op=ContainerGetArchive"));
    assert_eq!(tab.text("document.querySelector('#detail h2').textContent"), "ContainerArchive");
    // A broken link leads to the beginning.
    tab.open(&format!("{page}#op=Nothing&from=0.9&at=%5B%5B&view=x"));
    assert_eq!(tab.run("document.querySelector('#detail').hidden"), true);
    assert_eq!(tab.run("!!document.querySelector('.matrix')"), true);
}

fn keyboard(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    tab.press("/");
    tab.type_text("KernelMemory");
    tab.wait("document.querySelectorAll('.results a').length > 3");
    tab.press("ArrowDown");
    tab.press("ArrowDown");
    let chosen = tab.text("document.querySelector('.results a.active').textContent");
    assert_eq!(chosen, tab.text("document.querySelectorAll('.results a')[2].textContent"));
    tab.press("Enter");
    tab.wait("!document.querySelector('#detail').hidden");
    let name = tab.text("document.querySelector('#detail h2').textContent");
    assert!(chosen.starts_with(&name), "{chosen}: {name}");
    tab.press("Escape");
    tab.wait("document.querySelector('#detail').hidden");
    tab.press("Escape");
    tab.wait("!!document.querySelector('.matrix')");
    // Down the rows, and into one.
    tab.run("document.activeElement.blur()");
    for _ in 0..3 {
        tab.press("ArrowDown");
    }
    assert_eq!(tab.text("document.activeElement.textContent"), "ConfigInspect");
    tab.press("Enter");
    tab.wait("document.querySelector('#detail h2')?.textContent === 'ConfigInspect'");
}

fn back(tab: &mut Tab<'_>, page: &str) {
    tab.open(page);
    tab.click("a[title='GET /images/json']");
    tab.wait("document.querySelector('#detail h2')?.textContent === 'ImageList'");
    tab.click("#compare");
    tab.wait("!!document.querySelector('#changes')");
    tab.run("history.back()");
    tab.wait("document.querySelector('#detail h2')?.textContent === 'ImageList'");
    tab.run("history.back()");
    tab.wait("document.querySelector('#detail').hidden && !!document.querySelector('.matrix')");
}

fn schemes(tab: &mut Tab<'_>, page: &str) {
    // The contrast of texts with what is behind them. Ref: WCAG 2.2, 1.4.3
    let contrast = "(() => { \
        const paper = getComputedStyle(document.body).backgroundColor; \
        const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; }; \
        const ratio = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05); \
        return Math.min(...['body', '.kind', '.dim', '.badge.since', '.level.l2', '.level.l1', '.level.l0', '.what a', '.row > a'].map((s) => ratio(light(getComputedStyle(document.querySelector(s)).color), light(paper)))); })()";
    let mut papers = BTreeSet::new();
    for scheme in ["light", "dark"] {
        tab.scheme(scheme);
        tab.open(&format!("{page}#op=ContainerCreate&view=diff&from=1.47&to=1.48"));
        papers.insert(tab.text("getComputedStyle(document.body).backgroundColor"));
        let ratio = tab.run(contrast).as_f64().unwrap();
        assert!(ratio >= 4.5, "{scheme}: contrast {ratio}");
        keep(tab, &format!("{scheme}.png"));
    }
    assert_eq!(papers.len(), 2, "{papers:?}");
}

fn phone(tab: &mut Tab<'_>, page: &str) {
    tab.size(390, 844, true);
    let fits = "document.documentElement.scrollWidth <= 390 && document.querySelector('#list, #detail').getBoundingClientRect().width <= 390";
    for place in ["", "#op=ContainerCreate", "#view=diff&from=1.41&to=1.52", "#q=memory"] {
        tab.open(&format!("{page}{place}"));
        assert_eq!(tab.run(fits), true, "{place:?} is wider than the screen");
        let name = if place.is_empty() {
            "phone.png".to_owned()
        } else {
            format!("phone-{}.png", place.len())
        };
        keep(tab, &name);
    }
    tab.open(page);
    tab.click("a[title='GET /containers/json']");
    tab.wait("document.querySelector('#detail h2')?.textContent === 'ContainerList'");
    assert_eq!(tab.run("document.querySelector('#detail').getBoundingClientRect().width"), 390);
}
