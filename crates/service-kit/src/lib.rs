//! What every gRPC service of this house has in common, and nothing of what it counts.
//!
//! A binary parses [`config::ListenArgs`] and [`telemetry::TelemetryArgs`], binds, and hands its routes to
//! [`server::serve`], which gives them the limits of [`limits`], a span per RPC, admission, deadlines, health,
//! reflection (v1 and v1alpha) and an orderly end:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use almanac_service_kit::{
//!     config::{ListenArgs, bind, fail},
//!     health::HealthHandle,
//!     limits, server,
//!     signal::shutdown_on_signal,
//!     telemetry::TelemetryArgs,
//! };
//! use clap::Parser;
//! # use tonic_health::{pb::health_server::HealthServer, server::{HealthReporter, HealthService}};
//! # const FILE_DESCRIPTOR_SET: &[u8] = &[];
//!
//! #[derive(Parser)]
//! // The kit does not know the port; the binary says it, and `--help` shows it.
//! #[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:50051")))]
//! struct Args {
//!     #[command(flatten)]
//!     listen: ListenArgs,
//!     #[command(flatten)]
//!     telemetry: TelemetryArgs,
//! }
//!
//! async fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
//!     args.telemetry.init()?;
//!     let shutdown = shutdown_on_signal()?;
//!     let listener = bind(args.listen.listen).await?;
//!     let health = HealthHandle::new(&["example.v1.ExampleService"]).await;
//!     # let service = HealthService::from_health_reporter(HealthReporter::new());
//!     let routes = tonic::service::Routes::new(almanac_service_kit::configure!(
//!         HealthServer::new(service),
//!         limits::PLAIN_REQUEST_BYTES
//!     ));
//!     let options = server::ServerOptions {
//!         drain: args.listen.drain(),
//!         ..server::ServerOptions::new(&[FILE_DESCRIPTOR_SET])
//!     };
//!     health.set("example.v1.ExampleService", true).await;
//!     server::serve(listener, routes, health, &options, shutdown).await?;
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> ExitCode {
//!     match run(Args::parse()).await {
//!         Ok(()) => ExitCode::SUCCESS,
//!         Err(error) => fail(&*error),
//!     }
//! }
//! ```

pub mod admission;
pub mod answer;
pub mod blocking;
mod client;
pub mod config;
mod connection;
pub mod deadline;
pub mod health;
pub mod limits;
mod listener;
mod plain_mistakes;
mod rpc_span;
pub mod server;
pub mod signal;
pub mod status;
pub mod telemetry;

pub use client::Client;
pub use listener::Listener;
