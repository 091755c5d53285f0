//! What is kept of the areas above, against a plain sum over the series under them.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "support/recorded.rs"]
mod recorded;

use std::convert::Infallible;
use std::ops::RangeInclusive;

use almanac_catalog::Catalog;
use almanac_cube::{Cube, CubeDecoder, MetricCube, Series};
use almanac_model::{AreaId, Granularity, Period, Qualifier, Quality, Revision, Status};
use almanac_testkit::generate::load;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use recorded::{Recorded, batch};

const METRICS: [&str; 2] = ["report", "tally"];
const ABOVE: [&str; 3] = ["C", "P1", "P2"];
/// Two series of one district, one each of two others; the last district has none.
const SERIES: [(&str, &str); 4] = [("D1", "r"), ("D1", "s"), ("D2", "r"), ("D3", "r")];
/// Months since 1970-01; some of the periods lie in another sheet than the others.
const PERIODS: RangeInclusive<i32> = -2..=3;

/// A country of two provinces, of which a district goes from the first to the second.
fn catalog(moved: &str) -> Catalog {
    let texts =
        "label = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\nsource = \"x\"\nowner = \"x\"";
    let metric = |method: &str| {
        format!(
            "[[metric]]\nid = \"{method}\"\n{texts}\nkind = \"flow\"\nmethod = \"{method}\"\nunit = \"item\"\n\
             frequency = \"month\"\nlevels = [{{ level = \"district\" }}]\n"
        )
    };
    let level = |id: &str| format!("[[level]]\nid = \"{id}\"\nlabel = {{ vi = \"x\", en = \"x\" }}\n");
    let head = "[catalog]\nid = \"test\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nlabel = { vi = \"x\", en = \"x\" }\nowner = \"x\"\n\
                [[unit]]\nid = \"item\"\nlabel = { vi = \"x\", en = \"x\" }\n";
    let areas = format!(
        "area,code,name_vi,level,parent,valid_from,valid_to\n\
         C,C,c,country,,1950-01-01,\nP1,P1,p,province,C,1950-01-01,\nP2,P2,q,province,C,1950-01-01,\n\
         D1,D1,d,district,P1,1950-01-01,\nD2,D2,e,district,P1,1950-01-01,{moved}\nD2,D2,e,district,P2,{moved},\n\
         D3,D3,f,district,P2,1950-01-01,\nD4,D4,g,district,P2,1950-01-01,\n"
    );
    let levels: String = ["country", "province", "district"].map(level).concat();
    let metrics: String = METRICS.map(metric).concat();
    let files = [
        ("areas.csv", areas),
        ("catalog.toml", [head, &levels, &metrics].concat()),
    ];
    load(&files.into_iter().collect())
}

/// Events in the order of the log; some take back an earlier one.
fn events() -> impl Strategy<Value = Vec<Recorded>> {
    let place = (0..METRICS.len(), 0..SERIES.len(), PERIODS);
    let quality =
        prop_oneof![9 => Just(Quality::Official), 1 => Just(Quality::Preliminary), 1 => Just(Quality::Estimated)];
    let event = (0_u64..3, place, -99_i64..=99, quality);
    let event = (event, prop::option::weighted(0.1, any::<prop::sample::Index>()));
    prop::collection::vec(event, 0..120).prop_map(|events| {
        let mut revision = Revision(1);
        let mut recorded: Vec<Recorded> = Vec::new();
        for ((later, (metric, series, period), value, quality), taken_back) in events {
            revision = Revision(revision.0 + later);
            let status = Status {
                quality,
                qualifier: Qualifier::Exact,
                missing: None,
                confidential: false,
            };
            let event = Recorded {
                revision,
                metric,
                series,
                period,
                value,
                status,
                is_retraction: false,
            };
            let standing: Vec<&Recorded> = recorded.iter().filter(|event| !event.is_retraction).collect();
            recorded.push(match taken_back.filter(|_| !standing.is_empty()) {
                Some(index) => Recorded {
                    revision,
                    is_retraction: true,
                    ..index.get(&standing).to_owned().clone()
                },
                None => event,
            });
        }
        recorded
    })
}

fn apply(cube: &mut Cube, events: &[Recorded], catalog: &Catalog) {
    for events in events.chunk_by(|one, next| one.revision == next.revision) {
        cube.apply(events[0].revision, &batch(events, &METRICS, &SERIES), catalog)
            .unwrap();
    }
}

