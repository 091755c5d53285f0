//! The documentation for statisticians is true: each page of `docs` is a session with both services, and its commands are
//! run as they stand.
//!
//! A page begins with an empty log and the catalogue in `docs/health`, or that of its fenced blocks `toml NAME` and `csv NAME`. In a fenced block `console`, a line that begins
//! with `$ grpcurl` is a command, and what follows it is the answer: JSON of which every field that is shown has to be so
//! (an answer may have more fields; "..." stands for any text, and as the last entry of a list for the rest of it), or
//! `ERROR:` with its code and message. A comment `<!-- clock: 2026-01-10T09:00:00Z -->` says what time it is from there on.

mod expected;
mod page;
mod session;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use self::page::{Page, Step};
use self::session::Session;

macro_rules! pages {
    ($($test:ident: $file:literal,)+) => {
        const PAGES: &[&str] = &[$($file),+];

        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                run($file).await;
            }
        )+
    };
}

pages! {
    what_is_counted: "1-what-is-counted.md",
    time: "2-time.md",
    area: "3-area.md",
    missing_and_quality: "4-missing-and-quality.md",
    comparison: "5-comparison.md",
    history: "6-history.md",
    writing_a_catalogue: "7-writing-a-catalogue.md",
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"))
}

fn read(file: &str) -> Page {
    let text = fs::read_to_string(folder().join(file)).expect("a page of the documentation is a text");
    Page::parse(file, &text)
}

async fn run(file: &str) {
    let page = read(file);
    let own = page.own_catalog();
    let catalog = own
        .as_ref()
        .map_or_else(|| folder().join("health"), |own| own.path().to_owned());
    let mut session = Session::start(catalog).await;
    let mut differences = Vec::new();
    for step in &page.steps {
        match step {
            Step::Clock(now) => session.set_clock(*now),
            Step::Command(command) => differences.extend(session.run(command).await),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// No page is left out of the tests.
#[test]
fn every_page_is_run() {
    let files = fs::read_dir(folder()).expect("there is documentation");
    let names = files.map(|file| file.expect("a readable folder").file_name().into_string());
    let pages: BTreeSet<String> = names
        .map(|name| name.expect("names are UTF-8"))
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    assert_eq!(pages, PAGES.iter().map(ToString::to_string).collect());
}

/// Each rule of what a figure means has a section with a worked example.
#[test]
fn every_rule_has_its_worked_example() {
    let sections: Vec<_> = PAGES.iter().flat_map(|file| read(file).sections).collect();
    for rule in 1..=34 {
        let section = sections.iter().find(|section| section.rules.contains(&rule));
        let section = section.unwrap_or_else(|| panic!("no section of the documentation is about rule {rule}"));
        assert!(section.commands > 0, "{:?} has no worked example", section.title);
    }
}
