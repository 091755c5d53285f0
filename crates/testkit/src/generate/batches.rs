//! The same events in other batches.

use almanac_model::{Batch, Revision};

use super::log::Log;

/// The rows of a batch in this order; rows that are not named are left out.
fn rows(batch: &Batch, order: &[usize]) -> Batch {
    let (index, period, value, status) = batch.columns();
    let chosen = Batch::new(
        batch.series().to_vec(),
        order.iter().map(|&row| index[row]).collect(),
        order.iter().map(|&row| period[row]).collect(),
        order.iter().map(|&row| value[row]).collect(),
        order.iter().map(|&row| status[row]).collect(),
        Vec::new(),
    );
    match chosen {
        Ok(batch) => batch,
        Err(error) => unreachable!("rows of a batch make a batch: {error}"),
    }
}

/// The same log with the events of each batch in another order.
#[must_use]
pub fn shuffled(log: &Log, seed: u64) -> Log {
    let key = |row: usize| (row as u64 + 1).wrapping_mul(seed | 1).rotate_left(17) ^ seed;
    let reorder = |batch: &Batch| {
        let mut order: Vec<usize> = (0..batch.len()).collect();
        order.sort_by_key(|&row| key(row));
        rows(batch, &order)
    };
    log.iter()
        .map(|(revision, batch)| (*revision, reorder(batch)))
        .collect()
}

/// The same events in the same order, in batches of at most so many.
///
/// # Panics
/// When `most` is 0.
#[must_use]
pub fn rebatched(log: &Log, most: usize) -> Log {
    let mut smaller = Log::new();
    for (_, batch) in log {
        let order: Vec<usize> = (0..batch.len()).collect();
        for chunk in order.chunks(most) {
            let revision = smaller.last().map_or(Revision::EMPTY, |(revision, _)| *revision).next();
            smaller.push((revision, rows(batch, chunk)));
        }
    }
    smaller
}
