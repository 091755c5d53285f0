//! `grpc.health.v1`: which services can answer.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Mutex;
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

/// The name under which the health protocol asks for the whole server.
const OVERALL: &str = "";

/// Says which services are serving. Clones speak for the same server.
///
/// Every named service starts as `NOT_SERVING`. The overall status (`""`, what `grpc_health_probe` asks for) is SERVING
/// when all of them are. Once the server drains, all are `NOT_SERVING` and stay so.
#[derive(Clone, Debug)]
pub struct HealthHandle {
    reporter: HealthReporter,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    services: BTreeMap<String, bool>,
    draining: bool,
}

impl HealthHandle {
    /// Health of the services with these full names (`almanac.query.v1.QueryService`), none of them serving yet.
    pub async fn new(services: &[&str]) -> Self {
        let state = State {
            services: services.iter().map(|&name| (name.to_owned(), false)).collect(),
            draining: false,
        };
        let handle = Self {
            reporter: HealthReporter::new(),
            state: Arc::default(),
        };
        *handle.state.lock().await = state;
        for service in services {
            handle.report(service, false).await;
        }
        handle.report(OVERALL, false).await;
        handle
    }

    /// Reports that `service` can answer, or that it cannot. A name not given to [`new`](Self::new) is added.
    pub async fn set(&self, service: &str, serving: bool) {
        // Held to the end, so that two services that change at once leave the overall status right.
        let mut state = self.state.lock().await;
        // A follower that catches up during the drain must not bring clients back.
        if state.draining {
            return;
        }
        state.services.insert(service.to_owned(), serving);
        let overall = state.services.values().all(|&serving| serving);
        self.report(service, serving).await;
        self.report(OVERALL, overall).await;
    }

    /// Whether `service` is serving; `""` asks for all of them.
    pub async fn is_serving(&self, service: &str) -> bool {
        let state = self.state.lock().await;
        if service == OVERALL {
            !state.services.is_empty() && state.services.values().all(|&serving| serving)
        } else {
            state.services.get(service).copied().unwrap_or(false)
        }
    }

    /// Everything `NOT_SERVING`, for good.
    pub(crate) async fn drain(&self) {
        let mut state = self.state.lock().await;
        state.draining = true;
        for serving in state.services.values_mut() {
            *serving = false;
        }
        for name in state.services.keys().map(String::as_str).chain([OVERALL]) {
            self.report(name, false).await;
        }
    }

    /// Ends the open `Watch` streams, each after its last `NOT_SERVING`. tonic's never end by themselves, so that one
    /// watching client would hold up every drain until its deadline.
    pub(crate) async fn end_watches(&self) {
        let state = self.state.lock().await;
        let mut reporter = self.reporter.clone();
        for name in state.services.keys().map(String::as_str).chain([OVERALL]) {
            reporter.clear_service_status(name).await;
        }
    }

    pub(crate) fn service(&self) -> HealthServer<HealthService> {
        HealthServer::new(HealthService::from_health_reporter(self.reporter.clone()))
    }

    async fn report(&self, service: &str, serving: bool) {
        let status = if serving {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        self.reporter.set_service_status(service, status).await;
    }
}
