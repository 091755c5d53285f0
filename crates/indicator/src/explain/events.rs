//! What recorded each value behind a figure, some at a time.

use almanac_catalog::{Method, Metric, TimeOperator};
use almanac_cube::{Cell, Series, Write};
use almanac_model::{Period, Qualifier, Quality, Revision};

use super::secret::Secret;

/// Which of the events behind a figure are listed: they are counted over all terms, series and values in their order.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// How many come before.
    pub skip: usize,
    /// How many are listed at most.
    pub take: usize,
}

/// One recorded value, as it went into a figure.
#[derive(Clone, Debug)]
pub struct ValueExplanation {
    /// The period that it was recorded for.
    pub period: Period,
    /// The value, its status, and the revision that made it so. Missing as suppressed where a confidential number could be
    /// derived from it.
    pub cell: Cell,
    /// How many days it weighs in an average; `None` for other operators.
    pub days: Option<i32>,
    /// Whether it is taken off: the total since the start of the year up to the sub-period before.
    pub is_subtracted: bool,
    /// What made it, as far as the window goes: for a report the revision that is in force, for a tally every revision that
    /// added to it or took something back.
    pub writes: Vec<ValueWrite>,
    /// How many such there are.
    pub event_count: usize,
}

/// What one revision did to a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValueWrite {
    /// The revision.
    pub revision: Revision,
    /// What a report said, or what was added to a tally, in units of `10^-decimals`. `None` when there is no number, or when a
    /// confidential one could be derived from it.
    pub amount: Option<i128>,
    /// How many events it recorded for the value.
    pub recorded: u32,
    /// How many it took back.
    pub taken_back: u32,
    /// How final the value was after it; `None` when nothing was left of it.
    pub quality: Option<Quality>,
    /// How the value was bounded after it; `None` when there was none.
    pub qualifier: Option<Qualifier>,
}

/// Walks over all events and keeps those of a window.
pub(super) struct Cursor {
    window: Window,
    passed: usize,
}

impl Cursor {
    pub(super) const fn new(window: Window) -> Self {
        Self { window, passed: 0 }
    }

    /// A value with those of its events that are in the window; `None` when none is. And how many events it has.
    pub(super) fn value(
        &mut self,
        metric: &Metric,
        series: Series<'_>,
        (ordinal, cell): (i32, Cell),
        (as_of, secret): (Revision, &Secret),
    ) -> (Option<ValueExplanation>, usize) {
        let writes = || {
            let all = series.writes(ordinal, as_of);
            all.filter(move |write| metric.method == Method::Tally || write.revision == cell.revision)
        };
        let event_count = writes().count();
        let (begin, end) = (self.window.skip, self.window.skip.saturating_add(self.window.take));
        let (from, to) = (self.passed, self.passed + event_count);
        self.passed = to;
        if from.max(begin) >= to.min(end) {
            return (None, event_count);
        }
        let skipped = begin.saturating_sub(from);
        let tells = secret.tells_writes(series.key(), ordinal, metric.method, event_count);
        let listed = writes().skip(skipped).take(to.min(end) - from.max(begin));
        let listed = listed.map(|write| value_write(write, metric.method, tells)).collect();
        let value = Period::from_ordinal(metric.frequency, ordinal).map(|period| ValueExplanation {
            period,
            cell: secret.cell(series.key(), ordinal, cell),
            is_subtracted: false,
            days: (metric.time == TimeOperator::Average).then(|| period.days()),
            writes: listed,
            event_count,
        });
        (value, event_count)
    }
}

fn value_write(write: Write, method: Method, tells: bool) -> ValueWrite {
    let Write {
        revision,
        before,
        after,
        recorded,
        taken_back,
    } = write;
    let number = |cell: Option<Cell>| cell.map_or(0, |cell| cell.value);
    let has_number = |cell: &Cell| cell.status.missing.is_none();
    let amount = match method {
        Method::Tally => Some(number(after) - number(before)),
        Method::Report => after.filter(has_number).map(|cell| cell.value),
    };
    ValueWrite {
        revision,
        amount: amount.filter(|_| tells),
        recorded,
        taken_back,
        quality: after.map(|cell| cell.status.quality),
        qualifier: after
            .filter(has_number)
            .filter(|_| tells)
            .map(|cell| cell.status.qualifier),
    }
}
