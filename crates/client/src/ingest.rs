//! The ingest service: recording events, applying catalogues, freezing revisions.

use std::time::Duration;

use almanac_catalog::{CatalogFiles, ContentHash};
use almanac_model::{Event, LogId, Release, ReleaseName, ReporterId, Revision};
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::{RecordEventsRequest, bundle_to_proto, encode_events};
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use uuid::Uuid;

use crate::connection::{CallOptions, connect, stub};
use crate::convert::{log_id, parsed, release};
use crate::retry::call;
use crate::{AnswerError, ClientError, ConnectError, EventStream};

/// A client of the ingest service.
#[derive(Clone, Debug)]
pub struct IngestClient {
    channel: Channel,
    options: CallOptions,
}

/// Where in a log a write is. A question with it as its least revision reads the write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordedAt {
    /// The revision that holds it.
    pub revision: Revision,
    /// The log that the revision belongs to.
    pub log_id: LogId,
}

/// Events that are on disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// Where.
    pub at: RecordedAt,
    /// How many events were recorded.
    pub recorded_count: u32,
    /// How many had been recorded before under the same event id, and were not recorded again.
    pub duplicate_event_count: u32,
    /// The request had been recorded before, and this is its answer again.
    pub repeated: bool,
}

/// A catalogue in force.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Applied {
    /// Since when.
    pub at: RecordedAt,
    /// Its version.
    pub content_hash: ContentHash,
}

/// A release.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Released {
    /// Where it was recorded. A question that names it right away needs this.
    pub at: RecordedAt,
    /// What it freezes.
    pub release: Release,
}

macro_rules! recorded_at {
    ($($write:ty),+) => {$(
        impl From<$write> for RecordedAt {
            fn from(write: $write) -> Self {
                write.at
            }
        }

        impl From<&$write> for RecordedAt {
            fn from(write: &$write) -> Self {
                write.at
            }
        }
    )+};
}

recorded_at!(Recorded, Applied, Released);

impl IngestClient {
    /// Connects to the service at an address such as `http://127.0.0.1:50051`.
    pub async fn connect(uri: &str) -> Result<Self, ConnectError> {
        Ok(Self::new(connect(uri).await?))
    }

    /// A client on a channel that was set up elsewhere: with TLS, over several addresses, or connecting later.
    #[must_use]
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            options: CallOptions::default(),
        }
    }

    /// The same client with another time for each call, [`crate::DEADLINE`] by default.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self
    }

    /// The same client with compressed requests and longer answers: for slow networks. Within a data centre it costs more time
    /// than it saves.
    #[must_use]
    pub fn with_compression(mut self, encoding: CompressionEncoding) -> Self {
        self.options.compression = Some(encoding);
        self
    }

    /// Records events of one reporter, all or none; at most 10,000. Returns when they are on disk.
    pub async fn record(
        &self,
        reporter: &ReporterId,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Recorded, ClientError> {
        self.record_once(Uuid::new_v4(), reporter, events).await
    }

    /// Records events under a request id of the caller's. The same id with the same events again, from this process or a
    /// later one, gets the same answer and records nothing: keep both until the answer has come.
    pub async fn record_once(
        &self,
        request_id: Uuid,
        reporter: &ReporterId,
        events: impl IntoIterator<Item = Event>,
    ) -> Result<Recorded, ClientError> {
        let request = RecordEventsRequest {
            events: encode_events(events),
            reporter: reporter.to_string(),
            request_id: request_id.to_string(),
            validate_only: false,
            skip_invalid: false,
        };
        let answer = call(&request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.record_events(request).await }
        })
        .await?;
        Ok(Recorded {
            at: recorded_at(answer.revision, &answer.log_id)?,
            recorded_count: answer.recorded_count.unwrap_or_default().unsigned_abs(),
            duplicate_event_count: answer.duplicate_event_count.unsigned_abs(),
            repeated: answer.duplicate,
        })
    }

    /// Opens a stream of batches of one reporter. `producer` is chosen once and kept: the sequences of its batches are
    /// counted under it, also by a later process, which goes on after [`EventStream::last_sequence`]. Streams of the same
    /// producer that were opened before are fenced.
    pub async fn stream(&self, reporter: &ReporterId, producer: Uuid) -> Result<EventStream, ClientError> {
        EventStream::open(self.stub(), self.options.deadline, reporter.clone(), producer).await
    }

    /// Puts a catalogue into force. The one that is in force already changes nothing.
    pub async fn apply_catalog(&self, files: &CatalogFiles) -> Result<Applied, ClientError> {
        let request = pb::ApplyCatalogRequest {
            catalog: Some(bundle_to_proto(files)),
            validate_only: false,
        };
        let answer = call(&request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.apply_catalog(request).await }
        })
        .await?;
        Ok(Applied {
            at: recorded_at(answer.revision, &answer.log_id)?,
            content_hash: parsed("content_hash", &answer.content_hash)?,
        })
    }

    /// Freezes a revision under a name: the newest, or the one given. The same name and revision again get the same
    /// answer.
    pub async fn create_release(
        &self,
        name: &ReleaseName,
        revision: Option<Revision>,
        note: &str,
    ) -> Result<Released, ClientError> {
        let request = pb::CreateReleaseRequest {
            name: name.to_string(),
            revision: revision.map(|revision| revision.0),
            note: note.to_owned(),
        };
        let answer = call(&request, self.options.deadline, |request| {
            let mut stub = self.stub();
            async move { stub.create_release(request).await }
        })
        .await?;
        let created = answer.release.ok_or(AnswerError::Absent { field: "release" })?;
        Ok(Released {
            at: recorded_at(answer.revision, &answer.log_id)?,
            release: release(created)?,
        })
    }

    /// All releases, the newest first.
    pub async fn list_releases(&self) -> Result<Vec<Release>, ClientError> {
        let mut releases = Vec::new();
        let mut request = pb::ListReleasesRequest::default();
        loop {
            let answer = call(&request, self.options.deadline, |request| {
                let mut stub = self.stub();
                async move { stub.list_releases(request).await }
            })
            .await?;
            for listed in answer.releases {
                releases.push(release(listed)?);
            }
            if answer.next_page_token.is_empty() {
                return Ok(releases);
            }
            request.page_token = answer.next_page_token;
        }
    }

    fn stub(&self) -> IngestServiceClient<Channel> {
        stub!(IngestServiceClient, self.channel, self.options)
    }
}

pub(crate) fn recorded_at(revision: u64, log: &str) -> Result<RecordedAt, AnswerError> {
    Ok(RecordedAt {
        revision: Revision(revision),
        log_id: log_id(log)?,
    })
}
