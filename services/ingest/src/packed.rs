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

/// Consecutive rows of one series with one status: most batches have long ones.
struct Run {
    series: usize,
    bits: u32,
    /// The least and the greatest.
    period: (i32, i32),
    value: (i64, i64),
}

fn runs(batch: &Batch) -> impl Iterator<Item = Run> {
    let (series_index, period, value, bits) = batch.columns();
    let mut first = 0;
    std::iter::from_fn(move || {
        let of_run = (*series_index.get(first)?, bits[first]);
        let rows = series_index[first..].iter().zip(&bits[first..]);
        let end = first + rows.take_while(|(series, bits)| (**series, **bits) == of_run).count();
        let run = Run {
            series: of_run.0 as usize,
            bits: of_run.1,
            period: extremes(&period[first..end]),
            value: extremes(&value[first..end]),
        };
        first = end;
        Some(run)
    })
}

/// The least and the greatest of some numbers.
fn extremes<T: Copy + Ord>(numbers: &[T]) -> (T, T) {
    let both = (numbers[0], numbers[0]);
    numbers.iter().fold(both, |(least, greatest), number| {
        (least.min(*number), greatest.max(*number))
    })
}

/// The first and the last period of each series; none for one without a row.
fn spans(batch: &Batch) -> Vec<Option<(i32, i32)>> {
    let mut spans = vec![None; batch.series().len()];
    for Run {
        series,
        period: (first, last),
        ..
    } in runs(batch)
    {
        let span = &mut spans[series];
        let (before, after) = span.unwrap_or((first, last));
        *span = Some((first.min(before), last.max(after)));
    }
    spans
}

/// What a rule says of the least and the greatest value, and of the last period, it says of all between them.
fn are_admitted(batch: &Batch, rules: &[SeriesRules]) -> bool {
    runs(batch).all(|run| {
        let (rules, (_, latest)) = (rules[run.series], run.period);
        let admit = |value, status| rules.admit(latest, value, status);
        // the bit of a retraction is of no status
        Status::from_bits(run.bits).is_some_and(|status| admit(run.value.0, status) && admit(run.value.1, status))
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
