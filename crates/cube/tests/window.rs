//! A window forgets what tallies were, and nothing that is told from it is other than without one.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "support/by_day.rs"]
mod by_day;

use std::collections::BTreeSet;
use std::convert::Infallible;

use almanac_catalog::{Catalog, Method};
use almanac_cube::{Cells, Cube, CubeDecoder, MetricCube, Past, Series, Stretch, Window, WindowSize};
use almanac_model::{Batch, BatchBuilder, MetricId, Revision};
use almanac_testkit::generate::{Log, World, world};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

fn unfolded(log: &[(Revision, Batch)], catalog: &Catalog) -> Cube {
    let mut cube = Cube::default();
    for (revision, batch) in log {
        cube.apply(*revision, batch, catalog).unwrap();
    }
    cube
}

fn apply(window: &mut Window, cube: &mut Cube, log: &[(Revision, Batch)], catalog: &Catalog) {
    for (revision, batch) in log {
        window.apply(cube, *revision, batch, catalog).unwrap();
    }
}

/// What the tallies of a log come to, up to a revision.
fn tallies(mut window: Window, log: &Log, catalog: &Catalog, up_to: Revision) -> Cube {
    let mut cube = Cube::default();
    for (revision, batch) in log.iter().filter(|(revision, _)| *revision <= up_to) {
        window.apply_tallies(&mut cube, *revision, batch, catalog).unwrap();
    }
    cube
}

fn ids(catalog: &Catalog, method: Method) -> Vec<&MetricId> {
    let all = catalog.metrics().filter(|metric| metric.method == method);
    all.map(|metric| &metric.id).collect()
}

/// Everything that is told of a metric as of a revision.
fn told(metric: Option<&MetricCube>, as_of: Revision) -> Vec<String> {
    let Some(metric) = metric else {
        return Vec::new();
    };
    let mut told = Vec::new();
    for series in metric.all_series() {
        let cells: Vec<_> = series.cells(i32::MIN..=i32::MAX, as_of).collect();
        for (period, cell) in &cells {
            told.push(format!("{:?} {period} {cell:?}", series.key()));
        }
        if let Some(((first, _), (last, _))) = cells.first().zip(cells.last()) {
            let total = series.block().total(series.columns(), &(*first..=*last), as_of);
            let sum = cells.iter().map(|(_, cell)| cell.value).sum::<i128>();
            assert!(total.is_none_or(|(total, _)| total == sum), "{total:?} of {cells:?}");
        }
    }
    told.extend(
        metric
            .had_confidential(as_of)
            .then(|| "had something confidential".to_owned()),
    );
    told.extend(
        metric
            .confidential(as_of)
            .map(|(series, period)| format!("{:?} {period}", series.key())),
    );
    told.sort();
    told
}

/// The whole past of the cells of a metric that are wanted.
fn history(metric: Option<&MetricCube>, wanted: &Stretch) -> Vec<String> {
    let mut told = Vec::new();
    for series in metric.into_iter().flat_map(MetricCube::all_series) {
        for period in series.periods() {
            let is_wanted = match wanted {
                Stretch::Everything => true,
                Stretch::Of(areas, periods) => areas.contains(&series.key().area) && periods.contains(&period),
            };
            let writes = series.writes(period, Revision(u64::MAX)).filter(|_| is_wanted);
            told.extend(writes.map(|write| format!("{:?} {period} {write:?}", series.key())));
        }
    }
    told.sort();
    told
}

fn survives_its_bytes(cube: &Cube) -> Cube {
    let mut decoder = CubeDecoder::default();
    let kept = cube.clone().encode(|piece| {
        decoder.add(piece).unwrap();
        Ok::<(), Infallible>(())
    });
    let Ok(()) = kept;
    let restored = decoder.finish().unwrap();
    assert_eq!(&restored, cube);
    restored
}

/// How many earlier versions a metric has.
fn superseded(metric: Option<&MetricCube>) -> usize {
    let all = metric.into_iter().flat_map(MetricCube::all_series);
    let of = |series: Series<'_>| {
        series
            .periods()
            .map(|period| series.vintages(period).skip(1).count())
            .sum::<usize>()
    };
    all.map(of).sum()
}

/// The last revision of a log whose tallies are before the newest so many.
fn too_many(log: &Log, catalog: &Catalog, changes: usize) -> u64 {
    let is_tally = |id: &MetricId| {
        catalog
            .metric(id.as_str())
            .is_some_and(|metric| metric.method == Method::Tally)
    };
    let tallied = |batch: &Batch| batch.rows().filter(|row| is_tally(&row.series.metric)).count();
    let each = log
        .iter()
        .flat_map(|(revision, batch)| std::iter::repeat_n(*revision, tallied(batch)));
    each.rev().nth(changes).map_or(0, |revision| revision.0)
}

