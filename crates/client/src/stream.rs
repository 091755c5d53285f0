//! Batches in a stream: many under way at once, each recorded exactly once however often the connection breaks.

mod answer;
mod connection;
mod packed;

use std::collections::VecDeque;
use std::time::Duration;

use almanac_model::{Batch, LogId, ReporterId, Revision};
use almanac_wire::pb::ingest as pb;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;
use almanac_wire::{StreamBatch, encode_batch};
use bytes::Bytes;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::Code;
use tonic::transport::Channel;
use uuid::Uuid;

use self::answer::mistake;
pub use self::answer::{RowMistake, StreamAnswer};
use self::connection::{Answered, Connection};
pub use self::packed::{PackedOptions, PackedWriter, RefusedBatch, SeriesId};
use crate::convert::log_id;
use crate::error::Failure;
use crate::retry::Pauses;
use crate::{AnswerError, ClientError, RecordedAt};

/// A stream of batches of one reporter.
///
/// [`Self::send`] numbers a batch and sends it; it waits only while so much is unanswered that the service takes no more.
/// [`Self::next_answer`] tells, in order, what became of each batch. Until its answer has come a batch is kept, and sent again
/// on a new connection when the old one broke: nothing is lost, and nothing is recorded twice.
///
/// Nothing goes on by itself: answers are received while a method waits. A method that was given up half-way (a dropped future)
/// leaves the stream as it was.
#[derive(Debug)]
pub struct EventStream {
    stub: IngestServiceClient<Channel>,
    deadline: Duration,
    reporter: ReporterId,
    producer: Uuid,
    log_id: LogId,
    epoch: u64,
    last_sequence: u64,
    /// What may be unanswered.
    most_bytes: u64,
    most_batches: usize,
    /// Encoded once, however often they are sent.
    unanswered: VecDeque<StreamBatch>,
    unanswered_bytes: u64,
    answers: VecDeque<StreamAnswer>,
    connection: Option<Connection>,
}

impl EventStream {
    pub(crate) async fn open(
        stub: IngestServiceClient<Channel>,
        deadline: Duration,
        reporter: ReporterId,
        producer: Uuid,
    ) -> Result<Self, ClientError> {
        let mut stream = Self {
            stub,
            deadline,
            reporter,
            producer,
            log_id: LogId::from_bytes([0; 16]),
            epoch: 0,
            last_sequence: 0,
            most_bytes: 0,
            most_batches: 0,
            unanswered: VecDeque::new(),
            unanswered_bytes: 0,
            answers: VecDeque::new(),
            connection: None,
        };
        stream.within_deadline(false).await?;
        Ok(stream)
    }

    /// The number of the last batch: when the stream was opened, the last one of the producer, from an earlier process too.
    #[must_use]
    pub const fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// The producer's epoch: how often a stream of it was opened.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many batches have no answer yet.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Sends a batch of 1 to 16,384 rows, and gives its number. Waits for answers while too much is unanswered; an error of that
    /// wait means that the batch was not taken.
    pub async fn send(&mut self, batch: &Batch) -> Result<u64, ClientError> {
        let events = Bytes::from(encode_batch(batch));
        let bytes = events.len() as u64;
        if bytes > self.most_bytes {
            return Err(too_large(bytes, self.most_bytes));
        }
        while self.unanswered.len() >= self.most_batches || self.unanswered_bytes + bytes > self.most_bytes {
            self.within_deadline(true).await?;
        }
        self.last_sequence += 1;
        self.unanswered_bytes += bytes;
        self.unanswered.push_back(StreamBatch {
            sequence: self.last_sequence,
            events,
        });
        if let Some(connection) = &mut self.connection {
            connection.send(self.unanswered.iter());
        }
        Ok(self.last_sequence)
    }

    /// What became of the oldest batch that was not told yet; `None` when all are.
    pub async fn next_answer(&mut self) -> Result<Option<StreamAnswer>, ClientError> {
        while self.answers.is_empty() && !self.unanswered.is_empty() {
            self.within_deadline(true).await?;
        }
        Ok(self.answers.pop_front())
    }

    /// What became of the oldest batch that was not told yet, if its answer has come.
    fn answered(&mut self) -> Option<StreamAnswer> {
        self.answers.pop_front()
    }

