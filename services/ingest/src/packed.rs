//! The short way of a stream's batch: recorded with the bytes that came, without an event for each row.
//!
//! It is taken only by batches of which every row is recorded just as it stands: rows of reports without extras, each once, in
//! series that are as the log has them. What a series may say is asked of the catalogue once a batch; then each column is
//! gone through once. A batch that does not fit, or has a mistake anywhere, takes the long way, which checks row by row and
//! tells every mistake: so both give the same answers, and only the long way knows how to refuse.

use std::collections::HashSet;

use almanac_catalog::{Catalog, SeriesRules};
use almanac_model::{Batch, ReporterId, Status};
use jiff::civil::Date;

/// Whether every row is recorded just as it stands. `today` is the day in the catalogue's time zone.
pub(crate) fn is_as_recorded(batch: &Batch, reporter: &ReporterId, catalog: &Catalog, today: Date) -> bool {
    let distinct: HashSet<_> = batch.series().iter().collect();
    if !batch.extras().is_empty() || distinct.len() < batch.series().len() {
        return false;
    }
    let spans = spans(batch);
    let rules = batch.series().iter().zip(spans).map(|(series, span)| {
        // a series without a row is not recorded
        catalog.series_rules(reporter, series, span?, today)
    });
    rules
        .collect::<Option<Vec<_>>>()
        .is_some_and(|rules| are_admitted(batch, &rules) && is_each_once(batch))
}

/// The first and the last period of each series; none for one without a row.
fn spans(batch: &Batch) -> Vec<Option<(i32, i32)>> {
    let mut spans = vec![None; batch.series().len()];
    let (series_index, period, _, _) = batch.columns();
    for (series, &period) in series_index.iter().zip(period) {
        let span = &mut spans[*series as usize];
        let (first, last) = span.unwrap_or((period, period));
        *span = Some((first.min(period), last.max(period)));
    }
    spans
}

fn are_admitted(batch: &Batch, rules: &[SeriesRules]) -> bool {
    let (series_index, period, value, bits) = batch.columns();
    let rows = series_index.iter().zip(period).zip(value.iter().zip(bits));
    let mut rows = rows.map(|((series, period), (value, bits))| (rules[*series as usize], *period, *value, *bits));
    // the bit of a retraction is of no status
    rows.all(|(rules, period, value, bits)| {
        Status::from_bits(bits).is_some_and(|status| rules.admit(period, value, status))
    })
}

/// Whether no two rows are of one series and period.
pub(crate) fn is_each_once(batch: &Batch) -> bool {
    let (series_index, period, _, _) = batch.columns();
    let cells = series_index.iter().zip(period);
    if cells.clone().is_sorted_by(|before, after| before < after) {
        return true;
    }
    let mut cells: Vec<(u32, i32)> = cells.map(|(series, period)| (*series, *period)).collect();
    cells.sort_unstable();
    cells.is_sorted_by(|before, after| before < after)
}

#[cfg(test)]
pub(crate) mod tests;
