//! Territory over the wire: the merger of 2025-07-01, parts of areas by grouping, several areas as one sum, and days from
//! which a metric is defined in another way.

use almanac_catalog::CatalogFiles;
use almanac_wire::bundle_to_proto;
use almanac_wire::pb::ingest::ApplyCatalogRequest;
use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{ComparisonFlag, ComparisonKind, Event, Figure, FigureFlag, MissingReason, Quality};
use tonic::Code;

use crate::support::events::{with_code, yearly};
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::refusal::Refusal;

const STATISTICS: &str = "ca-mau-statistics";
const POST: &str = "ca-mau-postal-enterprises";
const BAC_LIEU: &str = "bac-lieu-dic";
const MERGED: &str = "2026-01-01";

/// Urban and rural by district, and the region of both provinces.
const GROUPINGS: &str = r#"
[[grouping]]
id = "urbanisation"
label = { vi = "Thành thị, nông thôn", en = "Urban and rural" }
definition = { vi = "x", en = "x" }
source = "The test's own"
owner = "The test"
codes = [{ code = "urban", label = { vi = "x", en = "x" } }, { code = "rural", label = { vi = "x", en = "x" } }]

[[grouping]]
id = "region"
label = { vi = "Vùng", en = "Region" }
definition = { vi = "x", en = "x" }
source = "The test's own"
owner = "The test"
codes = [{ code = "mekong-delta", label = { vi = "x", en = "x" } }]
"#;
const MEMBERS: &str = "grouping,code,area
urbanisation,rural,95
urbanisation,rural,96
urbanisation,urban,954
urbanisation,urban,964
region,mekong-delta,95
region,mekong-delta,96
";

fn in_area(area: &str, event: Event) -> Event {
    Event {
        area: area.into(),
        quality: Quality::Estimated.into(),
        ..event
    }
}

fn inhabitants(area: &str, year: i16, value: &str) -> Event {
    in_area(area, yearly("population.inhabitants", year, value))
}

fn post_offices(area: &str, value: &str) -> Event {
    let offices = yearly("post.service_points", 2018, value);
    in_area(area, with_code(offices, "point_kind", "post_office"))
}

fn question(measure: &str, areas: &[&str], period: &str) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        areas: areas.iter().map(|area| (*area).to_owned()).collect(),
        periods: vec![period.into()],
        ..in_2017(measure)
    }
}

fn told(figure: &Figure) -> (Option<&str>, Vec<FigureFlag>) {
    (figure.value.as_deref(), figure.flags().collect())
}

#[tokio::test]
async fn rule_17_and_18_ca_mau_before_and_after_the_merger() {
    let pair = Pair::start().await;
    let of_2017 = vec![inhabitants("96", 2017, "1222600"), inhabitants("95", 2017, "900000")];
    pair.ingest.record(STATISTICS, of_2017).await.unwrap();
    let of_2026 = vec![inhabitants("96", 2026, "2140282")];
    let revision = pair.ingest.record(STATISTICS, of_2026).await.unwrap().revision;
    let against_2017 = pb::ComparisonRequest {
        kind: ComparisonKind::Base.into(),
        base_period: "2017".into(),
        ..pb::ComparisonRequest::default()
    };
    let mut asked = question("population.inhabitants", &["96"], "2026");
    asked.comparisons = vec![against_2017];
    let plain = pair.query.figure(after(revision, asked.clone())).await;
    let flags: Vec<ComparisonFlag> = plain.comparisons[0].flags().collect();
    assert_eq!(flags, [ComparisonFlag::NotComparable]);

    asked.on_boundaries_of = MERGED.into();
    let restated = pair.query.figure(asked).await;
    // 1,222,600 of Ca Mau and 900,000 of Bac Lieu
    assert_eq!(restated.comparisons[0].base_value.as_deref(), Some("2122600"));
    assert_eq!(restated.comparisons[0].flags().count(), 0, "{restated:?}");
    let mut of_2017 = question("population.inhabitants", &["96"], "2017");
    of_2017.on_boundaries_of = MERGED.into();
    let both = pair.query.figure(of_2017).await;
    assert_eq!(told(&both), (Some("2122600"), vec![FigureFlag::Restated]));
}

#[tokio::test]
async fn rule_17_a_district_that_was_divided_without_weights_is_not_restated() {
    let pair = Pair::start().await;
    let recorded = pair.ingest.record(BAC_LIEU, vec![post_offices("954", "5")]).await;
    let mut asked = question("post.service_points", &["31825.2025"], "2018");
    asked.on_boundaries_of = MERGED.into();
    let divided = pair.query.figure(after(recorded.unwrap().revision, asked)).await;
    assert_eq!(
        (divided.value.as_deref(), divided.missing()),
        (None, MissingReason::NotRestatable)
    );
}

/// Both services under the embedded catalogue with groupings, and a break in the inhabitants; post offices of three
/// districts.
async fn grouped() -> (Pair, u64) {
    let pair = Pair::start().await;
    let mut files: CatalogFiles = almanac_ca_mau::catalog_files();
    files.insert("groupings.toml", GROUPINGS);
    files.insert("groupings.csv", MEMBERS);
    let population = files.get("population.toml").expect("the file is there").to_owned();
    let census =
        "breaks = [{ date = \"2019-04-01\", label = { vi = \"x\", en = \"Census\" }, source = \"The test's own\" }]";
    files.insert(
        "population.toml",
        population.replacen("min = \"1\"", &format!("min = \"1\"\n{census}"), 1),
    );
    let request = ApplyCatalogRequest {
        catalog: Some(bundle_to_proto(&files)),
        validate_only: false,
    };
    pair.ingest
        .client
        .clone()
        .apply_catalog(request)
        .await
        .expect("the catalogue follows the embedded one");
    let of_ca_mau = vec![post_offices("964", "7"), post_offices("973", "2")];
    let first = pair.ingest.record(POST, of_ca_mau).await;
    first.expect("districts are counted in 2018");
    let recorded = pair.ingest.record(BAC_LIEU, vec![post_offices("954", "5")]).await;
    let revision = recorded.expect("and in Bac Lieu").revision;
    (pair, revision)
}

