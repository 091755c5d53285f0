//! A client that writes numbered requests as batches of a stream, through whatever happens to its connection.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use almanac_client::{ClientError, EventStream, IngestClient, StreamAnswer};
use almanac_model::ReporterId;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ledger::{Ledger, Way};
use crate::{Fault, powerloss};

/// So many of its batches may have no answer.
const UNANSWERED: usize = 12;
/// What a producer is told whose stream was opened a second time.
const FENCED: &str = "PRODUCER_FENCED";

/// A producer and what it does not know the answer to. A method that is given up half-way leaves it as it was.
pub struct StreamWriter {
    client: IngestClient,
    reporter: ReporterId,
    producer: Uuid,
    ledger: Ledger,
    journal: Journal,
    pace: Duration,
    stream: Option<EventStream>,
}

/// What a producer does not know the answer to. Whoever goes on with it is the same producer. Clones are the same journal.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// Sequences and numbers of the batches without an answer. A number keeps its sequence, in whichever epoch it is sent.
    unanswered: VecDeque<(u64, u32)>,
    /// A number that was not sent yet.
    next: Option<u32>,
}

impl Journal {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StreamWriter {
    /// A producer that goes on with what its journal says.
    pub fn new(client: IngestClient, producer: u64, ledger: &Ledger, journal: Journal) -> Result<Self, Fault> {
        Ok(Self {
            client,
            reporter: powerloss::REPORTER.parse()?,
            producer: Uuid::from_u64_pair(producer, !producer),
            ledger: ledger.clone(),
            journal,
            pace: Duration::ZERO,
            stream: None,
        })
    }

    /// The same, resting so long after each batch.
    #[must_use]
    pub fn with_pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Writes until told to stop. Each acknowledgement is told.
    pub async fn write_until(
        &mut self,
        stop: &CancellationToken,
        tell: &mpsc::UnboundedSender<()>,
    ) -> Result<(), Fault> {
        match stop.run_until_cancelled(self.write_on(tell)).await {
            Some(Err(fault)) => Err(fault),
            None => Ok(()),
        }
    }

    async fn write_on(&mut self, tell: &mpsc::UnboundedSender<()>) -> Result<Infallible, Fault> {
        loop {
            let outcome = self.write().await;
            for _ in 0..self.settled(outcome)? {
                // nobody listens once the moment has come
                let _late = tell.send(());
            }
            if !self.pace.is_zero() {
                sleep(self.pace).await;
            }
        }
    }

    /// Hears the answers to all that was sent.
    pub async fn finish(&mut self) -> Result<(), Fault> {
        while !self.journal.entries().unanswered.is_empty() {
            let outcome = self.hear().await;
            self.settled(outcome)?;
        }
        Ok(())
    }

    /// Sends the next request, or hears an answer when enough is unanswered. Gives how many were acknowledged.
    async fn write(&mut self) -> Result<usize, Failed> {
        let number = {
            let mut entries = self.journal.entries();
            (entries.unanswered.len() < UNANSWERED)
                .then(|| *entries.next.get_or_insert_with(|| self.ledger.send_next(Way::Streamed)))
        };
        let Some(number) = number else {
            return self.hear().await;
        };
        let sequence = self.opened().await?.send(&powerloss::batch(number)?).await?;
        let mut entries = self.journal.entries();
        entries.unanswered.push_back((sequence, number));
        entries.next = None;
        Ok(0)
    }

    /// The stream. If it is not open, it is opened in a new epoch, in which what has no answer is sent again.
    async fn opened(&mut self) -> Result<&mut EventStream, Failed> {
        if self.stream.is_none() {
            self.stream = Some(self.open().await?);
        }
        self.stream
            .as_mut()
            .ok_or_else(|| Failed::Fault("the stream is open".into()))
    }

    async fn open(&mut self) -> Result<EventStream, Failed> {
        let mut stream = self.client.stream(&self.reporter, self.producer).await?;
        // what an earlier epoch decided is on disk, at a revision that nobody told
        let unanswered = {
            let mut entries = self.journal.entries();
            while let Some((_, number)) =
                (entries.unanswered).pop_front_if(|(sequence, _)| *sequence <= stream.last_sequence())
            {
                self.ledger.acknowledged(number, u64::MAX);
            }
            entries.unanswered.clone()
        };
        for (sequence, number) in unanswered {
            let again = stream.send(&powerloss::batch(number)?).await?;
            if again != sequence {
                return Err(Failed::Fault(
                    format!("batch {sequence} is {again} in the next epoch").into(),
                ));
            }
        }
        Ok(stream)
    }

    async fn hear(&mut self) -> Result<usize, Failed> {
        let answer = self.opened().await?.next_answer().await?;
        let oldest = self.journal.entries().unanswered.pop_front();
        match answer {
            // an earlier epoch decided them all
            None if oldest.is_none() => Ok(0),
            Some(StreamAnswer::Recorded { sequence, at }) => match oldest {
                Some((expected, number)) if expected == sequence => {
                    self.ledger.acknowledged(number, at.revision.0);
                    Ok(1)
                }
                other => Err(Failed::Fault(
                    format!("batch {sequence} is answered where {other:?} is next").into(),
                )),
            },
            other => Err(Failed::Fault(format!("a batch is answered with {other:?}").into())),
        }
    }

    /// What is wrong with a connection passes; a fenced stream is opened again.
    fn settled(&mut self, outcome: Result<usize, Failed>) -> Result<usize, Fault> {
        match outcome {
            Ok(acknowledged) => Ok(acknowledged),
            Err(Failed::Fault(fault)) => Err(fault),
            Err(Failed::Client(error)) => match error {
                ClientError::Refused { reason, .. } if reason == FENCED => {
                    self.stream = None;
                    Ok(0)
                }
                ClientError::Transport(_) | ClientError::Unavailable { .. } | ClientError::DeadlineExceeded { .. } => {
                    Ok(0)
                }
                other => Err(other.into()),
            },
        }
    }
}

/// Why nothing was written.
enum Failed {
    Client(ClientError),
    Fault(Fault),
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
