//! Figures as they come, for answers that are large.

use almanac_model::Figure;
use almanac_wire::pb::query as pb;
use almanac_wire::{Calendars, FiguresAnswer, decode_figures, figures_from_batch};
use bytes::Bytes;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::convert::{answered_at, calendars, resolved};
use crate::error::Failure;
use crate::{AnswerError, ClientError, Figures, QueryClient};

/// In which form figures cross the network. They are the same in both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum FigureForm {
    /// A message for each: what a person reads on the way.
    Figures,
    /// Columns: a fraction of the bytes, and of the work on both sides.
    #[default]
    Columns,
}

/// Figures as they come. Begun by [`crate::IndicatorsQuestion::stream`].
///
/// All of them are of one revision. When the connection breaks, the stream goes on by itself after the last figure that came,
/// at the same revision; a second break before another figure comes ends it.
#[derive(Debug)]
pub struct FigureStream {
    client: QueryClient,
    /// The question for what has not come yet.
    request: pb::StreamIndicatorsRequest,
    messages: Streaming<FiguresAnswer>,
    /// A message came since the stream was begun the last time.
    came_forward: bool,
    is_over: bool,
}

impl FigureStream {
    pub(crate) async fn begin(
        client: QueryClient,
        question: pb::QueryIndicatorsRequest,
        form: FigureForm,
    ) -> Result<Self, ClientError> {
        let form = match form {
            FigureForm::Figures => pb::FigureForm::Figures,
            FigureForm::Columns => pb::FigureForm::Columns,
        };
        let request = pb::StreamIndicatorsRequest {
            query: Some(question),
            form: form.into(),
        };
        Ok(Self {
            messages: client.stream_indicators(&request).await?,
            client,
            request,
            came_forward: true,
            is_over: false,
        })
    }

    /// The figures of the next message, in the order of the question; `None` after the last ones. Each message has to come within
    /// the client's deadline.
    pub async fn next_figures(&mut self) -> Result<Option<Figures>, ClientError> {
        if self.is_over {
            return Ok(None);
        }
        let FiguresAnswer {
            figures,
            answered_at: at,
            next_page_token,
            resolved_periods,
            columns,
        } = self.next_message().await?;
        let calendars = calendars(at.as_ref())?;
        let figures = match columns {
            Some(columns) => figures_from_batch(columns, &calendars).map_err(AnswerError::from)?,
            None => one_by_one(&figures, &calendars)?,
        };
        self.is_over = next_page_token.is_empty();
        self.request.query.get_or_insert_default().page_token = next_page_token;
        let resolved = resolved_periods.iter().map(|text| resolved(text, &calendars));
        Ok(Some(Figures {
            figures,
            resolved_periods: resolved.collect::<Result<_, _>>()?,
            answered_at: answered_at(at)?,
        }))
    }

    /// The next message, of another connection when this one broke.
    async fn next_message(&mut self) -> Result<FiguresAnswer, ClientError> {
        loop {
            let after = self.client.deadline();
            let failure = match timeout(after, self.messages.message()).await {
                Ok(Ok(Some(message))) => {
                    self.came_forward = true;
                    return Ok(message);
                }
                // the last message says that it is the last
                Ok(Ok(None)) => Failure::of(Status::unavailable("the stream ended before the answer did")),
                Ok(Err(status)) => Failure::of(status),
                Err(_) => return Err(ClientError::DeadlineExceeded { after }),
            };
            if !failure.passing || !self.came_forward {
                return Err(failure.error);
            }
            self.came_forward = false;
            self.messages = self.client.stream_indicators(&self.request).await?;
        }
    }
}

fn one_by_one(encoded: &[Bytes], calendars: &Calendars) -> Result<Vec<Figure>, AnswerError> {
    let mut figures = Vec::new();
    decode_figures(encoded, calendars, &mut figures)?;
    Ok(figures)
}