    /// Connects if there is no connection, and waits for an answer if one is wanted. What a later attempt can mend is tried again
    /// until the deadline; the batches stay.
    async fn within_deadline(&mut self, answer: bool) -> Result<(), ClientError> {
        let deadline = Instant::now() + self.deadline;
        let mut pauses = Pauses::default();
        loop {
            let failure = match timeout_at(deadline, self.exchange(answer)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failure)) => failure,
                Err(_) => return Err(ClientError::DeadlineExceeded { after: self.deadline }),
            };
            self.connection = None;
            let next = Instant::now() + failure.retry_after.unwrap_or_else(|| pauses.next());
            if !failure.passing || next >= deadline {
                return Err(failure.error);
            }
            sleep_until(next).await;
        }
    }

    async fn exchange(&mut self, answer: bool) -> Result<(), Failure> {
        if self.connection.is_none() {
            let hello = pb::StreamHello {
                reporter: self.reporter.to_string(),
                producer_id: self.producer.to_string(),
                epoch: self.epoch,
            };
            let opened = Connection::open(self.stub.clone(), hello).await;
            let (connection, welcome) = opened.map_err(Failure::of)?;
            self.welcomed(&welcome).map_err(unreadable)?;
            self.connection = Some(connection);
        }
        if let Some(connection) = &mut self.connection {
            connection.send(self.unanswered.iter());
            if answer {
                let answered = connection.answer().await.map_err(Failure::of)?;
                self.take(answered);
            }
        }
        Ok(())
    }

    fn welcomed(&mut self, welcome: &pb::StreamWelcome) -> Result<(), AnswerError> {
        let pb::StreamWelcome {
            log_id: log,
            epoch,
            last_sequence,
            credit_bytes,
            credit_batches,
        } = welcome;
        let found = log_id(log)?;
        if self.epoch == 0 {
            self.log_id = found;
            self.last_sequence = *last_sequence;
        } else if found != self.log_id {
            // what was acknowledged is not there
            return Err(AnswerError::Malformed {
                field: "log_id",
                text: log.clone(),
            });
        }
        self.epoch = *epoch;
        self.most_bytes = *credit_bytes;
        self.most_batches = usize::try_from(*credit_batches).unwrap_or(usize::MAX).max(1);
        Ok(())
    }

    fn take(&mut self, answered: Answered) {
        match answered {
            Answered::Ack(ack) => {
                let at = self.at(ack.revision);
                while let Some(sequence) = self.pop_through(ack.sequence) {
                    self.answers.push_back(StreamAnswer::Recorded { sequence, at });
                }
            }
            Answered::Refusal(refusal) => {
                let at = self.at(refusal.revision);
                if let Some(sequence) = self.pop_through(refusal.sequence) {
                    self.answers.push_back(StreamAnswer::Refused {
                        sequence,
                        at,
                        mistakes: refusal.mistakes.into_iter().map(mistake).collect(),
                        rejected_count: refusal.rejected_count.unwrap_or_default().unsigned_abs(),
                    });
                }
            }
        }
    }

    const fn at(&self, revision: u64) -> RecordedAt {
        RecordedAt {
            revision: Revision(revision),
            log_id: self.log_id,
        }
    }

    /// Takes the oldest batch out if the answer is about it.
    fn pop_through(&mut self, sequence: u64) -> Option<u64> {
        let oldest = self.unanswered.pop_front_if(|oldest| oldest.sequence <= sequence)?;
        self.unanswered_bytes -= oldest.events.len() as u64;
        if let Some(connection) = &mut self.connection {
            connection.forget(1);
        }
        Some(oldest.sequence)
    }
}

fn unreadable(error: AnswerError) -> Failure {
    Failure {
        error: ClientError::Answer(error),
        passing: false,
        retry_after: None,
    }
}

fn too_large(bytes: u64, most: u64) -> ClientError {
    ClientError::Refused {
        code: Code::ResourceExhausted,
        reason: "CREDIT_EXCEEDED".to_owned(),
        message: format!("the batch has {bytes} bytes, and the service takes at most {most}; split it"),
        violations: Vec::new(),
    }
}