fn codes_of(grouping: &str, codes: &[&str]) -> Vec<pb::DimensionFilter> {
    vec![pb::DimensionFilter {
        dimension: grouping.into(),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
    }]
}

#[tokio::test]
async fn rule_17_and_19_a_grouping_is_asked_for_like_a_dimension_and_areas_as_one_sum() {
    let (pair, revision) = grouped().await;
    let mut urban = question("post.service_points", &["96"], "2018");
    urban.filters = codes_of("urbanisation", &["urban"]);
    assert_eq!(pair.query.value(after(revision, urban)).await.as_deref(), Some("7"));

    let mut delta = question("post.service_points", &["96", "964", "95"], "2018");
    delta.combine_areas = true;
    delta.filters = codes_of("region", &["mekong-delta"]);
    let sum = pair.query.figure(delta.clone()).await;
    assert_eq!((sum.value.as_deref(), sum.area.as_str()), (Some("14"), "96+95"));
    assert_eq!(sum.combined_areas, ["96", "95"], "964 lies in 96");

    delta.group_by = vec!["urbanisation".into()];
    let parts = pair.query.ask(delta.clone()).await.unwrap().figures;
    let by_code: Vec<_> = parts
        .iter()
        .map(|figure| (figure.dimensions["urbanisation"].as_str(), figure.value.as_deref()))
        .collect();
    assert_eq!(by_code, [("urban", Some("12")), ("rural", Some("2"))]);

    let request = pb::StreamIndicatorsRequest {
        query: Some(delta),
        ..pb::StreamIndicatorsRequest::default()
    };
    let mut stream = pair
        .query
        .client
        .clone()
        .stream_indicators(request)
        .await
        .unwrap()
        .into_inner();
    let message = stream.message().await.unwrap().unwrap();
    assert_eq!(message.figures, parts);

    let mut density = question("telephone.density", &["96"], "2018");
    density.filters = codes_of("urbanisation", &["urban"]);
    let refused = pair.query.ask(density).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.reason().as_str()),
        (Code::InvalidArgument, "GROUPING_TOO_FINE"),
        "{refused}"
    );
    assert!(
        refused.message().contains("collected by province"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn rule_19_a_watched_sum_is_told_again_when_one_of_its_areas_changes() {
    let (pair, revision) = grouped().await;
    let mut both = question("post.service_points", &["95", "96"], "2018");
    both.combine_areas = true;
    let request = pb::WatchIndicatorsRequest {
        query: Some(after(revision, both)),
        resume_after: 0,
    };
    let mut watch = pair
        .query
        .client
        .clone()
        .watch_indicators(request)
        .await
        .unwrap()
        .into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.figures[0].value.as_deref(), Some("14"));
    pair.ingest.record(POST, vec![post_offices("966", "3")]).await.unwrap();
    let changed = loop {
        let message = watch.message().await.unwrap().unwrap();
        if let Some(figure) = message.figures.into_iter().next() {
            break figure;
        }
    };
    assert_eq!((changed.value.as_deref(), changed.area.as_str()), (Some("17"), "95+96"));
}

#[tokio::test]
async fn rule_18_a_break_is_listed_and_marks_what_lies_across_it() {
    let (pair, _) = grouped().await;
    let events = ["1222600", "1230000", "1194476", "1200000"];
    let events = events
        .iter()
        .zip(2017..)
        .map(|(value, year)| inhabitants("96", year, value));
    let revision = pair.ingest.record(STATISTICS, events.collect()).await.unwrap().revision;
    let mut asked = question("population.inhabitants", &["96"], "2018..2020");
    asked.comparisons = vec![pb::ComparisonRequest {
        kind: ComparisonKind::PreviousPeriod.into(),
        base_period: String::new(),
        ..pb::ComparisonRequest::default()
    }];
    let figures = pair.query.ask(after(revision, asked)).await.unwrap().figures;
    let marks: Vec<(Vec<FigureFlag>, Vec<ComparisonFlag>)> = figures
        .iter()
        .map(|figure| (figure.flags().collect(), figure.comparisons[0].flags().collect()))
        .collect();
    let across = vec![ComparisonFlag::NotComparable];
    // the year of the break is one period: its value is of neither definition alone
    let expected = [
        (vec![], vec![]),
        (vec![FigureFlag::Break], across.clone()),
        (vec![], across),
    ];
    assert_eq!(marks, expected);

    let mut client = pair.query.client.clone();
    let metrics = client
        .list_metrics(pb::ListMetricsRequest::default())
        .await
        .unwrap()
        .into_inner()
        .metrics;
    let population = metrics
        .iter()
        .find(|metric| metric.id == "population.inhabitants")
        .unwrap();
    let breaks: Vec<&str> = population.breaks.iter().map(|one| one.date.as_str()).collect();
    assert_eq!(breaks, ["2019-04-01"]);
    let dimensions = client
        .list_dimensions(pb::ListDimensionsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let groupings = dimensions.dimensions.iter().filter(|dimension| dimension.grouping());
    let ids: Vec<&str> = groupings.map(|grouping| grouping.id.as_str()).collect();
    assert_eq!(ids, ["region", "urbanisation"]);
}
