//! Every cell as of every revision, against a plain list of what was recorded.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::{Cell, Cube, Series, SeriesKey};
use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, MetricId, MissingReason, Qualifier, Quality,
    ReporterId, Revision, Status,
};
use almanac_testkit::generate::load;
use proptest::prelude::*;

/// The metrics of the test: one of each method.
const METRICS: [&str; 2] = ["reported", "tallied"];
const AREAS: [&str; 2] = ["1", "2"];
const PERIODS: RangeInclusive<i32> = -3..=8;

/// One recorded event: which series, which period, what, in which batch.
#[derive(Clone, Debug)]
struct Recorded {
    revision: Revision,
    metric: usize,
    area: usize,
    period: i32,
    value: i64,
    status: Status,
    is_retraction: bool,
}

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
    let place = (0..METRICS.len(), 0..AREAS.len(), PERIODS);
    // some are wider than most, so that columns have to be
    let value = prop_oneof![19 => -99_i64..=99, 1 => any::<i64>()];
    let event = (0_u64..3, place, value, status());
    let event = (event, prop::option::weighted(0.2, any::<prop::sample::Index>()));
    prop::collection::vec(event, 0..60).prop_map(|events| {
        let mut revision = Revision(1);
        let mut recorded: Vec<Recorded> = Vec::new();
        let mut standing: Vec<Recorded> = Vec::new();
        for ((later, (metric, area, period), value, status), taken_back) in events {
            revision = Revision(revision.0 + later);
            // a tally counts; that something is missing is a report
            let missing = status.missing.filter(|_| METRICS[metric] == "reported");
            let mut event = Recorded {
                revision,
                metric,
                area,
                period,
                value: if missing.is_none() { value } else { 0 },
                status: Status { missing, ..status },
                is_retraction: false,
            };
            match taken_back.filter(|_| !standing.is_empty()) {
                Some(index) => {
                    let earlier = standing.swap_remove(index.index(standing.len()));
                    event = Recorded {
                        revision,
                        is_retraction: true,
                        ..earlier
                    };
                }
                None => standing.push(event.clone()),
            }
            recorded.push(event);
        }
        recorded
    })
}

fn batch(events: &[Recorded]) -> Batch {
    let mut builder = BatchBuilder::default();
    for event in events {
        let series = BatchSeries {
            metric: MetricId::new(METRICS[event.metric]).unwrap(),
            area: AreaId::new(AREAS[event.area]).unwrap(),
            reporter: ReporterId::new("r").unwrap(),
            dimensions: Vec::new(),
            granularity: Granularity::Month,
            decimals: 0,
        };
        let push = if event.is_retraction {
            BatchBuilder::push_retraction
        } else {
            BatchBuilder::push
        };
        push(
            &mut builder,
            series,
            event.period,
            event.value,
            event.status,
            BatchExtra::default(),
        );
    }
    builder.finish()
}

fn cube(events: &[Recorded]) -> Cube {
    let catalog = catalog();
    let mut cube = Cube::default();
    for events in events.chunk_by(|one, next| one.revision == next.revision) {
        cube.apply(events[0].revision, &batch(events), &catalog).unwrap();
    }
    cube
}

fn series(cube: &Cube, metric: usize, area: usize) -> Option<&Series> {
    let key = SeriesKey {
        area: AreaId::new(AREAS[area]).unwrap(),
        codes: Vec::new(),
        reporter: ReporterId::new("r").unwrap(),
    };
    cube.metric(&MetricId::new(METRICS[metric]).unwrap())?.series(&key)
}

