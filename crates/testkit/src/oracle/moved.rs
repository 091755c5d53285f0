//! Rule 20: the same log with other secrets, of which nobody may see that it is another one.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::Method;
use almanac_model::{Batch, BatchBuilder, BatchExtra, BatchRow, Exact, Qualifier, Revision, Status};

use super::Oracle;
use super::records::{Place, Record};
use super::secrets::Block;

impl Oracle<'_> {
    /// For each secret, a log in which it and the numbers of its block are other ones, each by as much as keeps the totals.
    #[must_use]
    pub fn with_secrets_moved(&self, log: &[(Revision, Batch)]) -> Vec<Vec<(Revision, Batch)>> {
        let blocks = self.blocks.iter();
        blocks.map(|(_, block)| self.with_block_moved(log, block)).collect()
    }

    fn with_block_moved(&self, log: &[(Revision, Batch)], block: &Block) -> Vec<(Revision, Batch)> {
        // so many that each number moves by a whole number of units: in an average the steps are parts of days
        let lengths: BTreeSet<i128> = block.iter().map(|(place, _)| place.period.days().into()).collect();
        let days: i128 = lengths.into_iter().product();
        let mut log = log.to_vec();
        for (place, step) in block {
            let steps = (step * &Exact::from_integer(days)).to_decimal_string(0);
            let (Some(metric), Ok(by)) = (self.catalog.metric(place.metric.as_str()), steps.parse::<i64>()) else {
                unreachable!("a block is of whole numbers of a metric that is defined")
            };
            let record = self.record(metric, &place.series, place.period);
            let revision = self.recorded_last(metric, &place.series, place.period);
            let (Some(record), Some(revision)) = (record, revision) else {
                unreachable!("a corner of a block is a number that was recorded")
            };
            for (_, batch) in log.iter_mut().filter(|(own, _)| *own == revision) {
                *batch = match metric.method {
                    Method::Report => with_last_moved(batch, place, by),
                    Method::Tally => with_event(batch, place, &record, by),
                };
            }
        }
        log
    }
}

/// A batch of which the last report of a place says another number.
fn with_last_moved(batch: &Batch, place: &Place, by: i64) -> Batch {
    let last = batch.rows().enumerate().filter(|(_, row)| is_of(row, place)).last();
    let last = last.map(|(index, _)| index);
    let mut builder = BatchBuilder::default();
    for (index, row) in batch.rows().enumerate() {
        push(&mut builder, &row, if Some(index) == last { by } else { 0 });
    }
    builder.finish()
}

/// A batch with one more event of a place, of which nothing is known that is not known of its total.
fn with_event(batch: &Batch, place: &Place, total: &Record, by: i64) -> Batch {
    let mut builder = BatchBuilder::default();
    for row in batch.rows() {
        push(&mut builder, &row, 0);
    }
    let series = batch.rows().find(|row| is_of(row, place)).map(|row| row.series.clone());
    let status = Status {
        quality: total.quality,
        qualifier: Qualifier::Exact,
        missing: None,
        confidential: total.is_secret,
    };
    if let Some(series) = series {
        builder.push(series, place.period.ordinal(), by, status, BatchExtra::default());
    }
    builder.finish()
}

fn push(builder: &mut BatchBuilder, row: &BatchRow<'_>, by: i64) {
    let push = if row.is_retraction {
        BatchBuilder::push_retraction
    } else {
        BatchBuilder::push
    };
    let series = row.series.clone();
    push(
        builder,
        series,
        row.period,
        row.value + by,
        row.status,
        BatchExtra::default(),
    );
}

fn is_of(row: &BatchRow<'_>, place: &Place) -> bool {
    row.series.metric == place.metric
        && row.series.area == place.series.area
        && row.series.reporter == place.series.reporter
        && row.series.dimensions.iter().cloned().collect::<BTreeMap<_, _>>() == place.series.codes
        && row.period == place.period.ordinal()
}