/// As after a restart.
fn restored(cube: &Cube, catalog: &Catalog) -> Cube {
    let mut decoder = CubeDecoder::default();
    let kept = cube.clone().encode(|piece| {
        decoder.add(piece).unwrap();
        Ok::<(), Infallible>(())
    });
    let Ok(()) = kept;
    let mut restored = decoder.finish().unwrap();
    restored.arrange(catalog);
    restored
}

/// The total of all series under an area over some periods, when each has a value of one status in all of them.
fn naive(
    cube: &MetricCube,
    catalog: &Catalog,
    area: &AreaId,
    periods: RangeInclusive<i32>,
    as_of: Revision,
) -> Option<(i128, Status)> {
    let mut cells = Vec::new();
    for period in periods {
        let day = Period::from_ordinal(Granularity::Month, period)?.last_day();
        let under = catalog.descendants_at(area, &"district".parse().unwrap(), day);
        let series: Vec<Series<'_>> = under.into_iter().flat_map(|area| cube.series_of(area)).collect();
        for series in series {
            cells.push(series.cell(period, as_of)?);
        }
    }
    let first = cells.first()?.status;
    let total = cells.iter().map(|cell| cell.value).sum();
    cells.iter().all(|cell| cell.status == first).then_some((total, first))
}

/// Whatever is asked of what lies under an area.
fn check(cube: &Cube, catalog: &Catalog, last: Revision) {
    for id in METRICS {
        let metric = catalog.metric(id).unwrap();
        let Some(of_metric) = cube.metric(&metric.id) else {
            continue;
        };
        for area in ABOVE.map(|area| AreaId::new(area).unwrap()) {
            for (first, end) in PERIODS.flat_map(|first| (first..=*PERIODS.end()).map(move |end| (first, end))) {
                let periods = first..=end;
                let day = |period| Period::from_ordinal(Granularity::Month, period).unwrap().last_day();
                let is_moved = catalog.changes_between(day(first), day(end));
                let subtree = of_metric.subtree((metric, catalog), &area, &periods);
                assert!(subtree.is_none() || !is_moved, "{area} {periods:?}");
                for as_of in (0..=last.0 + 1).map(Revision) {
                    let total = subtree.and_then(|subtree| subtree.total(&periods, as_of));
                    let expected = naive(of_metric, catalog, &area, periods.clone(), as_of).filter(|_| !is_moved);
                    let is_all_told = id == "report" || as_of >= last;
                    if is_all_told || total.is_some() {
                        assert_eq!(total, expected, "{id} of {area} in {periods:?} as of {as_of}");
                    }
                }
            }
        }
    }
}

fn config() -> Config {
    Config {
        cases: 40,
        rng_seed: RngSeed::Fixed(72),
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_sum_of_all_that_lies_under_an_area_is_that_of_its_series(
        events in events(),
        places in any::<[prop::sample::Index; 2]>(),
        is_restarted_first in any::<bool>(),
    ) {
        let (before, after) = (catalog("1970-02-10"), catalog("1970-03-01"));
        let last = events.last().map_or(Revision::EMPTY, |event| event.revision);
        let [mut one, mut two] = places.map(|place| {
            let revision = Revision(place.index(130) as u64);
            events.partition_point(|event| event.revision < revision)
        });
        (one, two) = (one.min(two), one.max(two));
        let mut cube = Cube::default();
        apply(&mut cube, &events[..one], &before);
        let reader = cube.clone();
        let mut catalog = &before;
        for (events, is_restart) in [(&events[one..two], is_restarted_first), (&events[two..], !is_restarted_first)] {
            check(&cube, catalog, last);
            if is_restart {
                cube = restored(&cube, catalog);
            } else {
                // a later version has the district elsewhere, also in periods that were recorded before
                catalog = &after;
                cube.arrange(catalog);
            }
            apply(&mut cube, events, catalog);
        }
        check(&cube, &after, last);
        let of_before = before.metrics().filter_map(|metric| {
            let cube = cube.metric(&metric.id)?;
            cube.subtree((metric, &before), &AreaId::new("C").unwrap(), &(0..=0))
        });
        prop_assert_eq!(of_before.count(), 0, "sums of another hierarchy are not told");
        check(&reader, &before, last);
    }
}
