//! The embedded catalogue is sound and says everything in two languages.

use std::collections::BTreeSet;
use std::path::Path;

use almanac_ca_mau::{ANNUAL_REVIEW, PROVINCE, catalog, catalog_files};
use almanac_catalog::{Catalog, CatalogFiles, Documentation, Kind, Label};
use almanac_model::{AreaId, Period};

fn loaded() -> Catalog {
    catalog().unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn the_catalogue_has_no_problems() {
    assert_eq!(loaded().id(), "ca-mau");
}

#[test]
fn every_file_of_the_folder_is_embedded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalog");
    assert_eq!(CatalogFiles::read_dir(&folder).unwrap(), catalog_files());
}

fn labels(catalog: &Catalog) -> Vec<(String, &Label)> {
    let mut labels = vec![("catalogue".to_owned(), catalog.label())];
    let mut add = |what: String, label| labels.push((what, label));
    catalog
        .levels()
        .for_each(|level| add(format!("level {}", level.id), &level.label));
    catalog
        .units()
        .for_each(|unit| add(format!("unit {}", unit.id), &unit.label));
    catalog
        .reporters()
        .for_each(|reporter| add(format!("reporter {}", reporter.id), &reporter.label));
    for dimension in catalog.dimensions() {
        for item in &dimension.codes {
            add(format!("code {}.{}", dimension.id, item.code), &item.label);
        }
    }
    for section in catalog.reports().flat_map(|report| &report.sections) {
        add("report section".to_owned(), &section.label);
        section
            .lines
            .iter()
            .for_each(|line| add(format!("line {}", line.id), &line.label));
    }
    labels
}

fn documentations(catalog: &Catalog) -> Vec<(String, &Documentation)> {
    let metrics = catalog
        .metrics()
        .map(|metric| (metric.id.to_string(), &metric.documentation));
    let indicators = catalog
        .indicators()
        .map(|indicator| (indicator.id.to_string(), &indicator.documentation));
    let dimensions = catalog
        .dimensions()
        .map(|dimension| (dimension.id.to_string(), &dimension.documentation));
    let reports = catalog
        .reports()
        .map(|report| (report.id.to_string(), &report.documentation));
    metrics.chain(indicators).chain(dimensions).chain(reports).collect()
}

#[test]
fn rule_8_everything_has_labels_a_definition_a_source_and_an_owner() {
    let catalog = loaded();
    let documentations = documentations(&catalog);
    let mut labels = labels(&catalog);
    for (what, documentation) in &documentations {
        labels.push((format!("label of {what}"), &documentation.label));
        labels.push((format!("definition of {what}"), &documentation.definition));
        assert!(!documentation.source.trim().is_empty(), "source of {what}");
        assert!(!documentation.owner.trim().is_empty(), "owner of {what}");
    }
    for (what, label) in labels {
        assert!(!label.vi.trim().is_empty(), "{what} has no Vietnamese text");
        assert!(!label.en.trim().is_empty(), "{what} has no English text");
    }
}

#[test]
fn every_unit_and_code_is_used() {
    let catalog = loaded();
    let units_of_metrics = catalog.metrics().map(|metric| &metric.unit);
    let used: BTreeSet<_> = units_of_metrics
        .chain(catalog.indicators().map(|it| &it.unit))
        .collect();
    for unit in catalog.units() {
        assert!(used.contains(&unit.id), "unit {}", unit.id);
    }
    let used: BTreeSet<_> = catalog.metrics().flat_map(|metric| &metric.dimensions).collect();
    for dimension in catalog.dimensions() {
        assert!(used.contains(&dimension.id), "dimension {}", dimension.id);
    }
}

#[test]
fn every_metric_has_exactly_one_reporter_in_the_province() {
    let catalog = loaded();
    let province = AreaId::new(PROVINCE).unwrap();
    for metric in catalog.metrics() {
        let reporters = catalog
            .reporters()
            .filter(|reporter| reporter.metrics.contains(&metric.id) && reporter.areas.contains(&province));
        assert_eq!(
            reporters.count(),
            1,
            "reporters add up, so {} must not have two",
            metric.id
        );
    }
}

#[test]
fn rule_4_service_points_are_collected_nearer_to_the_ground_from_reform_to_reform() {
    let catalog = loaded();
    let points = catalog.metric("post.service_points").unwrap();
    let level_of = |year: &str| {
        let year: Period = year.parse().unwrap();
        let levels: Vec<_> = points.levels.iter().filter(|level| level.covers(year)).collect();
        assert_eq!(levels.len(), 1, "{year}");
        levels[0].level.to_string()
    };
    let levels = ["2017", "2018", "2024", "2025", "2026"].map(level_of);
    assert_eq!(levels, ["province", "district", "district", "commune", "commune"]);
    assert_eq!(points.kind, Kind::Stock);
}

#[test]
fn shares_are_percentages_that_cannot_exceed_one_hundred() {
    let catalog = loaded();
    for indicator in catalog.indicators() {
        let share = indicator.unit.as_str() == "percent";
        let most = indicator.range.max.map(|max| max.to_string());
        assert_eq!(most.as_deref(), share.then_some("100"), "{}", indicator.id);
    }
}

#[test]
fn the_annual_review_shows_every_metric_and_indicator_but_complaints() {
    let catalog = loaded();
    let review = catalog.report(ANNUAL_REVIEW).unwrap();
    let lines = review.sections.iter().flat_map(|section| &section.lines);
    let shown: BTreeSet<String> = lines.map(|line| line.measure.to_string()).collect();
    let metrics = catalog.metrics().map(|metric| metric.id.to_string());
    let indicators = catalog.indicators().map(|indicator| indicator.id.to_string());
    let absent: Vec<String> = metrics.chain(indicators).filter(|id| !shown.contains(id)).collect();
    assert_eq!(absent, ["complaints.received", "complaints.per_100000_inhabitants"]);
}
