//! Both services, and commands that are sent to them as grpcurl sends them.

use std::path::PathBuf;

use almanac_ingest::CatalogSource;
use almanac_wire::{INGEST_DESCRIPTORS, QUERY_DESCRIPTORS};
use jiff::Timestamp;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::{Deserializer, Value};
use tonic::{Code, Status};

use super::expected::difference;
use super::page::Command;
use crate::support::channel;
use crate::support::clock::TestClock;
use crate::support::ingest::{Ingest, folder};
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::raw;

/// The two services of one page.
pub(super) struct Session {
    pair: Pair,
    clock: TestClock,
    pool: DescriptorPool,
    /// The newest revision that a command was answered.
    written: u64,
}

impl Session {
    pub(super) async fn start(catalog: PathBuf) -> Self {
        let (dir, clock) = (folder(), TestClock::default());
        let ingest = Ingest::open_with(dir.path(), clock.clone(), CatalogSource::Dir(catalog)).await;
        let mut pool = DescriptorPool::decode(INGEST_DESCRIPTORS).expect("the descriptors are sound");
        let query = pool.decode_file_descriptor_set(QUERY_DESCRIPTORS);
        query.expect("the descriptors of both services agree");
        Self {
            pair: Pair::on(ingest, dir).await,
            clock,
            pool,
            written: 1,
        }
    }

    pub(super) fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Runs a command, and tells how its answer differs from what the page shows.
    pub(super) async fn run(&mut self, command: &Command) -> Option<String> {
        let shown = command.answer.trim();
        let differs = match self.call(command).await {
            Err(status) => {
                let refused = as_grpcurl_prints(&status);
                (shown != refused).then_some(refused)
            }
            Ok(answer) => {
                self.written = revision_of(&answer).unwrap_or(self.written);
                differs(shown, &answer).map(|difference| format!("{difference}; the answer is {answer:#}"))
            }
        };
        differs.map(|differs| format!("{}: {differs}", command.place))
    }

    async fn call(&self, command: &Command) -> Result<Value, Status> {
        let method = self.method(command);
        let mut json = Deserializer::from_str(&command.request);
        let request = DynamicMessage::deserialize(method.input(), &mut json)
            .unwrap_or_else(|error| panic!("{}: {error}", command.place));
        let address = if command.service.starts_with("almanac.ingest") {
            self.pair.ingest.address
        } else {
            self.catch_up().await;
            self.pair.query.address
        };
        let path = format!("/{}/{}", command.service, command.method);
        let answer = raw::call(channel(address), &path, &request).await?;
        let answer = DynamicMessage::decode(method.output(), answer).expect("an answer is a message");
        Ok(serde_json::to_value(&answer).expect("a message is JSON"))
    }

    /// Waits until the query service has what was written.
    async fn catch_up(&self) {
        let question = after(self.written, in_2017("no.such.indicator"));
        // refused, but not before the revision is there
        let refused = self
            .pair
            .query
            .ask(question)
            .await
            .expect_err("there is no such indicator");
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    }

    fn method(&self, command: &Command) -> MethodDescriptor {
        let service = self.pool.get_service_by_name(&command.service);
        let service = service.unwrap_or_else(|| panic!("{}: there is no {}", command.place, command.service));
        let found = service.methods().find(|method| method.name() == command.method);
        found.unwrap_or_else(|| panic!("{}: there is no method {}", command.place, command.method))
    }
}

/// How an answer differs from the text that a page shows; a page may show none.
fn differs(shown: &str, answer: &Value) -> Option<String> {
    if shown.is_empty() {
        return None;
    }
    match serde_json::from_str(shown) {
        Ok(shown) => difference(&shown, answer),
        Err(_) => Some("the page does not show JSON".to_owned()),
    }
}

/// The revision in the answer of a write.
fn revision_of(answer: &Value) -> Option<u64> {
    answer.get("revision")?.as_str()?.parse().ok()
}

fn as_grpcurl_prints(status: &Status) -> String {
    format!("ERROR:\n  Code: {:?}\n  Message: {}", status.code(), status.message())
}
