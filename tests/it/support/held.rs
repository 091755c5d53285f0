//! A real log whose word that something is on disk can be held back: the moment between append and acknowledgement, as long
//! as a test needs it.

use std::path::Path;
use std::sync::Arc;

use almanac_event_log::{AppendError, EventLog, LogStatus, NewRecord, ReadError, Record, SledLog};
use almanac_ingest::{CatalogSource, Ledger, LedgerOptions};
use almanac_model::{LogId, Revision};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::clock::TestClock;
use super::ingest::{Ingest, sled_options};

/// Holds back the log of a service.
pub(crate) struct Hold {
    is_held: watch::Sender<bool>,
    appended: watch::Receiver<Revision>,
    _forwarding: AbortOnDropHandle<()>,
}

impl Hold {
    /// A service on the log of a folder, and the hold of it.
    pub(crate) async fn serve(dir: &Path, options: LedgerOptions) -> (Ingest, Self) {
        let sled = SledLog::open(dir, sled_options()).expect("the log opens");
        let (is_held, whether) = watch::channel(false);
        let (appended, seen) = watch::channel(Revision::EMPTY);
        let (told, status) = watch::channel(sled.status().borrow().clone());
        let forwarding = AbortOnDropHandle::new(tokio::spawn(forward(sled.status(), whether, told)));
        let log = HeldLog { sled, appended, status };
        let clock = TestClock::default();
        let ledger = Ledger::recover(Arc::new(log), clock.reader(), options).expect("the log is readable");
        let accepts_writes = watch::channel(true).1;
        let catalog = CatalogSource::BuiltinCaMau;
        let ingest = Ingest::serve(dir, clock, Arc::new(ledger), accepts_writes, catalog).await;
        let hold = Self {
            is_held,
            appended: seen,
            _forwarding: forwarding,
        };
        (ingest, hold)
    }

    /// Nothing is said to be on disk from now on.
    pub(crate) fn hold(&self) {
        self.is_held.send_replace(true);
    }

    /// Everything that is on disk is said to be.
    pub(crate) fn release(&self) {
        self.is_held.send_replace(false);
    }

    /// The last revision that was appended.
    pub(crate) fn appended(&self) -> Revision {
        *self.appended.borrow()
    }

    /// Waits until a revision is appended.
    pub(crate) async fn until_appended(&mut self, revision: Revision) {
        let reached = self.appended.wait_for(|appended| *appended >= revision).await;
        reached.expect("the log lives");
    }
}

async fn forward(
    mut real: watch::Receiver<LogStatus>,
    mut held: watch::Receiver<bool>,
    told: watch::Sender<LogStatus>,
) {
    loop {
        if !*held.borrow_and_update() {
            told.send_replace(real.borrow_and_update().clone());
        }
        let lives = tokio::select! {
            changed = real.changed() => changed.is_ok(),
            changed = held.changed() => changed.is_ok(),
        };
        if !lives {
            return;
        }
    }
}

struct HeldLog {
    sled: SledLog,
    appended: watch::Sender<Revision>,
    status: watch::Receiver<LogStatus>,
}

impl EventLog for HeldLog {
    fn id(&self) -> LogId {
        self.sled.id()
    }

    fn earliest(&self) -> Revision {
        self.sled.earliest()
    }

    fn status(&self) -> watch::Receiver<LogStatus> {
        self.status.clone()
    }

    fn append(&self, record: NewRecord) -> Result<Revision, AppendError> {
        let revision = self.sled.append(record)?;
        self.appended.send_replace(revision);
        Ok(revision)
    }

    fn read(&self, from: Revision, max_bytes: usize) -> Result<Vec<Record>, ReadError> {
        self.sled.read(from, max_bytes)
    }

    fn close(&self) {
        self.sled.close();
    }
}
