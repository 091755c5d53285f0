//! What an explanation may not tell: whatever a confidential number could be derived from.
//!
//! A series' contribution and a recorded value are told under the same rule as a term (see `suppression.rs`): only when they
//! stay what they are while the numbers of a block move along its signs. So the proof there holds for explanations too. What
//! single revisions added to a tally is not told of a metric that had anything confidential by then: it would show what a
//! complement was at a time when it was kept secret.

use almanac_catalog::{Method, Metric, Share};
use almanac_cube::{Cell, SeriesKey};

use crate::question::State;
use crate::reading::Selection;
use crate::suppression::{Form, Protection, redact};

/// What is kept secret of one term.
#[derive(Default)]
pub(super) struct Secret {
    protection: Option<Protection>,
    had_confidential: bool,
}

impl Secret {
    pub(super) fn of(state: State<'_>, metric: &Metric, selections: &[Selection<'_, '_>]) -> Self {
        let recorded = state.cube.metric(&metric.id);
        let protection = Form::of(state, metric).map(|mut form| {
            for selection in selections {
                selection.each_series(&selection.areas(), |series, scope, share| {
                    form.add(metric, series.key(), &scope.value().used, share);
                });
            }
            form.protection(state, metric)
        });
        Self {
            protection,
            had_confidential: recorded.is_some_and(|recorded| recorded.had_confidential(state.as_of)),
        }
    }

    /// Whether what one series came to may be told.
    pub(super) fn tells_series(
        &self,
        metric: &Metric,
        series: &SeriesKey,
        used: &[(i32, Cell)],
        share: &Share,
    ) -> bool {
        self.protection.as_ref().is_none_or(|protection| {
            let mut form = Form::default();
            form.add(metric, series, used, share);
            protection.allows(&form)
        })
    }

    /// A recorded value as it may be told.
    pub(super) fn cell(&self, series: &SeriesKey, period: i32, mut cell: Cell) -> Cell {
        if !self.tells_cell(series, period) {
            redact(&mut cell);
        }
        cell
    }

    /// Whether it may be told how much each of some revisions added to a value.
    pub(super) fn tells_writes(&self, series: &SeriesKey, period: i32, method: Method, count: usize) -> bool {
        let whole = method == Method::Report || count == 1;
        self.tells_cell(series, period) && (whole || !self.had_confidential)
    }

    fn tells_cell(&self, series: &SeriesKey, period: i32) -> bool {
        let protection = self.protection.as_ref();
        protection.is_none_or(|protection| protection.allows_cell(series, period))
    }
}
