//! Figures of Ca Mau across the merger of 2025-07-01, on the real areas: what is restated, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod book;
mod ward_4;

use almanac_model::{AreaId, ComparisonFlag, FigureFlag, MissingReason};
use jiff::civil::{Date, date};

use self::book::Book;

const BEFORE: Date = date(2017, 12, 31);
const AFTER: Date = date(2026, 1, 1);

const FIXED: &[(&str, &str)] = &[("service", "fixed")];
const MOBILE: &[(&str, &str)] = &[("service", "mobile")];

/// Ca Mau as published; Bac Lieu with round numbers.
fn both_provinces() -> Book {
    Book::of(
        "2017",
        &[
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                FIXED,
                "42166",
            ),
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                MOBILE,
                "1413852",
            ),
            ("bac-lieu-dic", "telephone.subscriptions", "95", FIXED, "20000"),
            ("bac-lieu-dic", "telephone.subscriptions", "95", MOBILE, "900000"),
            ("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600"),
            ("ca-mau-statistics", "population.inhabitants", "95", &[], "900000"),
        ],
    )
}

#[test]
fn rule_17_by_default_a_figure_is_on_the_boundaries_of_its_own_time() {
    let figure = both_provinces().figure("telephone.subscriptions", "96", "2017", None);
    assert_eq!(figure.value.as_deref(), Ok("1456018"));
    assert!(!figure.flags.contains(&FigureFlag::Restated));
}

#[test]
fn rule_18_ca_mau_2017_against_ca_mau_2026_is_not_comparable_unless_restated() {
    let book = Book::of(
        "2025",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "2140282")],
    );
    let plain = book.figure("population.inhabitants", "96", "2025", None);
    assert!(plain.comparisons[0].flags.contains(&ComparisonFlag::NotComparable));
    let restated = both_provinces().figure("population.inhabitants", "96", "2017", Some(AFTER));
    assert!(restated.comparisons[0].flags.is_empty());
}

#[test]
fn rule_17_on_the_boundaries_of_2026_ca_mau_2017_is_both_provinces() {
    let book = both_provinces();
    // 42,166 + 1,413,852 + 20,000 + 900,000
    let figure = book.figure("telephone.subscriptions", "96", "2017", Some(AFTER));
    assert_eq!(figure.value.as_deref(), Ok("2376018"));
    assert!(figure.flags.contains(&FigureFlag::Restated));
    // 2,376,018 / 2,122,600 x 100: the ratio of the sums, not an average of the densities
    let density = book.figure("telephone.density", "96", "2017", Some(AFTER));
    assert_eq!(density.value.as_deref(), Ok("111.94"));
    let quotient = density.quotient.unwrap();
    assert_eq!(quotient.denominator.value.as_deref(), Ok("2122600"));
}

#[test]
fn rule_17_on_the_boundaries_of_its_own_time_nothing_is_restated() {
    let figure = both_provinces().figure("telephone.subscriptions", "95", "2017", Some(BEFORE));
    assert_eq!(figure.value.as_deref(), Ok("920000"));
    assert!(!figure.flags.contains(&FigureFlag::Restated));
}

#[test]
fn rule_26_a_province_that_lacks_a_side_leaves_both_when_restated() {
    let book = Book::of(
        "2017",
        &[
            (
                "ca-mau-telecom-operators",
                "telephone.subscriptions",
                "96",
                MOBILE,
                "1222600",
            ),
            ("bac-lieu-dic", "telephone.subscriptions", "95", MOBILE, "900000"),
            ("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600"),
        ],
    );
    let density = book.figure("telephone.density", "96", "2017", Some(AFTER));
    assert_eq!(density.value.as_deref(), Ok("100.00"));
    assert!(density.flags.contains(&FigureFlag::Unmatched));
}

#[test]
fn a_restated_figure_without_all_of_its_parts_says_so() {
    let book = Book::of(
        "2017",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "1222600")],
    );
    let figure = book.figure("population.inhabitants", "96", "2017", Some(AFTER));
    assert_eq!(figure.value.as_deref(), Ok("1222600"));
    assert!(
        figure.flags.contains(&FigureFlag::PartialCoverage),
        "Bac Lieu is not in it: {figure:?}"
    );
}

#[test]
fn rule_17_the_merged_province_cannot_be_taken_apart() {
    let book = Book::of(
        "2025",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "2140282")],
    );
    let apart = book.figure("population.inhabitants", "96", "2025", Some(BEFORE));
    assert_eq!(apart.value, Err(MissingReason::NotRestatable));
    let whole = book.figure("population.inhabitants", "96", "2025", None);
    assert_eq!(whole.value.as_deref(), Ok("2140282"));
}

#[test]
fn rule_17_districts_are_restated_on_the_province_and_not_on_communes() {
    let book = Book::of(
        "2018",
        &[(
            "ca-mau-postal-enterprises",
            "post.service_points",
            "964",
            &[("point_kind", "post_office")],
            "7",
        )],
    );
    let province = book.figure("post.service_points", "96", "2018", Some(AFTER));
    assert_eq!(province.value.as_deref(), Ok("7"));
    let commune = book.catalog.areas().find(|area| {
        let (day, district) = (date(2018, 12, 31), AreaId::new("964").unwrap());
        area.level.as_str() == "commune"
            && area.is_valid_at(AFTER)
            && book.catalog.share_in(&district, day, &area.id, AFTER) == almanac_catalog::Share::Unknown
    });
    let commune = commune.unwrap().id.to_string();
    let divided = book.figure("post.service_points", &commune, "2018", Some(AFTER));
    assert_eq!(divided.value, Err(MissingReason::NotRestatable));
}

