//! What has to hold when everything is at rest again.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use almanac_event_log::Record;
use almanac_model::Batch;
use almanac_tests::{Fault, powerloss};
use almanac_wire::{Payload, record_digest};
use tokio::time::sleep;

use crate::network::{QUERY_PORT, channel};
use crate::reading::{as_of, ask, at_least, told};
use crate::world::{REPLICAS, Values, World};

/// The first and the last year that readers ask for.
const YEARS: std::ops::RangeInclusive<i32> = 1998..=2004;

/// Holds the log against the ledger: nothing acknowledged is missing, nothing is there twice or by halves. Gives the values at
/// each revision, found by nothing but reading the log.
pub(crate) fn check_log(world: &World) -> Result<Vec<Values>, Fault> {
    let mut held = BTreeMap::new();
    let (mut values, mut at_each) = (Values::new(), Vec::new());
    let mut time = i64::MIN;
    for (record, expected) in world.disk.records().iter().zip(1..) {
        let Record {
            revision,
            recorded_at_ms,
            payload,
            ..
        } = record;
        if revision.0 != expected || *recorded_at_ms < time {
            return Err(format!("revision {revision} is {expected}, or recorded before the one before it").into());
        }
        time = *recorded_at_ms;
        world.trace.add(&record_digest(*recorded_at_ms, payload));
        if let Payload::Events(batch) = Payload::decode(payload)?
            && !batch.is_empty()
        {
            let number = powerloss::number_of(&batch)?;
            if let Some(before) = held.insert(number, expected) {
                return Err(format!("request {number} is recorded twice, by {before} and {expected}").into());
            }
            apply(&mut values, &batch);
        }
        at_each.push(values.clone());
    }
    let sent = world.ledger.requests();
    for (number, sent) in &*sent {
        let found = held.remove(number);
        if !sent.is_held(found, 1) {
            let acknowledged = sent.acknowledged.unwrap_or_default();
            return Err(format!("request {number}, acknowledged as revision {acknowledged}, is {found:?}").into());
        }
    }
    match held.first_key_value() {
        Some((number, _)) => Err(format!("nobody sent request {number}").into()),
        None => Ok(at_each),
    }
}

/// A later report of a period supersedes the one before it.
fn apply(values: &mut Values, batch: &Batch) {
    for row in batch.rows() {
        let year = row.period + 1970;
        if YEARS.contains(&year)
            && let Some((_, code)) = row.series.dimensions.first()
        {
            values.insert((code.to_string(), year.to_string()), row.value.to_string());
        }
    }
}

/// What readers were told is what the log holds.
pub(crate) fn check_sightings(world: &World, at_each: &[Values]) -> Result<(), Fault> {
    for (revision, seen) in world.seen.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if at_revision(at_each, *revision)? != seen {
            return Err(format!("a reader was told other values than revision {revision} has").into());
        }
    }
    Ok(())
}

fn at_revision(at_each: &[Values], revision: u64) -> Result<&Values, Fault> {
    let index = usize::try_from(revision)?.checked_sub(1);
    let values = index.and_then(|index| at_each.get(index));
    values.ok_or_else(|| format!("revision {revision} was told, and is not in the log").into())
}

/// Both replicas come to the end of the log, and answer each revision with the same bytes: those of what the log holds.
pub(crate) async fn check_replicas(world: Arc<World>, at_each: Vec<Values>) -> Result<(), Fault> {
    let head = at_each.len() as u64;
    let mut replicas = Vec::new();
    for host in REPLICAS {
        let replica = channel(host, QUERY_PORT)?;
        while ask(&replica, at_least(head)).await?.is_none() {
            sleep(Duration::from_millis(50)).await;
        }
        replicas.push(replica);
    }
    for (revision, expected) in (1..=head).zip(&at_each) {
        let mut answers = Vec::new();
        for replica in &replicas {
            answers.push(loop {
                if let Some(answer) = ask(replica, as_of(revision)).await? {
                    break answer;
                }
            });
        }
        if answers.iter().any(|answer| *answer != answers[0]) {
            return Err(format!("two replicas answer differently at revision {revision}").into());
        }
        world.trace.add(&answers[0]);
        let (answered, values) = told(answers.swap_remove(0))?;
        if answered != revision || values != *expected {
            return Err(format!("a replica is another one than the log at revision {revision}").into());
        }
    }
    world
        .trace
        .say(format_args!("all is as it has to be at {head} revisions"));
    Ok(())
}
