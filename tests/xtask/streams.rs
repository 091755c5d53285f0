//! A client that writes numbered requests as batches of a stream, through whatever happens to its connection.

use std::collections::VecDeque;
use std::convert::Infallible;

use almanac_client::{ClientError, EventStream, IngestClient, StreamAnswer};
use almanac_model::ReporterId;
use almanac_tests::powerloss;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::ledger::{Ledger, Way};
use crate::{Fault, Outcome};

/// So many of its batches may have no answer.
const UNANSWERED: usize = 12;
/// What a producer is told whose stream was opened a second time.
const FENCED: &str = "PRODUCER_FENCED";

/// A producer and what it does not know the answer to. A method that is given up half-way leaves it as it was.
pub(crate) struct StreamWriter {
    client: IngestClient,
    reporter: ReporterId,
    producer: Uuid,
    ledger: Ledger,
    stream: Option<EventStream>,
    /// Sequences and numbers of the batches without an answer. A number keeps its sequence, in whichever epoch it is sent.
    unanswered: VecDeque<(u64, u32)>,
    /// A number that was not sent yet.
    next: Option<u32>,
}

impl StreamWriter {
    pub(crate) fn new(client: IngestClient, producer: u64, ledger: &Ledger) -> Result<Self, Fault> {
        Ok(Self {
            client,
            reporter: powerloss::REPORTER.parse()?,
            producer: Uuid::from_u64_pair(producer, !producer),
            ledger: ledger.clone(),
            stream: None,
            unanswered: VecDeque::new(),
            next: None,
        })
    }

    /// Writes until told to stop. Each acknowledgement is told.
    pub(crate) async fn write_until(&mut self, stop: &CancellationToken, tell: &mpsc::UnboundedSender<()>) -> Outcome {
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
        }
    }

    /// Hears the answers to all that was sent.
    pub(crate) async fn finish(&mut self) -> Outcome {
        while !self.unanswered.is_empty() {
            let outcome = self.hear().await;
            self.settled(outcome)?;
        }
        Ok(())
    }

    /// Sends the next request, or hears an answer when enough is unanswered. Gives how many were acknowledged.
    async fn write(&mut self) -> Result<usize, Failed> {
        if self.unanswered.len() >= UNANSWERED {
            return self.hear().await;
        }
        let number = self.next.unwrap_or_else(|| self.ledger.send_next(Way::Streamed));
        self.next = Some(number);
        let sequence = self.opened().await?.send(&powerloss::batch(number)?).await?;
        self.unanswered.push_back((sequence, number));
        self.next = None;
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
        while let Some((_, number)) = self
            .unanswered
            .pop_front_if(|(sequence, _)| *sequence <= stream.last_sequence())
        {
            self.ledger.acknowledged(number, u64::MAX);
        }
        for (sequence, number) in &self.unanswered {
            let again = stream.send(&powerloss::batch(*number)?).await?;
            if again != *sequence {
                return Err(Failed::Fault(
                    format!("batch {sequence} is {again} in the next epoch").into(),
                ));
            }
        }
        Ok(stream)
    }

    async fn hear(&mut self) -> Result<usize, Failed> {
        match self.opened().await?.next_answer().await? {
            // an earlier epoch decided them all
            None if self.unanswered.is_empty() => Ok(0),
            Some(StreamAnswer::Recorded { sequence, at }) => match self.unanswered.pop_front() {
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