/// Monthly metrics of the communes, beside those of the department.
const MONTHLY: &str = r#"
[[metric]]
id = "monthly.sent"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "item"
kind = "flow"
method = "report"
frequency = "month"
levels = [{ level = "commune" }]

[[metric]]
id = "monthly.offices"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
unit = "item"
kind = "stock"
method = "report"
frequency = "month"
carry_forward = 12
levels = [{ level = "province" }]

[[indicator]]
id = "monthly.per_inhabitant"
label = { vi = "x", en = "x" }
definition = { vi = "x", en = "x" }
source = "x"
owner = "x"
formula = "monthly.sent / population.inhabitants"
unit = "percent"
decimals = 2

[[reporter]]
id = "monthly"
label = { vi = "x", en = "x" }
metrics = ["monthly.sent", "monthly.offices"]
areas = ["96", "95"]
"#;

fn monthly() -> Book {
    let mut files = almanac_ca_mau::catalog_files();
    files.insert("monthly.toml", MONTHLY);
    Book::under(&files)
}

#[test]
fn rule_17_a_sum_over_the_merger_is_restated_month_by_month() {
    let mut book = monthly();
    // ward 2 of Bac Lieu city (31813) went into the new ward 31825.2025
    book.record("2025-01", &[("monthly", "monthly.sent", "31813", &[], "10")]);
    book.record("2025-07", &[("monthly", "monthly.sent", "31825.2025", &[], "7")]);
    book.record(
        "2025",
        &[("ca-mau-statistics", "population.inhabitants", "96", &[], "100")],
    );
    for area in ["31825.2025", "96"] {
        let sent = book.figure("monthly.sent", area, "2025", Some(AFTER));
        assert_eq!(sent.value.as_deref(), Ok("17"), "{area}");
        assert!(sent.flags.contains(&FigureFlag::Restated), "{area}");
        assert!(
            sent.flags.contains(&FigureFlag::PartialCoverage),
            "{area}: other communes have not reported"
        );
    }
    // 17 / 100: the quotient loses no month either
    let ratio = book.figure("monthly.per_inhabitant", "96", "2025", Some(AFTER));
    assert_eq!(ratio.value.as_deref(), Ok("0.17"));
}

#[test]
fn rule_12_the_level_of_another_territory_does_not_stand_in() {
    let mut book = monthly();
    book.record("2025-05", &[("monthly", "monthly.offices", "96", &[], "9")]);
    let before = book.figure("monthly.offices", "96", "2025-06", None);
    assert_eq!(
        before.value.as_deref(),
        Ok("9"),
        "carried forward within the old province"
    );
    for period in ["2025-07", "2025"] {
        let after = book.figure("monthly.offices", "96", period, None);
        assert_eq!(
            after.value,
            Err(MissingReason::NoRecord),
            "{period}: the province has grown by Bac Lieu"
        );
    }
}

#[test]
fn rule_2_distinct_persons_are_not_put_together_by_restating() {
    let book = Book::of("2017", &[("ca-mau-dic", "telephone.mobile_users", "96", &[], "600573")]);
    let own = book.figure("telephone.mobile_users", "96", "2017", None);
    assert_eq!(own.value.as_deref(), Ok("600573"));
    let merged = book.figure("telephone.mobile_users", "96", "2017", Some(AFTER));
    assert_eq!(merged.value, Err(MissingReason::NotAdditive));
}

#[test]
fn rule_17_a_commune_that_was_divided_without_weights_is_missing_with_the_reason() {
    let mut book = monthly();
    // 32142 was divided among 32128.2025 and 32137.2025; nobody published how
    book.record("2025-01", &[("monthly", "monthly.sent", "32142", &[], "10")]);
    for area in ["32128.2025", "32137.2025"] {
        let part = book.figure("monthly.sent", area, "2025-01", Some(AFTER));
        assert_eq!(part.value, Err(MissingReason::NotRestatable), "{area}");
    }
    let whole = book.figure("monthly.sent", "96", "2025-01", Some(AFTER));
    assert_eq!(whole.value.as_deref(), Ok("10"), "all of it lies in the province");
}

#[test]
fn rule_18_ca_mau_2017_against_2026_is_that_of_both_provinces_on_the_boundaries_of_2026() {
    let mut book = both_provinces();
    let inhabitants = ("ca-mau-statistics", "population.inhabitants", "96", &[][..], "2140282");
    book.record("2026", &[inhabitants]);
    let plain = book.figure("population.inhabitants", "96", "2026", None);
    assert!(plain.comparisons[0].flags.contains(&ComparisonFlag::NotComparable));
    let restated = book.figure("population.inhabitants", "96", "2026", Some(AFTER));
    // 1,222,600 + 900,000
    assert_eq!(restated.comparisons[0].base.as_deref(), Ok("2122600"));
    assert!(restated.comparisons[0].flags.is_empty());
}
