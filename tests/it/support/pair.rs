//! Both services, the query service behind a gate that stays when the ingest service is restarted.

use tempfile::TempDir;

use super::gate::Gate;
use super::ingest::Ingest;
use super::query::Query;

/// Ingest and query on a new log.
pub(crate) struct Pair {
    pub(crate) ingest: Ingest,
    pub(crate) gate: Gate,
    pub(crate) query: Query,
    _dir: TempDir,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        let (ingest, dir) = Ingest::start().await;
        Self::on(ingest, dir).await
    }

    /// The pair of an ingest service and its folder.
    pub(crate) async fn on(ingest: Ingest, dir: TempDir) -> Self {
        let gate = Gate::to(ingest.address).await;
        let query = Query::start(gate.address).await;
        Self {
            ingest,
            gate,
            query,
            _dir: dir,
        }
    }

    /// Stops the ingest service and starts it again on its folder. The query service stays.
    pub(crate) async fn restart_ingest(self) -> Self {
        let ingest = self.ingest.restart().await;
        self.gate.lead_to(ingest.address);
        Self { ingest, ..self }
    }

    /// Starts the query service anew: it begins with nothing.
    pub(crate) async fn restart_query(self) -> Self {
        self.query.stop().await;
        let query = Query::start(self.gate.address).await;
        Self { query, ..self }
    }
}
