//! Every cell as of every revision, against a plain list of what was recorded.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "support/recorded.rs"]
mod recorded;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::{Cell, Columns, Cube, Series, SeriesKey};
use almanac_model::{
    AreaId, BatchBuilder, BatchExtra, BatchSeries, Granularity, MetricId, MissingReason, Qualifier, Quality,
    ReporterId, Revision, Status,
};
use almanac_testkit::generate::load;
use proptest::prelude::*;
use recorded::{Recorded, batch};

/// The metrics of the test: one of each method.
const METRICS: [&str; 2] = ["reported", "tallied"];
const AREAS: [&str; 2] = ["1", "2"];
/// Two lie side by side, of one area. Some of their periods are in another sheet than the others.
const SERIES: [(&str, &str); 3] = [(AREAS[0], "r"), (AREAS[0], "s"), (AREAS[1], "r")];
const PERIODS: RangeInclusive<i32> = -3..=8;

fn catalog() -> Catalog {
    let texts =
        "label = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\nsource = \"x\"\nowner = \"x\"";
    let metric = |id: &str, method: &str| {
        format!(
            "[[metric]]\nid = \"{id}\"\n{texts}\nkind = \"flow\"\nmethod = \"{method}\"\nunit = \"item\"\n\
             frequency = \"month\"\nlevels = [{{ level = \"province\" }}]\n"
        )
    };
    let head = "[catalog]\nid = \"test\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nlabel = { vi = \"x\", en = \"x\" }\nowner = \"x\"\n\
                [[level]]\nid = \"province\"\nlabel = { vi = \"x\", en = \"x\" }\n\
                [[unit]]\nid = \"item\"\nlabel = { vi = \"x\", en = \"x\" }\n";
    let areas = "area,code,name_vi,level,parent,valid_from,valid_to\n1,1,a,province,,2000-01-01,\n2,2,b,province,,2000-01-01,\n";
    let metrics = metric(METRICS[0], "report") + &metric(METRICS[1], "tally");
    let files: CatalogFiles = [
        ("areas.csv", areas.to_owned()),
        ("catalog.toml", head.to_owned()),
        ("metrics.toml", metrics),
    ]
    .into_iter()
    .collect();
    load(&files)
}

fn status() -> impl Strategy<Value = Status> {
    use MissingReason::{CannotExist, NotCollected, Suppressed, Unspecified};
    let quality = prop::sample::select(vec![Quality::Official, Quality::Preliminary, Quality::Estimated]);
    let qualifiers = vec![
        Qualifier::Exact,
        Qualifier::AtLeast,
        Qualifier::AtMost,
        Qualifier::About,
    ];
    let missing = prop::option::weighted(
        0.3,
        prop::sample::select(vec![NotCollected, CannotExist, Suppressed, Unspecified]),
    );
    let qualifier = prop::sample::select(qualifiers);
    (quality, qualifier, missing, any::<bool>()).prop_map(|(quality, qualifier, missing, secret)| Status {
        quality,
        qualifier,
        missing,
        confidential: secret && missing.is_none(),
    })
}

/// Events in the order of the log; each goes into the batch of the one before it or opens another, perhaps later one. Some
/// take back an earlier one.
fn events() -> impl Strategy<Value = Vec<Recorded>> {
    let place = (0..METRICS.len(), 0..SERIES.len(), PERIODS);
    // some are wider than most, so that columns have to be
    let value = prop_oneof![19 => -99_i64..=99, 1 => any::<i64>()];
    // one that follows the other in a batch, too
    let run = 1_i32..4;
    let event = (0_u64..3, place, run, value, status());
    let event = (event, prop::option::weighted(0.2, any::<prop::sample::Index>()));
    prop::collection::vec(event, 0..40).prop_map(|events| {
        let mut revision = Revision(1);
        let mut recorded: Vec<Recorded> = Vec::new();
        let mut standing: Vec<Recorded> = Vec::new();
        for ((later, (metric, series, first), run, value, status), taken_back) in events {
            revision = Revision(revision.0 + later);
            // a tally counts; that something is missing is a report
            let missing = status.missing.filter(|_| METRICS[metric] == "reported");
            if let Some(index) = taken_back.filter(|_| !standing.is_empty()) {
                let earlier = standing.swap_remove(index.index(standing.len()));
                recorded.push(Recorded {
                    revision,
                    is_retraction: true,
                    ..earlier
                });
                continue;
            }
            let periods = (first..first + run).filter(|period| PERIODS.contains(period));
            let all = periods.map(|period| Recorded {
                revision,
                metric,
                series,
                period,
                value: missing.map_or(value ^ i64::from(period), |_| 0),
                status: Status { missing, ..status },
                is_retraction: false,
            });
            standing.extend(all.clone());
            recorded.extend(all);
        }
        recorded
    })
}

fn cube(events: &[Recorded]) -> Cube {
    let catalog = catalog();
    let mut cube = Cube::default();
    for events in events.chunk_by(|one, next| one.revision == next.revision) {
        cube.apply(events[0].revision, &batch(events, &METRICS, &SERIES), &catalog)
            .unwrap();
    }
    cube
}

