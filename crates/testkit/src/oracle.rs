//! The naive oracle: every figure computed in the plainest way, straight from the definitions.
//!
//! It goes through all recorded events for every value it needs, keeps no index, plans nothing and remembers nothing.
//! It shares with the read model and the evaluation only the vocabulary: the catalogue, exact numbers, questions.
//!
//! ```text
//! Figure      a question's areas, periods and groups                      figure.rs
//! compare     a figure against that of another period                     compare.rs
//! growth      the yearly growth from one value to another                growth.rs
//! refusal     what no question may ask for                                refusal.rs
//! formula     the formula of the catalogue, read recursively              formula.rs
//! quotient    which period and which areas both sides of a division have  quotient.rs
//! term        which series belong to a metric in an area, and their sum   term.rs
//! territory   how much of each unit belongs to what is asked for          territory.rs
//! region      what lies in several areas, narrowed to codes of groupings   region.rs
//! boundaries  what became of a unit, piece by piece, day by day           boundaries.rs
//! breaks      from when a metric is defined in another way                 breaks.rs
//! series      the time operator: the sub-periods of one series            series.rs
//! records     what was recorded for one series and sub-period             records.rs
//! expected    what the catalogue expects, and how much of it came         expected.rs
//! value       what arithmetic does to bounds and reasons                  value.rs
//! ```

mod boundaries;
mod breaks;
mod compare;
mod expected;
mod figure;
mod formula;
mod growth;
mod quotient;
mod records;
mod refusal;
mod region;
mod series;
mod term;
mod territory;
mod value;

use std::collections::BTreeSet;

use almanac_catalog::Catalog;
use almanac_model::{Batch, MetricId, Revision};

pub use self::figure::{Figure, Side, Sides};
use self::records::{Event, SeriesKey};

/// Answers questions at one revision of a log.
#[derive(Debug)]
pub struct Oracle<'a> {
    catalog: &'a Catalog,
    /// Every event that was recorded up to the revision, in the order of the log.
    events: Vec<Event>,
    /// The series of which anything was recorded.
    series: BTreeSet<(MetricId, SeriesKey)>,
}

impl<'a> Oracle<'a> {
    /// An oracle that sees the batches of the log up to and with a revision.
    #[must_use]
    pub fn new(catalog: &'a Catalog, log: &[(Revision, Batch)], as_of: Revision) -> Self {
        let seen = log.iter().filter(|(revision, _)| *revision <= as_of);
        let events: Vec<Event> = seen.flat_map(|(_, batch)| records::events(batch)).collect();
        Self {
            catalog,
            series: events.iter().map(Event::series).collect(),
            events,
        }
    }
}
