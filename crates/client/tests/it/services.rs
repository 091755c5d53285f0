//! Both services on free ports, with a log that is removed afterwards.

use std::sync::Arc;

use almanac_ca_mau::{Recorded, catalog_files, events_2017};
use almanac_client::{IngestClient, QueryClient, Recorded as Answer};
use almanac_event_log::SledOptions;
use almanac_ingest::LedgerOptions;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::Endpoint;

pub(crate) struct Services {
    pub(crate) ingest: String,
    pub(crate) query: String,
    _stop: DropGuard,
    _folder: TempDir,
}

fn clock() -> Timestamp {
    "2018-01-15T09:00:00+07:00".parse().unwrap()
}

impl Services {
    /// An empty log.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        let (ingest, ingest_uri) = listener().await;
        let (query, query_uri) = listener().await;

        let (ledger, accepts_writes) = almanac_ingest::open(
            folder.path(),
            SledOptions::default(),
            Arc::new(clock),
            LedgerOptions::default(),
        )
        .unwrap();
        let drain = std::time::Duration::from_secs(1);
        let deps = almanac_ingest::Deps {
            ledger,
            accepts_writes,
            drain,
        };
        tokio::spawn(almanac_ingest::serve(ingest, deps, stop.clone()));
        let endpoint = Endpoint::from_shared(ingest_uri.clone()).unwrap();
        let deps = almanac_query::Deps::new(endpoint, Arc::new(clock));
        tokio::spawn(almanac_query::serve(query, deps, stop.clone()));
        Self {
            ingest: ingest_uri,
            query: query_uri,
            _stop: stop.drop_guard(),
            _folder: folder,
        }
    }

    /// Clients of a log with the catalogue and the figures of 2017, and the answer to the last write.
    pub(crate) async fn filled(&self) -> (IngestClient, QueryClient, Answer) {
        let ingest = IngestClient::connect(&self.ingest).await.unwrap();
        ingest.apply_catalog(&catalog_files()).await.unwrap();
        let mut last = None;
        for Recorded { reporter, event } in events_2017().unwrap() {
            last = Some(ingest.record(&reporter, [event]).await.unwrap());
        }
        let query = QueryClient::connect(&self.query).await.unwrap();
        (ingest, query, last.unwrap())
    }
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    (listener, uri)
}
