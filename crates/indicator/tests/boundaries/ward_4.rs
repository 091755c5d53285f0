//! A part of a ward that goes on: on 2024-12-01 a strip of Ward 4 of Ca Mau city, 0.27 km2 with 146 inhabitants, passed to
//! Tan Xuyen ward. The catalogue of Ca Mau does not have Ward 4, since how many lived in it is not known there. These tests
//! put the ward on top of the real areas with a number of inhabitants of their own: 7,300, of which 146 are 2 percent.

use almanac_catalog::CatalogFiles;
use almanac_indicator::{AreaSelection, Question};
use almanac_model::{AreaId, Figure, FigureFlag, MissingReason, Quality};
use jiff::civil::{Date, date};

use crate::book::Book;

const WARD_4: &str = "ward-4";
const TAN_XUYEN: &str = "32022";
const WARD_9: &str = "31999";
/// The day after which the figures are asked for.
const LATER: Date = date(2025, 1, 1);

const METRICS: &str = r#"
[[metric]]
id = "ward.inhabitants"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "person"
kind = "stock"
method = "report"
frequency = "year"
levels = [{ level = "commune" }]

[[metric]]
id = "ward.items"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "item"
kind = "flow"
method = "report"
frequency = "year"
levels = [{ level = "commune" }]

[[indicator]]
id = "ward.items_per_inhabitant"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
formula = "ward.items / ward.inhabitants"
per = "1000"
unit = "percent"
decimals = 2

[[reporter]]
id = "wards"
label = { vi = "x", en = "x" }
metrics = ["ward.inhabitants", "ward.items"]
areas = ["96"]
"#;

/// The real areas and transitions, with Ward 4 until a day and what became of it.
fn with_ward_4(until: &str, transitions: &str) -> CatalogFiles {
    let mut files = almanac_ca_mau::catalog_files();
    files.insert("wards.toml", METRICS);
    let areas = files.get("areas.csv").unwrap().to_owned();
    files.insert(
        "areas.csv",
        format!("{areas}{WARD_4},{WARD_4},Phường 4,commune,964,2004-01-01,{until}\n"),
    );
    let real = files.get("transitions.csv").unwrap().to_owned();
    let mut lines = real.lines();
    let header = format!("{},weight,weight_source", lines.next().unwrap());
    let real: Vec<String> = lines.map(|line| format!("{line},,")).collect();
    files.insert(
        "transitions.csv",
        format!("{header}\n{}\n{transitions}", real.join("\n")),
    );
    files
}

/// Ward 4 of which the strip went to Tan Xuyen, and which went on.
fn going_on() -> CatalogFiles {
    let strip = "ward-4,32022,2024-12-01,part,146/7300,\"146 inhabitants; 7,300 is a number of this test\"\n";
    with_ward_4("2025-07-01", &format!("{strip}ward-4,32002.2025,2025-07-01,whole,,\n"))
}

/// Figures of 2023: 7,300 inhabitants and 500 items in Ward 4, 10,000 and 1,000 in Tan Xuyen.
fn book(files: &CatalogFiles) -> Book {
    let mut book = Book::under(files);
    for (area, inhabitants, items) in [
        (WARD_4, "7300", "500"),
        (TAN_XUYEN, "10000", "1000"),
        (WARD_9, "5000", "50"),
    ] {
        let values = [
            ("wards", "ward.inhabitants", area, &[][..], inhabitants),
            ("wards", "ward.items", area, &[][..], items),
        ];
        book.record("2023", &values);
    }
    book
}

fn is_weighted(figure: &Figure) -> bool {
    figure.quality == Some(Quality::Estimated) && figure.flags.contains(&FigureFlag::Restated)
}

