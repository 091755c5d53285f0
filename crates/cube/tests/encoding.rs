//! A cube survives its bytes, and goes on as if nothing had been.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "support/by_day.rs"]
mod by_day;

use std::convert::Infallible;

use almanac_catalog::Catalog;
use almanac_cube::{Cube, CubeDecoder, DecodeError, Window, WindowSize};
use almanac_model::{Batch, BatchBuilder, MetricId, Revision};
use almanac_testkit::generate::{Log, World, world};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

fn pieces(cube: &Cube) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let kept = cube.clone().encode(|piece| {
        pieces.push(piece.to_vec());
        Ok::<(), Infallible>(())
    });
    let Ok(()) = kept;
    pieces
}

fn decoded(pieces: &[Vec<u8>]) -> Result<Cube, DecodeError> {
    let mut decoder = CubeDecoder::default();
    pieces.iter().try_for_each(|piece| decoder.add(piece))?;
    decoder.finish()
}

fn apply(cube: &mut Cube, log: &[(Revision, Batch)], catalog: &Catalog) {
    for (revision, batch) in log {
        cube.apply(*revision, batch, catalog).unwrap();
    }
}

fn cube(log: &Log, world: &World) -> Cube {
    let mut cube = Cube::default();
    apply(&mut cube, log, &world.catalog);
    cube
}

proptest! {
    #![proptest_config(Config { cases: 60, rng_seed: RngSeed::Fixed(71), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_cube_survives_its_bytes_at_any_revision_and_goes_on(world in world(), at in any::<prop::sample::Index>()) {
        let whole = cube(&world.log, &world);
        let at = at.index(world.log.len() + 1);
        let mut halfway = Cube::default();
        apply(&mut halfway, &world.log[..at], &world.catalog);
        let bytes = pieces(&halfway);
        let mut restored = decoded(&bytes).unwrap();
        prop_assert_eq!(&restored, &halfway);
        prop_assert_eq!(&pieces(&restored), &bytes);
        apply(&mut restored, &world.log[at..], &world.catalog);
        prop_assert_eq!(&restored, &whole);
    }

    #[test]
    fn a_clone_stays_what_it_was_while_batches_are_applied(world in world(), at in any::<prop::sample::Index>()) {
        let at = at.index(world.log.len() + 1);
        let mut changing = Cube::default();
        apply(&mut changing, &world.log[..at], &world.catalog);
        let kept = changing.clone();
        let before = pieces(&kept);
        apply(&mut changing, &world.log[at..], &world.catalog);
        prop_assert_eq!(&pieces(&kept), &before);
        prop_assert_eq!(changing, cube(&world.log, &world));
    }

    #[test]
    fn bytes_that_are_no_cube_are_refused_or_are_one_but_never_a_panic(
        world in world(),
        place in any::<prop::sample::Index>(),
        bits in 1_u8..,
        cut in any::<bool>(),
    ) {
        let mut bytes = pieces(&cube(&world.log, &world)).concat();
        prop_assume!(!bytes.is_empty());
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= bits;
        }
        if let Ok(other) = decoded(&[bytes]) {
            // what was taken for a cube can be written again
            prop_assert_eq!(&decoded(&pieces(&other)).unwrap(), &other);
        }
    }
}

#[test]
fn long_series_and_long_histories_are_cut_into_pieces_of_bounded_length() {
    let catalog = by_day::catalog();
    let mut cube = Cube::default();
    for revision in 1..=3_000 {
        let mut batch = BatchBuilder::default();
        // one day that is corrected each time, and a new day each time, far from one another
        for (day, value) in [
            (10_000, i64::MIN),
            (12_000 + revision * 7, i64::MAX - i64::from(revision)),
        ] {
            for method in ["report", "tally"] {
                by_day::add(&mut batch, method, day, value, revision % 2 == 0);
            }
        }
        let revision = Revision(u64::from(revision.unsigned_abs()));
        cube.apply(revision, &batch.finish(), &catalog).unwrap();
    }
    let pieces = pieces(&cube);
    let longest = pieces.iter().map(Vec::len).max();
    assert!(pieces.len() > 2, "{} pieces", pieces.len());
    assert!(longest < Some(200_000), "{longest:?}");
    assert_eq!(decoded(&pieces).unwrap(), cube);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let metric = b"\x01\x01m\x05";
    let series = b"\x02\x011\x00\x01r";
    // of period 1: 5, at revision 2, official
    let sheet = b"\x03\x02\x01\x01\x02\x05\x00\x02\x02\x00\x03\x01";
    // what was there at revision 1: 0
    let superseded = b"\x05\x01\x28\x00\x02\x02\x03\x00";
    let tally = b"\x06\x01\x00\x04\x0a\x02\x02\x02\x02\x02\x02\x02\x02";
    let folded = b"\x08\x02\x01";
    let good = [&metric[..], series, sheet, superseded].concat();
    assert!(decoded(std::slice::from_ref(&good)).is_ok());
    let cases: [(&[&[u8]], &str); 11] = [
        (&[series], "a series of no metric"),
        (&[metric, sheet], "a sheet of no series"),
        (&[metric, series, superseded], "something of no sheet"),
        (&[metric, series, sheet, tally], "something of no value"),
        (&[metric, series, sheet, sheet], "a sheet out of its place"),
        (&[metric, series, b"\x03\x02\x02\x01"], "a sheet that is none"),
        (&[metric, metric], "a metric comes twice"),
        (&[metric, series, series], "a series comes twice"),
        (
            &[metric, series, sheet, superseded, superseded],
            "a version out of its place",
        ),
        (&[folded], "a past of no metric"),
        (&[b"\x09"], "an item of an unknown kind"),
    ];
    for (items, why) in cases {
        assert_eq!(decoded(&[items.concat()]), Err(DecodeError::Order(why)));
    }
    assert_eq!(decoded(&[good[..good.len() - 1].to_vec()]), Err(DecodeError::CutOff));
}

#[test]
fn a_metric_that_forgot_says_from_which_revision_on_it_is_whole() {
    let catalog = by_day::catalog();
    let (mut cube, mut window) = (
        Cube::default(),
        Window::new(WindowSize {
            revisions: 1,
            changes: usize::MAX,
        }),
    );
    for revision in 1..=5 {
        let mut batch = BatchBuilder::default();
        by_day::add(&mut batch, "tally", 1, 1, revision == 2);
        window
            .apply(&mut cube, Revision(revision), &batch.finish(), &catalog)
            .unwrap();
    }
    let expected = [
        // tallies by day; the past is whole from revision 4 on, and in revision 2 there was something confidential
        &b"\x01\x05tally\x00"[..],
        b"\x08\x04\x02",
        b"\x02\x011\x00\x01r",
        // of day 1: 5 at revision 5, confidential; and 4 at revision 4
        b"\x03\x02\x01\x01\x02\x05\x00\x02\x05\x00",
    ]
    .concat();
    let bytes = pieces(&cube).concat();
    assert_eq!(bytes[..expected.len()], expected);
    let metric = decoded(&[bytes]).unwrap();
    let metric = metric.metric(&MetricId::new("tally").unwrap()).unwrap();
    assert_eq!(metric.floor(), Revision(4));
    assert!(metric.had_confidential(Revision(4)));
}