fn check(world: &World, size: WindowSize, restart: usize) {
    let (log, catalog) = (&world.log, &world.catalog);
    let whole = unfolded(log, catalog);
    let (mut cube, mut window) = (Cube::default(), Window::new(size));
    apply(&mut window, &mut cube, &log[..restart], catalog);
    // as after a restart
    cube = survives_its_bytes(&cube);
    window = Window::of(&cube, size);
    apply(&mut window, &mut cube, &log[restart..], catalog);
    let last = log.last().map_or(Revision::EMPTY, |(revision, _)| *revision);
    let folded = last
        .0
        .saturating_sub(size.revisions)
        .max(too_many(log, catalog, size.changes));
    for id in ids(catalog, Method::Report) {
        assert_eq!(cube.metric(id), whole.metric(id), "reports keep everything");
    }
    for id in ids(catalog, Method::Tally) {
        let floor = cube.metric(id).map_or(Revision::EMPTY, MetricCube::floor);
        assert!(floor.0 <= folded, "what the window has is kept");
    }
    if restart < log.len() {
        let kept: usize = ids(catalog, Method::Tally)
            .into_iter()
            .map(|id| superseded(cube.metric(id)))
            .sum();
        assert!(kept <= size.changes, "{kept} earlier versions");
    }
    for as_of in (0..=last.0).map(Revision) {
        let again = cube.with_tallies_of(&tallies(Window::new(WindowSize::NOTHING), log, catalog, as_of));
        for id in catalog.metrics().map(|metric| &metric.id) {
            let right = told(whole.metric(id), as_of);
            assert_eq!(told(again.metric(id), as_of), right, "from the log: {id} as of {as_of}");
            let (kept, lacking) = cube.only_with(Past::AsOf(as_of));
            match kept.metric(id) {
                Some(metric) => assert_eq!(told(Some(metric), as_of), right, "from memory: {id} as of {as_of}"),
                None => assert_eq!(lacking.was_asked(), cube.metric(id).is_some(), "{id} as of {as_of}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 80, rng_seed: RngSeed::Fixed(83), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_cube_with_any_window_tells_at_every_revision_what_one_without_tells(
        world in world(),
        revisions in 0_u64..12,
        changes in prop_oneof![Just(usize::MAX), 0_usize..40],
        restart in any::<prop::sample::Index>(),
    ) {
        check(&world, WindowSize { revisions, changes }, restart.index(world.log.len() + 1));
    }

    #[test]
    fn spared_cells_have_their_whole_past(world in world(), at in any::<prop::sample::Index>(), some in any::<bool>()) {
        let (log, catalog) = (&world.log, &world.catalog);
        let whole = unfolded(log, catalog);
        let last = log.last().map_or(Revision::EMPTY, |(revision, _)| *revision);
        for id in ids(catalog, Method::Tally) {
            let Some(series) = whole.metric(id).and_then(|metric| {
                let all: Vec<_> = metric.all_series().collect();
                (!all.is_empty()).then(|| all[at.index(all.len())])
            }) else { continue };
            let wanted = if some {
                let middle = (series.periods().start() + series.periods().end()) / 2;
                Stretch::Of(BTreeSet::from([series.key().area.clone()]), *series.periods().start()..=middle)
            } else {
                Stretch::Everything
            };
            let mut cells = Cells::default();
            cells.add(id, wanted.clone());
            let found = tallies(Window::sparing(WindowSize::NOTHING, cells), log, catalog, last);
            prop_assert_eq!(history(found.metric(id), &wanted), history(whole.metric(id), &wanted));
            prop_assert_eq!(told(found.metric(id), last), told(whole.metric(id), last));
        }
    }
}

#[test]
fn versions_follow_the_cells_and_not_the_events() {
    let of_revisions = WindowSize {
        revisions: 10,
        changes: usize::MAX,
    };
    let of_changes = WindowSize {
        revisions: u64::MAX,
        changes: 20,
    };
    for size in [of_revisions, of_changes] {
        check_versions(size, u64::MAX);
        check_versions(size, 5);
    }
}

fn check_versions(size: WindowSize, restart_every: u64) {
    let catalog = by_day::catalog();
    let (mut cube, mut window) = (Cube::default(), Window::new(size));
    let mut counts = Vec::new();
    for revision in 1..=2_000_u64 {
        if revision.is_multiple_of(restart_every) {
            window = Window::of(&cube, size);
        }
        // one cell over and over, and a few more, each time another event
        let mut batch = BatchBuilder::default();
        for day in [0, i32::try_from(revision % 7).unwrap()] {
            by_day::add(&mut batch, "tally", day, 1, false);
        }
        window
            .apply(&mut cube, Revision(revision), &batch.finish(), &catalog)
            .unwrap();
        if revision % 500 == 0 {
            let metric = cube.metric(&MetricId::new("tally").unwrap()).unwrap();
            let versions = metric
                .all_series()
                .flat_map(|series| series.periods().map(move |period| series.vintages(period).count()));
            counts.push(versions.sum::<usize>());
        }
    }
    // seven cells with their newest version, and what the ten newest revisions did to two each and the one before that
    assert!(counts.iter().all(|count| *count <= 7 + 2 * 10), "{counts:?}");
    assert!(counts[3] <= counts[1], "{counts:?}");
}
