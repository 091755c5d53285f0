//! The naive oracle: every figure computed in the plainest way, straight from the definitions.
//!
//! It goes through all recorded events of a series for every value it needs, plans nothing and remembers nothing.
//! It shares with the read model and the evaluation only the vocabulary: the catalogue, exact numbers, questions.
//!
//! ```text
//! Figure      a question's areas, periods and groups                      figure.rs
//! told        what a figure says                                          told.rs
//! compare     a figure against that of another period                     compare.rs
//! growth      the yearly growth from one value to another                 growth.rs
//! like        what two periods have in common                             like.rs
//! contribution  what a part contributed to the growth of a total          contribution.rs
//! target      the plan's figure, and who set it                           target.rs
//! share       which part of a total a figure is                           share.rs
//! refusal     what no question may ask for                                refusal.rs
//! unaskable   the same, whatever the area                                 unaskable.rs
//! rules       what has to hold of figures                                 rules.rs
//! usual       whether a number is within limits, or usual                 usual.rs
//! checked     what a check of a rule says                                 checked.rs
//! measure     metrics, indicators, formulas of the question               measure.rs
//! formula     a formula, read recursively                                 formula.rs
//! function    a formula over other periods                                function.rs
//! stretch     earlier and later periods, the year so far                  stretch.rs
//! reads       what a formula reads, function by function                  reads.rs
//! join        which denominator stands against a numerator                join.rs
//! quotient    which areas both sides of a division have                   quotient.rs
//! term        which series belong to a metric in an area, and their sum   term.rs
//! territory   how much of each unit belongs to what is asked for          territory.rs
//! region      what lies in several areas, narrowed to codes of groupings   region.rs
//! boundaries  what became of a unit, piece by piece, day by day           boundaries.rs
//! breaks      from when a metric is defined in another way                 breaks.rs
//! series      the time operator: the sub-periods of one series            series.rs
//! cumulative  totals since the start of the year                          cumulative.rs
//! records     what was recorded for one series and sub-period             records.rs
//! secrets     what must not be told                                      secrets.rs
//! moved       a log with other secrets                                    moved.rs
//! blocks      against which numbers a secret may be moved                 blocks.rs
//! expected    what the catalogue expects, and how much of it came         expected.rs
//! completeness  which expected reports are there                         completeness.rs
//! value       what arithmetic does to bounds and reasons                  value.rs
//! ```

mod blocks;
mod boundaries;
mod breaks;
mod checked;
mod compare;
mod completeness;
mod contribution;
mod cumulative;
mod expected;
mod figure;
mod formula;
mod function;
mod growth;
mod join;
mod like;
mod measure;
mod moved;
mod quotient;
mod reads;
mod records;
mod refusal;
mod region;
mod rules;
mod secrets;
mod series;
mod share;
mod stretch;
mod target;
mod term;
mod territory;
mod told;
mod unaskable;
mod usual;
mod value;

use std::cell::Cell;
use std::rc::Rc;

use almanac_catalog::Catalog;
use almanac_model::{Batch, Exact, MetricId, Revision};

pub use self::checked::{Checked, Found, Judged, Outcome, Violated};
use self::like::Counterparts;
use self::records::{Events, Place};
use self::secrets::Block;
pub use self::told::{Figure, Side, Sides};

/// Answers questions at one revision of a log.
#[derive(Clone, Debug)]
pub struct Oracle<'a> {
    catalog: &'a Catalog,
    /// Every event that was recorded up to the revision, of each series in the order of the log.
    events: Rc<Events>,
    /// It sees only what these periods have too; `None`: everything.
    like: Option<Rc<Counterparts>>,
    /// What must not be told, by metric.
    blocks: Rc<Vec<(MetricId, Block)>>,
    /// By how much recorded numbers are other ones: to try what would be told then.
    moved: Rc<Vec<(Place, Exact)>>,
    /// Whether anything was divided by a zero that such numbers came to.
    by_moved_zero: Rc<Cell<bool>>,
}

impl<'a> Oracle<'a> {
    /// An oracle that sees the batches of the log up to and with a revision.
    #[must_use]
    pub fn new(catalog: &'a Catalog, log: &[(Revision, Batch)], as_of: Revision) -> Self {
        let seen = log.iter().filter(|(revision, _)| *revision <= as_of);
        let mut events = Events::new();
        for (metric, series, event) in seen.flat_map(|(revision, batch)| records::events(*revision, batch)) {
            let of_metric = events.entry(metric).or_default();
            of_metric.entry(series).or_default().push(event);
        }
        let mut oracle = Self {
            catalog,
            events: Rc::new(events),
            like: None,
            blocks: Rc::default(),
            moved: Rc::default(),
            by_moved_zero: Rc::default(),
        };
        oracle.blocks = Rc::new(oracle.all_blocks());
        oracle
    }
}
