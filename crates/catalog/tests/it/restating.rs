//! Rules 17 and 18: how much of a unit of one day lies in a unit of another, through several changes.

use almanac_catalog::{Catalog, Share};
use almanac_model::AreaId;
use jiff::civil::{Date, date};

use crate::catalogue::{load, replace, with_more};

const BEFORE: Date = date(2010, 1, 1);
const AFTER: Date = date(2020, 1, 1);

/// The province P and what lies in it, in lines of area, level, parent, from, to; then what became of some of it.
fn territory(areas: &[&str], transitions: &[&str]) -> Catalog {
    let row = |area: &&str| {
        let (id, rest) = area.split_once(',').unwrap();
        format!("{id},{id},{id},{rest}\n")
    };
    let rows: String = ["P,province,,2000-01-01,"].iter().chain(areas).map(row).collect();
    let mut files = with_more("areas.csv", &rows);
    for transition in transitions {
        let header = "from_area,to_area,date,extent,weight,weight_source\n";
        replace(
            &mut files,
            "transitions.csv",
            header,
            &format!("{header}{transition}\n"),
        );
    }
    load(&files)
}

fn area(id: &str) -> AreaId {
    AreaId::new(id).unwrap()
}

fn share(catalog: &Catalog, unit: &str, day: Date, within: &str, boundaries: Date) -> Share {
    catalog.share_in(&area(unit), day, &area(within), boundaries)
}

#[test]
fn rule_17_a_unit_that_lost_a_part_before_it_was_merged_is_divided() {
    let catalog = territory(
        &[
            "d,district,P,2000-01-01,2016-01-01",
            "e,district,P,2000-01-01,",
            "f,district,P,2000-01-01,",
            "c,commune,d,2000-01-01,2015-01-01",
            "c,commune,e,2015-01-01,",
            "rest,commune,d,2000-01-01,2016-01-01",
        ],
        &["d,f,2016-01-01,whole,,"],
    );
    // c went to e in 2015, and what was left of d into f in 2016
    assert_eq!(share(&catalog, "d", BEFORE, "e", AFTER), Share::Unknown);
    assert_eq!(share(&catalog, "d", BEFORE, "f", AFTER), Share::Unknown);
    assert_eq!(share(&catalog, "d", BEFORE, "P", AFTER), Share::All);
    assert_eq!(share(&catalog, "d", date(2015, 6, 1), "f", AFTER), Share::All);
}

#[test]
fn rule_17_a_unit_is_not_restated_on_a_part_of_where_it_lies() {
    let catalog = territory(&["d,district,P,2000-01-01,", "c,commune,d,2000-01-01,"], &[]);
    assert_eq!(share(&catalog, "d", BEFORE, "c", AFTER), Share::Unknown);
    assert_eq!(share(&catalog, "d", AFTER, "c", BEFORE), Share::Unknown);
    assert_eq!(share(&catalog, "c", BEFORE, "d", AFTER), Share::All);
}

#[test]
fn rule_17_a_unit_without_a_word_of_its_origin_was_a_part_of_the_unit_above() {
    let catalog = territory(&["d,district,P,2000-01-01,", "c,commune,d,2015-01-01,2018-01-01"], &[]);
    assert_eq!(share(&catalog, "c", date(2016, 1, 1), "d", BEFORE), Share::All);
    assert_eq!(share(&catalog, "c", date(2016, 1, 1), "d", AFTER), Share::All);
    assert!(catalog.same_extent(&area("d"), BEFORE, AFTER));
}

#[test]
fn rule_17_what_went_nobody_knows_where_is_in_no_area() {
    let catalog = territory(
        &["Q,province,,2000-01-01,2016-01-01"],
        &["P,Q,2015-01-01,part,0.25,\"inhabitants, resolution 1252\""],
    );
    // a quarter went into Q, of whose end nothing is told
    assert!(matches!(share(&catalog, "P", BEFORE, "P", AFTER), Share::Part(_)));
    assert!(!catalog.same_extent(&area("P"), BEFORE, AFTER));
}

#[test]
fn rule_18_a_unit_that_came_and_ceased_leaves_another_territory() {
    let catalog = territory(
        &[
            "Q,province,,2000-01-01,",
            "d,district,Q,2000-01-01,2015-01-01",
            "d,district,P,2015-01-01,2016-01-01",
        ],
        &[],
    );
    assert!(!catalog.same_extent(&area("P"), BEFORE, AFTER));
}

#[test]
fn rule_18_an_area_that_did_not_exist_has_not_the_same_territory() {
    let catalog = territory(&["d,district,P,2015-01-01,"], &[]);
    assert!(!catalog.same_extent(&area("d"), BEFORE, AFTER));
    assert!(catalog.same_extent(&area("d"), AFTER, date(2021, 1, 1)));
}
