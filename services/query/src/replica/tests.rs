//! Records that must not be applied.

use almanac_model::{Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, Quality, Status};
use almanac_wire::Payload;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn mark(second: i64) -> Mark {
    Mark::of(at(second), b"")
}

fn catalogue() -> Content {
    Content::decode(&Payload::Catalog(almanac_ca_mau::catalog_files()).encode()).unwrap()
}

/// One count of inhabitants, with these decimals.
fn inhabitants(metric: &str, granularity: Granularity, decimals: u8) -> Batch {
    let mut batch = BatchBuilder::default();
    let series = BatchSeries {
        metric: metric.parse().unwrap(),
        area: "96".parse().unwrap(),
        reporter: "ca-mau-statistics".parse().unwrap(),
        dimensions: [].into(),
        granularity,
        decimals,
    };
    let status = Status {
        quality: Quality::Official,
        qualifier: almanac_model::Qualifier::Exact,
        missing: None,
        confidential: false,
    };
    batch.push(series, 47, 1_222_600, status, BatchExtra::default());
    batch.finish()
}

#[test]
fn a_record_that_does_not_fit_halts_and_changes_nothing() {
    type Case = (&'static str, i64, Content);
    let yearly = |metric, decimals| Content::Events(inhabitants(metric, Granularity::Year, decimals));
    let mut files = almanac_ca_mau::catalog_files();
    let renamed = files
        .get("catalog.toml")
        .unwrap()
        .replace("Asia/Ho_Chi_Minh", "Asia/Tokyo");
    files.insert("catalog.toml", renamed);
    let other_zone = Content::decode(&Payload::Catalog(files).encode()).unwrap();
    let cases: [Case; 5] = [
        ("an earlier time", 6, yearly("population.inhabitants", 0)),
        ("an undefined metric", 8, yearly("population.inhabitant", 0)),
        ("other decimals", 8, yearly("population.inhabitants", 2)),
        (
            "another granularity",
            8,
            Content::Events(inhabitants("population.inhabitants", Granularity::Month, 0)),
        ),
        ("another zone", 8, other_zone),
    ];
    for (what, second, content) in cases {
        let mut replica = Replica::default();
        replica.hear(LogId::from_random([1; 16]), Revision(1), at(0)).unwrap();
        replica.apply(mark(7), catalogue()).unwrap();
        assert!(replica.progress().can_serve);
        assert!(replica.apply(mark(second), content).is_err(), "{what}");
        assert_eq!(replica.applied(), Revision(1), "{what}");
        assert!(!replica.progress().can_serve, "{what}");
    }
}

#[test]
fn events_before_any_catalogue_halt() {
    let mut replica = Replica::default();
    let events = Content::Events(inhabitants("population.inhabitants", Granularity::Year, 0));
    assert!(matches!(replica.apply(mark(1), events), Err(RecordError::NoCatalog)));
}

#[test]
fn a_log_that_lost_its_end_is_another_log() {
    let mut replica = Replica::default();
    let log = LogId::from_random([1; 16]);
    replica.hear(log, Revision(1), at(0)).unwrap();
    replica.apply(mark(7), catalogue()).unwrap();
    let shorter = OtherLogError::Shorter {
        head: Revision(0),
        applied: Revision(1),
    };
    assert_eq!(replica.hear(log, Revision(0), at(1)), Err(shorter));
    assert!(replica.hear(LogId::from_random([2; 16]), Revision(1), at(1)).is_err());
}

#[test]
fn times_lead_to_revisions_also_where_several_are_equal() {
    let mut replica = Replica::default();
    for second in [5, 7, 7, 9] {
        replica.apply(mark(second), catalogue()).unwrap();
    }
    let found = [4, 5, 6, 7, 8, 9, 10].map(|second| replica.revision_at(at(second)).0);
    assert_eq!(found, [0, 1, 1, 3, 3, 4, 4]);
    assert_eq!(replica.catalog_at(Revision(3)).unwrap().0, Revision(3));
    assert!(replica.catalog_at(Revision(0)).is_none());
    assert_eq!(replica.record_time(Revision(2)), Some(at(7)));
    assert_eq!(replica.record_time(Revision(5)), None);
}
