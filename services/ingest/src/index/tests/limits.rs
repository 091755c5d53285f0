//! What happens when the index does not keep up, or fails.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_event_log::MemoryLog;
use almanac_model::Revision;
use jiff::Timestamp;

use super::super::IndexLimits;
use super::support::{empty_log, limits, place};
use crate::ledger::{Beginning, Ledger, LedgerOptions, OrderError};

fn open(log: &Arc<MemoryLog>, dir: &Path, index: IndexLimits) -> Ledger {
    let options = LedgerOptions {
        index,
        ..LedgerOptions::default()
    };
    let clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let log = Arc::<MemoryLog>::clone(log);
    Ledger::open(log, dir, clock, options).expect("the log can be read")
}

fn release(ledger: &Ledger, number: u32) -> Result<Revision, OrderError> {
    let name = format!("r-{number}").parse().expect("a name");
    let made = ledger.release(name, Some(Revision::EMPTY), String::new(), "test".into())?;
    Ok(made.expect("the name is new").1)
}

#[test]
fn recording_waits_for_the_index_when_too_much_is_in_memory_alone() {
    let (_folder, dir) = place();
    let log = empty_log();
    let ledger = open(
        &log,
        &dir,
        IndexLimits {
            unindexed: 10,
            ..limits()
        },
    );
    // what is not durable cannot go to the index
    log.hold();
    for number in 0..10 {
        release(&ledger, number).expect("there is room");
    }
    let refused = release(&ledger, 10).expect_err("there is no more room");
    assert!(
        matches!(
            refused,
            OrderError::Behind {
                unindexed: 10,
                limit: 10
            }
        ),
        "{refused}"
    );
    log.release();
    let made = loop {
        match release(&ledger, 10) {
            Err(OrderError::Behind { .. }) => std::thread::yield_now(),
            other => break other,
        }
    };
    assert_eq!(made.ok(), Some(Revision(11)));
}

#[test]
fn after_a_failure_of_the_index_nothing_is_recorded_and_the_next_start_derives_it_anew() {
    let (_folder, dir) = place();
    let log = empty_log();
    let ledger = open(&log, &dir, limits());
    let files = almanac_ca_mau::catalog_files();
    let catalog = Catalog::load(&files).expect("the embedded catalogue has no mistakes");
    ledger
        .apply_catalog(Arc::new(catalog), None, "test".into())
        .expect("the log takes it");
    for producer in 0..200 {
        ledger
            .begin_stream([producer; 16], 0, "test".into())
            .expect("the log takes it");
    }
    drop(ledger);

    let without_cache = IndexLimits {
        cache_bytes: 1,
        ..limits()
    };
    let ledger = open(&log, &dir, without_cache);
    assert!(ledger.check_index().is_ok());
    for run in fs::read_dir(dir.join("tables")).expect("there are runs") {
        fs::write(run.expect("the folder can be read").path(), b"").expect("the file can be written");
    }
    let asked = ledger.begin_stream([7; 16], 1, "test".into());
    assert!(
        matches!(asked, Err(OrderError::Index(_))),
        "what cannot be read is not guessed: {asked:?}"
    );
    assert!(ledger.check_index().is_err());
    assert!(matches!(release(&ledger, 1), Err(OrderError::Index(_))));
    drop(ledger);

    let ledger = open(&log, &dir, limits());
    let asked = ledger.begin_stream([7; 16], 1, "test".into());
    assert!(matches!(asked, Ok(Beginning::At(_))), "{asked:?}");
    assert_eq!(release(&ledger, 1).ok(), Some(Revision(202)));
}
