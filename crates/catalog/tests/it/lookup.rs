//! Finding things, and the nearest things to wrong names.

use almanac_catalog::{CatalogFiles, ContentHash, MeasureId};
use almanac_model::{AreaId, LevelId, MetricId};
use jiff::civil::date;

use crate::catalogue::{catalog, files, with};

fn area(id: &str) -> AreaId {
    AreaId::new(id).unwrap()
}

#[test]
fn definitions_are_found_by_name() {
    let catalog = catalog();
    assert_eq!(
        (catalog.id(), catalog.label().en.as_str(), catalog.owner()),
        ("test", "Test", "Statistics office")
    );
    assert_eq!(catalog.time_zone_name(), "Asia/Ho_Chi_Minh");
    assert_eq!(catalog.metric("post.items").unwrap().unit.as_str(), "item");
    assert!(matches!(
        catalog.measure("post.sent_share"),
        Some(MeasureId::Indicator(_))
    ));
    assert!(matches!(catalog.measure("post.items"), Some(MeasureId::Metric(_))));
    assert_eq!(catalog.measure("post.itmes"), None);
    let levels: Vec<&str> = catalog.levels().map(|level| level.id.as_str()).collect();
    assert_eq!(levels, ["province", "district", "commune"]);
    assert_eq!(catalog.report("annual-review").unwrap().sections[0].lines.len(), 1);
}

#[test]
fn expectations_default_to_every_code_but_not_specified() {
    let catalog = catalog();
    let expectations = catalog.expectations(&MetricId::new("post.items").unwrap());
    let cells: Vec<String> = expectations[0]
        .cells
        .iter()
        .flat_map(|cell| cell.values().map(ToString::to_string))
        .collect();
    assert_eq!(cells, ["received", "sent"]);
    assert!(
        catalog
            .expectations(&MetricId::new("permits.issued").unwrap())
            .is_empty()
    );
}

#[test]
fn names_are_suggested() {
    let catalog = catalog();
    assert_eq!(catalog.nearest_metric("post.itmes"), ["post.items"]);
    assert_eq!(catalog.nearest_metric("dan so"), ["population.inhabitants"]);
    assert_eq!(catalog.nearest_measure("post.share"), ["post.sent_share", "post.items"]);
    assert_eq!(catalog.nearest_area("ca mau")[0], "96");
    assert_eq!(catalog.nearest_area("dat mui"), ["32244", "32244.2025"]);
    assert_eq!(catalog.nearest_area("31813"), ["31813", "31813.2025"]);
    assert_eq!(catalog.nearest_code("direction", "Gửi"), Vec::<String>::new());
    assert_eq!(catalog.nearest_code("direction", "recieved"), ["received"]);
    assert_eq!(catalog.nearest_reporter("postoffice"), ["post-office"]);
}

#[test]
fn the_hierarchy_is_dated() {
    let catalog = catalog();
    let (before, after) = (date(2025, 6, 30), date(2025, 7, 1));
    let district = LevelId::new("district").unwrap();
    let ids = |found: Vec<&AreaId>| found.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(catalog.parent_at(&area("31999"), before), Some(&area("964")));
    assert_eq!(catalog.parent_at(&area("31999"), after), None);
    assert!(catalog.is_valid_at(&area("95"), before) && !catalog.is_valid_at(&area("95"), after));
    assert_eq!(
        ids(catalog.descendants_at(&area("96"), &district, before)),
        ["964", "973"]
    );
    assert_eq!(
        ids(catalog.descendants_at(&area("96"), &district, after)),
        Vec::<String>::new()
    );
    assert_eq!(ids(catalog.descendants_at(&area("964"), &district, before)), ["964"]);
    let commune = LevelId::new("commune").unwrap();
    assert_eq!(
        ids(catalog.descendants_at(&area("96"), &commune, after)),
        ["31813.2025", "32002.2025", "32244.2025"]
    );
    let of_level = |level: &LevelId| catalog.areas().filter(|area| area.level == *level).count();
    for level in [&district, &commune] {
        assert_eq!(catalog.areas_of_level(level), of_level(level), "{level}");
    }
    assert!(catalog.lies_under(&area("31999"), &area("96"), before));
    assert!(!catalog.lies_under(&area("31999"), &area("96"), after));
    assert!(catalog.lies_under_at_any_date(&area("31999"), &area("96")));
    assert!(!catalog.lies_under_at_any_date(&area("31813"), &area("96")));
}

#[test]
fn a_period_across_a_merger_has_a_boundary_change_inside() {
    let catalog = catalog();
    let changes = |id: &str, from, to| catalog.boundary_changes(&area(id), from, to);
    let (y2024, y2025, y2026) = (date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1));
    assert_eq!(changes("96", y2025, y2026), [date(2025, 7, 1)]);
    assert_eq!(changes("96", y2024, y2025), [date(2024, 12, 1)]);
    assert_eq!(changes("973", y2024, y2025), []);
    assert_eq!(changes("973", y2025, y2026), [date(2025, 7, 1)]);
    assert_eq!(
        changes("96", date(2025, 7, 1), y2026),
        [],
        "the change is the first day"
    );
    assert_eq!(changes("96", date(2017, 1, 1), date(2018, 1, 1)), []);
}

#[test]
fn the_level_of_a_metric_is_dated() {
    let catalog = catalog();
    let metric = catalog.metric("post.items").unwrap();
    let level = |period: &str| metric.level_for(period.parse().unwrap()).map(LevelId::as_str);
    assert_eq!(
        (level("2025-06"), level("2025-07"), level("2025")),
        (Some("district"), Some("commune"), Some("commune"))
    );
}

#[test]
fn equal_files_have_equal_hashes() {
    let hash = files().hash();
    assert_eq!(catalog().hash(), hash);
    assert_eq!(hash.to_string().parse::<ContentHash>(), Ok(hash));
    assert_ne!(with("post.toml", "1000000", "1000001").hash(), hash);
    let joined: CatalogFiles = [("ab.toml", "c")].into_iter().collect();
    let split: CatalogFiles = [("a", "b.tomlc")].into_iter().collect();
    assert_ne!(joined.hash(), split.hash());
}

#[test]
fn a_folder_is_read_without_what_is_no_part_of_a_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files().iter() {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("README.md"), "not a definition").unwrap();
    assert_eq!(CatalogFiles::read_dir(folder.path()).unwrap(), files());
    let absent = CatalogFiles::read_dir(&folder.path().join("absent")).unwrap_err();
    assert!(absent.to_string().starts_with("cannot list "), "{absent}");
}