/// What stands for a period: of a report the last event, of a tally all of them together that were not taken back.
fn naive(events: &[Recorded], metric: usize, area: usize, period: i32, as_of: Revision) -> Option<Cell> {
    let of_cell = |event: &&Recorded| {
        event.metric == metric && event.area == area && event.period == period && event.revision <= as_of
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
        for (as_of, metric, area) in revisions.flat_map(|as_of| [(as_of, 0, 0), (as_of, 0, 1), (as_of, 1, 0), (as_of, 1, 1)]) {
            let series = series(&cube, metric, area);
            let expected = |period: i32| naive(&events, metric, area, period, as_of);
            for period in PERIODS.start() - 2..=PERIODS.end() + 2 {
                let found = series.and_then(|series| series.cell(period, as_of));
                prop_assert_eq!(found, expected(period), "{} {} as of {}", metric, period, as_of);
                let value = series.and_then(|series| series.value(period, as_of));
                prop_assert_eq!(value, found.map(|cell| (cell.value, cell.status)));
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
        for (as_of, metric, area) in (0..=last).map(Revision).flat_map(|as_of| [(as_of, 0, 0), (as_of, 1, 1)]) {
            let series = series(&cube, metric, area);
            let cells: Option<Vec<Cell>> = range.clone().map(|period| naive(&events, metric, area, period, as_of)).collect();
            let uniform = cells.filter(|cells| cells.windows(2).all(|pair| pair[0].status == pair[1].status));
            let expected = uniform.and_then(|cells| Some((cells.iter().map(|cell| cell.value).sum(), cells.first()?.status)));
            let found = series.and_then(|series| series.total(&range, as_of));
            prop_assert_eq!(series.and_then(|series| series.status(&range, as_of)), found.map(|(_, status)| status));
            // a series that was changed later is not told at once
            if found.is_some() || as_of == Revision(last) {
                prop_assert_eq!(found, expected, "{:?} as of {}", range, as_of);
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
                let found: BTreeSet<(String, i32)> = metric_cube
                    .into_iter()
                    .flat_map(|cube| cube.confidential(as_of))
                    .map(|(series, period)| (series.key().area.to_string(), period))
                    .collect();
                let places = AREAS.iter().enumerate().flat_map(|(index, area)| PERIODS.map(move |period| (index, *area, period)));
                let is_confidential = |area, period| {
                    naive(&events, metric, area, period, as_of).is_some_and(|cell| cell.status.confidential)
                };
                let wanted: BTreeSet<(String, i32)> = places
                    .filter(|(index, _, period)| is_confidential(*index, *period))
                    .map(|(_, area, period)| (area.to_owned(), period))
                    .collect();
                prop_assert_eq!(found, wanted, "{} as of {}", id, as_of);
            }
        }
    }

    #[test]
    fn explain_every_write_says_what_it_did_to_a_value(events in events()) {
        let cube = cube(&events);
        let last = events.last().map_or(0, |event| event.revision.0);
        for (metric, area) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let Some(series) = series(&cube, metric, area) else { continue };
            for (period, as_of) in PERIODS.flat_map(|period| (0..=last).map(move |as_of| (period, Revision(as_of)))) {
                let mut before = None;
                let mut revisions = Vec::new();
                for write in series.writes(period, as_of) {
                    prop_assert_eq!(write.before, before);
                    prop_assert_eq!(write.after, naive(&events, metric, area, period, write.revision));
                    let own = |event: &&Recorded| {
                        (event.metric, event.area, event.period, event.revision) == (metric, area, period, write.revision)
                    };
                    let taken_back = events.iter().filter(own).filter(|event| event.is_retraction).count();
                    prop_assert_eq!(write.taken_back as usize, taken_back);
                    prop_assert_eq!(write.recorded as usize, events.iter().filter(own).count() - taken_back);
                    before = write.after;
                    revisions.push(write.revision);
                }
                prop_assert_eq!(before, series.cell(period, as_of));
                let mut wrote: Vec<Revision> = events
                    .iter()
                    .filter(|event| (event.metric, event.area, event.period) == (metric, area, period) && event.revision <= as_of)
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
            for (area, id) in AREAS.iter().enumerate() {
                let area_id = AreaId::new(id).unwrap();
                let found = metric_cube.map_or(0, |cube| cube.series_of(&area_id).filter(|series| has_cells(series)).count());
                let recorded = PERIODS.into_iter().any(|period| naive(&events, metric, area, period, Revision::LATEST).is_some());
                prop_assert_eq!(found, usize::from(recorded));
            }
        }
    }
}

/// A batch may name a series of which it has no event.
fn has_cells(series: &Series) -> bool {
    series.cells(i32::MIN..=i32::MAX, Revision::LATEST).next().is_some()
}
