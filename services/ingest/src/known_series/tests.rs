//! The short way and the long one, over requests that come one after the other with every kind of mistake.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use jiff::ToSpan as _;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::draft::Draft;
use crate::packed::tests::{MOVED, TODAY, catalog_with, office};
use crate::sorting::batch as recorded;
use pb::event::{Measure as Stated, When};

const MUCH: usize = 1000;
/// The most events of one request here.
const MOST_EVENTS: usize = 4;

fn any_event() -> impl Strategy<Value = pb::Event> {
    let metric = prop_oneof![10 => Just("items"), 3 => Just("totals"), 1 => select(vec!["permits", "letters", ""])];
    let area = prop_oneof![12 => select(vec!["old", "moved", "new"]), 1 => select(vec!["far", "P1", "nowhere"])];
    let code = prop_oneof![12 => select(vec!["sent", "received"]), 1 => Just("lost")];
    let period = prop_oneof![
        20 => (1..=8).prop_map(|month| format!("2025-{month:02}")),
        4 => (2001..=2024).prop_map(|year| format!("{year}-12")),
        1 => select(vec!["2025-09", "2999-01", "2025", "2025-01-01", "none:2025-01", "1999-12", "x"]).prop_map(str::to_owned),
    ];
    let value = prop_oneof![20 => -5..=60_i32, 1 => 90..=101].prop_map(|value| Stated::Value(value.to_string()));
    let other = select(vec!["0.5", "100.0", "1.25", "99999999999999999999", "one"]);
    let measure = prop_oneof![
        12 => value,
        2 => other.prop_map(|text| Stated::Value(text.to_owned())),
        1 => (0..6).prop_map(Stated::Missing),
    ];
    let status = (
        prop_oneof![8 => Just(3), 4 => 1..=2, 1 => select(vec![0, 4])],
        prop_oneof![8 => Just(0), 1 => 1..6],
        prop_oneof![8 => Just(false), 1 => Just(true)],
        prop_oneof![24 => Just(""), 1 => Just("a note")],
    );
    (metric, area, code, period, measure, status).prop_map(
        |(metric, area, code, period, measure, (quality, qualifier, confidential, note))| pb::Event {
            metric: metric.to_owned(),
            area: area.to_owned(),
            dimensions: match metric {
                "items" => [("direction".to_owned(), code.to_owned())].into(),
                _ => [].into(),
            },
            when: Some(When::Period(period)),
            measure: Some(measure),
            quality,
            qualifier,
            confidential,
            note: note.to_owned(),
            ..pb::Event::default()
        },
    )
}

/// The second takes fewer items.
fn in_force() -> &'static [InForce; 2] {
    static IN_FORCE: OnceLock<[InForce; 2]> = OnceLock::new();
    IN_FORCE.get_or_init(|| {
        [(1, 100), (2, 50)].map(|(revision, max)| InForce {
            revision: Revision(revision),
            catalog: Arc::new(catalog_with(max)),
        })
    })
}

/// A request, the catalogue under which it comes, and how many days later than today.
type Asked = (Vec<pb::Event>, usize, i64);

fn requests() -> impl Strategy<Value = Vec<Asked>> {
    let catalog = prop_oneof![6 => Just(0_usize), 1 => Just(1)];
    let later = prop_oneof![6 => Just(0_i64), 1 => Just(40)];
    vec((vec(any_event(), 1..=MOST_EVENTS), catalog, later), 1..8)
}

fn long_way(events: &[pb::Event], against: Against<'_>) -> Option<Batch> {
    let draft = Draft::check(events, against.reporter, &against.in_force.catalog, against.today);
    draft.rejected.is_empty().then(|| recorded(draft.rows))
}

/// Whether one series of the district that moved has events from before and after.
fn spans_the_move(batch: &Batch) -> bool {
    let of_moved = batch.rows().filter(|row| row.series.area.as_str() == "moved");
    let month = almanac_model::Period::containing(almanac_model::Granularity::Month, MOVED).ordinal();
    let sides: HashSet<(u32, bool)> = of_moved.map(|row| (row.series_index, row.period < month)).collect();
    let series: HashSet<u32> = sides.iter().map(|(series, _)| *series).collect();
    sides.len() > series.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever was remembered before, and under whichever catalogue, the short way records what the long one does, and it is
    /// taken by all requests without a mistake, but for those over a change of the catalogue and those with more in them.
    #[test]
    fn the_outcome_is_the_same_whatever_is_remembered(requests in requests(), most in select(vec![2, MUCH])) {
        let memory = KnownSeries { most, ..KnownSeries::default() };
        let reporter = office();
        for (events, catalog, later) in requests {
            let against = Against {
                reporter: &reporter,
                in_force: &in_force()[catalog],
                today: TODAY.saturating_add(later.days()),
            };
            let encoded: Vec<Bytes> = events.iter().map(|event| event.encode_to_vec().into()).collect();
            let (short, long) = (memory.batch(&encoded, against), long_way(&events, against));
            if let Some(short) = &short {
                prop_assert_eq!(Some(short), long.as_ref());
            }
            let is_taken = long.is_some_and(|long| long.extras().is_empty() && !spans_the_move(&long));
            if most == MUCH {
                prop_assert_eq!(short.is_some(), is_taken, "{:?}", events);
            }
            let len = memory.memory.read().unwrap_or_else(PoisonError::into_inner).len;
            prop_assert!(len <= most.max(MOST_EVENTS), "{} series are remembered", len);
        }
    }
}
