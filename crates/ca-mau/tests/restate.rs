//! The merger of 2025-07-01 as the catalogue tells it: what can be restated, and what cannot.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use almanac_ca_mau::catalog;
use almanac_catalog::{Catalog, Share};
use almanac_model::AreaId;
use jiff::civil::{Date, date};

const BEFORE: Date = date(2017, 12, 31);
const AFTER: Date = date(2026, 1, 1);

fn share(catalog: &Catalog, area: &str, day: Date, within: &str, boundaries: Date) -> Share {
    catalog.share_in(
        &AreaId::new(area).unwrap(),
        day,
        &AreaId::new(within).unwrap(),
        boundaries,
    )
}

#[test]
fn rule_17_both_provinces_lie_wholly_in_the_merged_one() {
    let catalog = catalog().unwrap();
    for area in ["96", "95", "954", "964", "31813"] {
        assert_eq!(share(&catalog, area, BEFORE, "96", AFTER), Share::All, "{area}");
    }
    assert_eq!(share(&catalog, "95", BEFORE, "96", BEFORE), Share::Nothing);
    let province = AreaId::new("96").unwrap();
    assert!(!catalog.same_extent(&province, BEFORE, AFTER));
    assert!(catalog.same_extent(&province, BEFORE, date(2025, 6, 30)));
}

#[test]
fn rule_17_a_commune_that_was_divided_without_weights_cannot_be_restated() {
    let catalog = catalog().unwrap();
    assert_eq!(share(&catalog, "32142", BEFORE, "32128.2025", AFTER), Share::Unknown);
    assert_eq!(share(&catalog, "31813", BEFORE, "31825.2025", AFTER), Share::All);
    assert_eq!(share(&catalog, "31813", BEFORE, "32128.2025", AFTER), Share::Nothing);
}

#[test]
fn rule_17_a_district_is_restated_only_on_what_holds_all_of_it() {
    let catalog = catalog().unwrap();
    assert_eq!(share(&catalog, "954", BEFORE, "31825.2025", AFTER), Share::Unknown);
}

#[test]
fn rule_17_what_was_put_together_cannot_be_taken_apart() {
    let catalog = catalog().unwrap();
    assert_eq!(share(&catalog, "96", AFTER, "96", BEFORE), Share::Unknown);
    assert_eq!(share(&catalog, "31825.2025", AFTER, "95", BEFORE), Share::All);
}
