//! Events put into columns and sent in batches.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use almanac_model::{Batch, BatchSeries, Status};
use tokio::time::Instant;

use super::{EventStream, RowMistake, StreamAnswer};
use crate::{ClientError, RecordedAt};

/// So often, in rows, the clock is read.
const ROWS_A_LOOK: usize = 256;

/// When a batch is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PackedOptions {
    /// With so many rows, 1 to 16,384. Default 8,192.
    pub rows: usize,
    /// When its oldest row waits for so long. Default 20 ms.
    pub delay: Duration,
}

impl Default for PackedOptions {
    fn default() -> Self {
        Self {
            rows: 8192,
            delay: Duration::from_millis(20),
        }
    }
}

/// A series of one writer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SeriesId(usize);

/// A batch of which nothing was recorded, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedBatch {
    /// Its rows. The good ones may be written again.
    pub batch: Batch,
    /// What is wrong: at most 100 mistakes, by row.
    pub mistakes: Vec<RowMistake>,
    /// How many rows are wrong; 0 when the batch as a whole is.
    pub rejected_count: u32,
}

/// Writes many events of few series: each is some numbers in the columns of a batch, and batches go out on an [`EventStream`].
///
/// [`Self::push`] waits only while the service takes no more. A batch goes out when it is full, when its oldest row is old enough
/// and another one comes, and with [`Self::send_waiting`], for which [`Self::due`] tells the time: nothing goes on by itself.
/// [`Self::flush`] waits until everything is on disk.
#[derive(Debug)]
pub struct PackedWriter {
    stream: EventStream,
    options: PackedOptions,
    known: Vec<Known>,
    places: HashMap<BatchSeries, SeriesId>,
    columns: Columns,
    due: Option<Instant>,
    /// Batches without an answer, from the oldest, by number.
    unanswered: VecDeque<(u64, Batch)>,
    refused: Vec<RefusedBatch>,
    recorded: Option<RecordedAt>,
}

/// A series, and where it is in the table of the batch that is being filled.
#[derive(Debug)]
struct Known {
    series: BatchSeries,
    place: Option<u32>,
}

#[derive(Debug, Default)]
struct Columns {
    table: Vec<SeriesId>,
    series_index: Vec<u32>,
    period: Vec<i32>,
    value: Vec<i64>,
    status: Vec<u32>,
}

impl PackedWriter {
    /// A writer on a stream that has nothing unanswered.
    #[must_use]
    pub fn new(stream: EventStream, options: PackedOptions) -> Self {
        Self {
            stream,
            options,
            known: Vec::new(),
            places: HashMap::new(),
            columns: Columns::default(),
            due: None,
            unanswered: VecDeque::new(),
            refused: Vec::new(),
            recorded: None,
        }
    }

    /// Names a series, so that it is looked up once and not with each of its rows. The same series has one id.
    pub fn series(&mut self, series: BatchSeries) -> SeriesId {
        let next = SeriesId(self.known.len());
        *self.places.entry(series).or_insert_with_key(|series| {
            self.known.push(Known {
                series: series.clone(),
                place: None,
            });
            next
        })
    }

    /// Adds an event: the ordinal of its period in the series' granularity, its value in units of `10^-decimals` of the series (0
    /// when the status says that there is none), and its status. An error means that the rows before it could not be sent, and that it was
    /// not taken.
    ///
    /// # Panics
    ///
    /// When the series is of another writer that named more.
    pub async fn push(&mut self, series: SeriesId, period: i32, value: i64, status: Status) -> Result<(), ClientError> {
        if self.is_due() {
            self.send_waiting().await?;
        }
        self.add(series, period, value, status);
        Ok(())
    }

    /// When the rows that wait should go out; `None` when none waits.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Sends the rows that wait. After an error they are still there.
    pub async fn send_waiting(&mut self) -> Result<(), ClientError> {
        if let Some(batch) = self.waiting() {
            let sequence = self.stream.send(&batch).await?;
            self.unanswered.push_back((sequence, batch));
            self.clear();
        }
        while let Some(answer) = self.stream.answered() {
            self.take(answer);
        }
        Ok(())
    }

    /// Sends the rows that wait, and waits until everything is answered. Gives where the last recorded rows are, from the
    /// beginning of the writer.
    pub async fn flush(&mut self) -> Result<Option<RecordedAt>, ClientError> {
        self.send_waiting().await?;
        while let Some(answer) = self.stream.next_answer().await? {
            self.take(answer);
        }
        Ok(self.recorded)
    }

    /// The batches that were refused since this was last asked: of what was answered by now, so ask after [`Self::flush`].
    pub fn take_refused(&mut self) -> Vec<RefusedBatch> {
        std::mem::take(&mut self.refused)
    }
}

impl PackedWriter {
    fn is_due(&self) -> bool {
        let rows = self.columns.value.len();
        let looks = rows.is_multiple_of(ROWS_A_LOOK);
        rows >= self.options.rows || looks && self.due.is_some_and(|due| due <= Instant::now())
    }

    fn add(&mut self, series: SeriesId, period: i32, value: i64, status: Status) {
        let Columns {
            table, series_index, ..
        } = &mut self.columns;
        let next = u32::try_from(table.len()).unwrap_or(u32::MAX);
        let place = *self.known[series.0].place.get_or_insert_with(|| {
            table.push(series);
            next
        });
        series_index.push(place);
        self.columns.period.push(period);
        self.columns.value.push(value);
        self.columns.status.push(u32::from(status.bits()));
        if self.due.is_none() {
            self.due = Some(Instant::now() + self.options.delay);
        }
    }

    /// The rows that wait, as a batch.
    fn waiting(&self) -> Option<Batch> {
        let Columns {
            table,
            series_index,
            period,
            value,
            status,
        } = &self.columns;
        let table = table.iter().map(|series| self.known[series.0].series.clone());
        let batch = Batch::new(
            table.collect(),
            series_index.clone(),
            period.clone(),
            value.clone(),
            status.clone(),
            Vec::new(),
        );
        // the columns were filled together, from statuses and from places of the table
        batch.ok().filter(|batch| !batch.is_empty())
    }

    fn clear(&mut self) {
        let Columns {
            table,
            series_index,
            period,
            value,
            status,
        } = &mut self.columns;
        for series in table.drain(..) {
            self.known[series.0].place = None;
        }
        series_index.clear();
        period.clear();
        value.clear();
        status.clear();
        self.due = None;
    }

    fn take(&mut self, answer: StreamAnswer) {
        let (StreamAnswer::Recorded { sequence, .. } | StreamAnswer::Refused { sequence, .. }) = &answer;
        let sequence = *sequence;
        let answered = self.unanswered.pop_front_if(|(of, _)| *of == sequence);
        match answer {
            StreamAnswer::Recorded { at, .. } => self.recorded = Some(at),
            StreamAnswer::Refused {
                mistakes,
                rejected_count,
                ..
            } => self.refused.extend(answered.map(|(_, batch)| RefusedBatch {
                batch,
                mistakes,
                rejected_count,
            })),
        }
    }
}
