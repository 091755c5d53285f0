//! The typed client of Almanac, for services that send metric events or ask for indicators.
//!
//! [`IngestClient`] records; its answer says where in the log the events are, and a question that names that place
//! reads its own writes:
//!
//! ```no_run
//! use almanac_client::model::{Event, ReporterId};
//! use almanac_client::{IngestClient, QueryClient};
//!
//! # async fn example(events: Vec<Event>) -> Result<(), Box<dyn std::error::Error>> {
//! let ingest = IngestClient::connect("http://127.0.0.1:50051").await?;
//! let reporter: ReporterId = "ca-mau-telecom-operators".parse()?;
//! let recorded = ingest.record(&reporter, events).await?;
//!
//! let query = QueryClient::connect("http://127.0.0.1:50052").await?;
//! let answer = query
//!     .indicators(["telephone.density", "internet.density"])
//!     .area("96")
//!     .period("2015..2017")
//!     .min_revision(recorded)
//!     .fetch()
//!     .await?;
//! for figure in &answer.figures {
//!     match &figure.value {
//!         Ok(number) => println!("{} {}: {number} {}", figure.measure, figure.period, figure.unit),
//!         Err(reason) => println!("{} {}: {reason}", figure.measure, figure.period),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Numbers are decimal texts and stay so: parse them with [`model::Decimal`], never into a float.
//!
//! Every call has a deadline ([`DEADLINE`] unless told otherwise). Within it, what a later attempt can mend is tried
//! again: a service that is not there, stops, or is busy. A repeated write carries the same request id, so it is recorded
//! once however often it is sent. What no attempt can mend comes back at once as [`ClientError::Refused`], with every
//! mistake by field.
//!
//! The clients are cheap to clone and share one connection, which is made again by itself when it breaks.

mod against;
mod answer;
mod completeness;
mod connection;
mod convert;
mod error;
mod explanation;
mod figure;
mod figure_stream;
mod indicators;
mod ingest;
mod log;
mod query;
mod read_at;
mod retry;
mod rules;
mod stream;

pub use against::Against;
pub use almanac_catalog::{CatalogFiles, ContentHash, Documentation, Label, Severity, Unit};
pub use almanac_model as model;
pub use answer::{AnsweredAt, CompletenessAnswer, Figures, Report, ReportLine, ReportSection};
pub use completeness::CompletenessQuestion;
pub use connection::{ConnectError, DEADLINE};
pub use error::{AnswerError, ClientError, Violation};
pub use explanation::{Cause, Contribution, Explanation, Number, RecordedValue, Term, ValueWrite, Vintage, Vintages};
pub use figure::FigureQuestion;
pub use figure_stream::{FigureForm, FigureStream};
pub use indicators::IndicatorsQuestion;
pub use ingest::{Applied, IngestClient, Recorded, RecordedAt, Released};
pub use log::{LogClient, LogCopy, LogRecord, ProducerPosition, RequestKey};
pub use query::QueryClient;
pub use read_at::ReadAt;
pub use rules::{RuleCheckOf, RuleSide, RuleViolation, RulesAnswer, RulesQuestion, UncheckedRule};
pub use stream::{EventStream, PackedOptions, PackedWriter, RefusedBatch, RowMistake, SeriesId, StreamAnswer};
pub use tonic::Code;
pub use tonic::codec::CompressionEncoding;
pub use tonic::transport::Channel;