#[test]
fn rule_17_a_part_with_a_weight_moves_and_the_rest_stays() {
    let book = book(&going_on());
    let restated = |measure, area| book.figure(measure, area, "2023", Some(LATER));
    for (measure, ward_4, tan_xuyen) in [
        // 7,300 - 146 and 10,000 + 146
        ("ward.inhabitants", "7154", "10146"),
        // two percent of 500 are 10
        ("ward.items", "490", "1010"),
    ] {
        for (area, expected) in [(WARD_4, ward_4), (TAN_XUYEN, tan_xuyen)] {
            let figure = restated(measure, area);
            assert_eq!(figure.value.as_deref(), Ok(expected), "{measure} of {area}");
            assert!(is_weighted(&figure), "{figure:?}");
        }
    }
    // on the boundaries of its own time nothing is restated
    let own = book.figure("ward.inhabitants", WARD_4, "2023", None);
    assert_eq!(
        (own.value.as_deref(), own.quality),
        (Ok("7300"), Some(Quality::Official))
    );
}

#[test]
fn rule_17_ratios_are_recomputed_from_what_was_restated() {
    let book = book(&going_on());
    let density = |boundaries| book.figure("ward.items_per_inhabitant", TAN_XUYEN, "2023", boundaries);
    assert_eq!(density(None).value.as_deref(), Ok("100.00"));
    // 1,010 / 10,146 x 1,000
    let restated = density(Some(LATER));
    assert_eq!(restated.value.as_deref(), Ok("99.55"));
    assert!(is_weighted(&restated));
    assert_eq!(restated.quotient.unwrap().denominator.value.as_deref(), Ok("10146"));
}

#[test]
fn rule_19_both_wards_together_lose_nothing_and_need_no_weight() {
    let book = book(&going_on());
    let areas = [WARD_4, TAN_XUYEN].map(|area| AreaId::new(area).unwrap());
    let measure = book.catalog.measure("ward.inhabitants").unwrap();
    let together = book.ask(&Question {
        areas: AreaSelection::List(areas.to_vec()),
        combine_areas: true,
        on_boundaries_of: Some(LATER),
        ..Question::one(measure, areas[0].clone(), "2023".parse().unwrap())
    });
    assert_eq!(together.value.as_deref(), Ok("17300"));
    assert_eq!(together.quality, Some(Quality::Official), "the strip stayed inside");
    assert!(!together.flags.contains(&FigureFlag::Restated));
    // the parts of both wards are the same 17,300
    let parts = [WARD_4, TAN_XUYEN].map(|area| {
        book.figure("ward.inhabitants", area, "2023", Some(LATER))
            .value
            .unwrap()
    });
    assert_eq!(
        parts.iter().map(|part| part.parse::<u32>().unwrap()).sum::<u32>(),
        17_300
    );
}

#[test]
fn rule_17_a_weighted_part_is_followed_through_later_changes() {
    let book = book(&going_on());
    // Ward 4, Tan Xuyen and ward 9 all went into one new ward on 2025-07-01: all of each lies in it
    let merged = book.figure("ward.inhabitants", "32002.2025", "2023", Some(date(2026, 1, 1)));
    assert_eq!(merged.value.as_deref(), Ok("22300"));
    assert_eq!(merged.quality, Some(Quality::Official));
}

#[test]
fn rule_17_a_ward_that_was_divided_with_weights_is_an_estimate_everywhere() {
    let parts = "ward-4,32022,2024-12-01,part,146/7300,\"inhabitants, numbers of this test\"\n\
                 ward-4,31999,2024-12-01,part,7154/7300,\"inhabitants, numbers of this test\"\n";
    let book = book(&with_ward_4("2024-12-01", parts));
    for (area, expected) in [(TAN_XUYEN, "10146"), (WARD_9, "12154")] {
        let figure = book.figure("ward.inhabitants", area, "2023", Some(LATER));
        assert_eq!(figure.value.as_deref(), Ok(expected), "{area}");
        assert!(is_weighted(&figure), "{figure:?}");
    }
    let ended = book.figure("ward.inhabitants", WARD_4, "2023", Some(LATER));
    assert_eq!(ended.value, Err(MissingReason::CannotExist));
}

#[test]
fn rule_17_what_went_with_a_weight_does_not_come_back_with_one() {
    let mut book = Book::under(&going_on());
    book.record("2024", &[("wards", "ward.items", TAN_XUYEN, &[], "1010")]);
    // of the items of 2024 nobody knows how many were of the strip
    let before = book.figure("ward.items", TAN_XUYEN, "2024", Some(date(2023, 12, 31)));
    assert_eq!(before.value, Err(MissingReason::NotRestatable));
}