fn series(cube: &Cube, metric: usize, series: usize) -> Option<Series<'_>> {
    let (area, reporter) = SERIES[series];
    let key = SeriesKey {
        area: AreaId::new(area).unwrap(),
        codes: Vec::new(),
        reporter: ReporterId::new(reporter).unwrap(),
    };
    cube.metric(&MetricId::new(METRICS[metric]).unwrap())?.series(&key)
}

/// What stands for a period: of a report the last event, of a tally all of them together that were not taken back.
fn naive(events: &[Recorded], metric: usize, series: usize, period: i32, as_of: Revision) -> Option<Cell> {
    let of_cell = |event: &&Recorded| {
        event.metric == metric && event.series == series && event.period == period && event.revision <= as_of
    };
    let events: Vec<&Recorded> = events.iter().filter(of_cell).collect();
    let last = events.last()?;
    let mut standing: Vec<&Recorded> = Vec::new();
    for event in &events {
        if METRICS[metric] == "reported" {
            standing.clear();
        }
        let same = |other: &&Recorded| (other.value, other.status) == (event.value, event.status);
        match standing.iter().position(same) {
            Some(position) if event.is_retraction => drop(standing.remove(position)),
            _ if event.is_retraction => {}
            _ => standing.push(event),
        }
    }
    Some(Cell {
        value: standing.iter().map(|event| i128::from(event.value)).sum(),
        status: Status {
            quality: standing.iter().map(|event| event.status.quality).min()?,
            qualifier: standing
                .iter()
                .map(|event| event.status.qualifier)
                .reduce(Qualifier::plus)?,
            missing: standing.first()?.status.missing,
            confidential: standing.iter().any(|event| event.status.confidential),
        },
        revision: last.revision,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_cell_is_what_was_recorded_up_to_a_revision(events in events(), range in (PERIODS, PERIODS)) {
        let cube = cube(&events);
        let last = events.last().map_or(0, |event| event.revision.0);
        let revisions = (0..=last + 1).map(Revision).chain([Revision::LATEST]);
        let each = (0..METRICS.len()).flat_map(|metric| (0..SERIES.len()).map(move |own| (metric, own)));
        for (as_of, (metric, own)) in revisions.flat_map(|as_of| each.clone().map(move |each| (as_of, each))) {
            let series = series(&cube, metric, own);
            let expected = |period: i32| naive(&events, metric, own, period, as_of);
            for period in PERIODS.start() - 2..=PERIODS.end() + 2 {
                let found = series.and_then(|series| series.cell(period, as_of));
                prop_assert_eq!(found, expected(period), "{} {} as of {}", metric, period, as_of);
            }
            let range = range.0..=range.1;
            let found: Vec<(i32, Cell)> = series.map(|series| series.cells(range.clone(), as_of).collect()).unwrap_or_default();
            let wanted: Vec<(i32, Cell)> = range.filter_map(|period| Some((period, expected(period)?))).collect();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn a_stretch_of_one_status_is_added_as_its_cells_are(events in events(), range in (PERIODS, PERIODS)) {
        let cube = cube(&events);
        let last = events.last().map_or(0, |event| event.revision.0);
        let range = range.0..=range.1;
        let each: [(usize, &[usize]); 6] = [(0, &[0]), (0, &[1]), (0, &[0, 1]), (0, &[2]), (1, &[2]), (1, &[0, 1])];
        for (as_of, (metric, some)) in (0..=last).map(Revision).flat_map(|as_of| each.map(|each| (as_of, each))) {
            let found: Option<Vec<Series<'_>>> = some.iter().map(|own| series(&cube, metric, *own)).collect();
            let places = some.iter().flat_map(|own| range.clone().map(move |period| (*own, period)));
            let cells: Option<Vec<Cell>> = places.map(|(own, period)| naive(&events, metric, own, period, as_of)).collect();
            let uniform = cells.filter(|cells| cells.windows(2).all(|pair| pair[0].status == pair[1].status));
            let expected = uniform.and_then(|cells| Some((cells.iter().map(|cell| cell.value).sum(), cells.first()?.status)));
            let Some(found) = found else {
                prop_assert_eq!(expected, None);
                continue;
            };
            let block = found[0].block();
            let columns = found.iter().fold(Columns::default(), |all, series| all.or(series.columns()));
            prop_assert_eq!(columns.len(), some.len());
            let total = block.total(columns, &range, as_of);
            prop_assert_eq!(block.status(columns, &range, as_of), total.map(|(_, status)| status));
            // cells that were changed later are not told at once
            if total.is_some() || as_of == Revision(last) {
                prop_assert_eq!(total, expected, "{:?} as of {}", range, as_of);
            }
        }
    }

    #[test]
    fn the_confidential_cells_as_of_a_revision_are_found_without_looking_at_the_others(events in events()) {
        let cube = cube(&events);
        let last = events.last().map_or(0, |event| event.revision.0);
        for as_of in (0..=last + 1).map(Revision) {
            for (metric, id) in METRICS.iter().enumerate() {
                let metric_cube = cube.metric(&MetricId::new(id).unwrap());
                let name = |area: &str, reporter: &str| format!("{area} {reporter}");
                let found: BTreeSet<(String, i32)> = metric_cube
                    .into_iter()
                    .flat_map(|cube| cube.confidential(as_of))
                    .map(|(series, period)| (name(series.key().area.as_str(), series.key().reporter.as_str()), period))
                    .collect();
                let places = (0..SERIES.len()).flat_map(|own| PERIODS.map(move |period| (own, period)));
                let is_confidential = |(own, period): &(usize, i32)| {
                    naive(&events, metric, *own, *period, as_of).is_some_and(|cell| cell.status.confidential)
                };
                let wanted: BTreeSet<(String, i32)> = places
                    .filter(is_confidential)
                    .map(|(own, period)| (name(SERIES[own].0, SERIES[own].1), period))
                    .collect();
                prop_assert_eq!(found, wanted, "{} as of {}", id, as_of);
            }
        }
    }

    #[test]
    fn explain_every_write_says_what_it_did_to_a_value(events in events()) {
        let cube = cube(&events);
        let last = events.last().map_or(0, |event| event.revision.0);
        for (metric, own) in [(0, 0), (0, 1), (1, 1), (1, 2)] {
            let Some(series) = series(&cube, metric, own) else { continue };
            for (period, as_of) in PERIODS.flat_map(|period| (0..=last).map(move |as_of| (period, Revision(as_of)))) {
                let mut before = None;
                let mut revisions = Vec::new();
                for write in series.writes(period, as_of) {
                    prop_assert_eq!(write.before, before);
                    prop_assert_eq!(write.after, naive(&events, metric, own, period, write.revision));
                    let of_write = |event: &&Recorded| {
                        (event.metric, event.series, event.period, event.revision) == (metric, own, period, write.revision)
                    };
                    let taken_back = events.iter().filter(of_write).filter(|event| event.is_retraction).count();
                    prop_assert_eq!(write.taken_back as usize, taken_back);
                    prop_assert_eq!(write.recorded as usize, events.iter().filter(of_write).count() - taken_back);
                    before = write.after;
                    revisions.push(write.revision);
                }
                prop_assert_eq!(before, series.cell(period, as_of));
                let mut wrote: Vec<Revision> = events
                    .iter()
                    .filter(|event| (event.metric, event.series, event.period) == (metric, own, period) && event.revision <= as_of)
                    .map(|event| event.revision)
                    .collect();
                wrote.dedup();
                prop_assert_eq!(revisions, wrote);
            }
        }
    }

    #[test]
    fn the_series_of_an_area_are_those_that_were_recorded_for_it(events in events()) {
        let cube = cube(&events);
        for (metric, id) in METRICS.iter().enumerate() {
            let metric_cube = cube.metric(&MetricId::new(id).unwrap());
            for id in AREAS {
                let area_id = AreaId::new(id).unwrap();
                let found = metric_cube.map_or(0, |cube| cube.series_of(&area_id).filter(|series| has_cells(*series)).count());
                let has_value = |own: &usize| PERIODS.into_iter().any(|period| naive(&events, metric, *own, period, Revision::LATEST).is_some());
                let recorded = (0..SERIES.len()).filter(|own| SERIES[*own].0 == id).filter(has_value);
                prop_assert_eq!(found, recorded.count());
            }
        }
    }
}

#[test]
fn an_area_has_as_many_series_as_were_recorded_for_it() {
    let count = 150;
    let reporter = |index: i32| ReporterId::new(&format!("r{index}")).unwrap();
    let area = AreaId::new("1").unwrap();
    let mut builder = BatchBuilder::default();
    let status = Status::from_bits(3).unwrap();
    for index in 0..count {
        let series = BatchSeries {
            metric: MetricId::new(METRICS[0]).unwrap(),
            area: area.clone(),
            reporter: reporter(index),
            dimensions: [].into(),
            granularity: Granularity::Month,
            decimals: 0,
        };
        builder.push(series, index, i64::from(index), status, BatchExtra::default());
    }
    let mut cube = Cube::default();
    cube.apply(Revision(1), &builder.finish(), &catalog()).unwrap();
    let metric = cube.metric(&MetricId::new(METRICS[0]).unwrap()).unwrap();
    assert!(metric.blocks_of(&area).count() > 1);
    assert_eq!(metric.series_of(&area).count(), 150);
    for index in 0..count {
        let key = SeriesKey {
            area: area.clone(),
            codes: Vec::new(),
            reporter: reporter(index),
        };
        let cells = metric
            .series(&key)
            .unwrap()
            .cells(i32::MIN..=i32::MAX, Revision::LATEST);
        let values: Vec<(i32, i128)> = cells.map(|(period, cell)| (period, cell.value)).collect();
        assert_eq!(values, [(index, i128::from(index))]);
    }
}

/// A batch may name a series of which it has no event.
fn has_cells(series: Series<'_>) -> bool {
    series.cells(i32::MIN..=i32::MAX, Revision::LATEST).next().is_some()
}
