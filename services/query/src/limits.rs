//! Every limit of the query service, with its reason.

use std::time::Duration;

use almanac_cube::WindowSize;

/// Comparisons in one question: each figure is computed once more for each.
pub(crate) const COMPARISONS: usize = 8;
/// Keys of one order: there are not many more that differ.
pub(crate) const ORDER_KEYS: usize = 32;

/// Indicators in one question: an annual review has some dozens.
pub(crate) const INDICATORS: usize = 100;

/// Formulas that come with one question.
pub(crate) const FORMULAS: usize = 20;

/// Areas in one question: all communes of the country are about ten thousand.
pub(crate) const AREAS: usize = 10_000;

/// Reporters in one question: every commune of a province may be one.
pub(crate) const REPORTERS: usize = 1_000;

/// Counts of one answer about completeness; with the reports of a page they fit a message.
pub(crate) const SUMMARIES: usize = 10_000;

/// Expected reports that are looked at without letting go of the replica.
pub(crate) const REPORTS_AT_ONCE: usize = 10_000;

/// Metrics and periods whose expected reports are looked at without letting go of the replica.
pub(crate) const UNITS_AT_ONCE: usize = 1_000;

/// Rules in one question: a catalogue has some hundreds, declared ranges included.
pub(crate) const RULES: usize = 1_000;

/// Checks of one page. The proto file promises it.
pub(crate) const CHECKS: usize = 10_000;

/// Findings of rules that are told before the size of a page is looked at: a sentence with two formulas may be long.
pub(crate) const FINDINGS_AT_ONCE: usize = 100;

/// Figures that are looked up for checks without letting go of the replica.
pub(crate) const CHECKED_FIGURES_AT_ONCE: usize = 1_000;

/// Periods in one question, after cutting: ten thousand days are 27 years.
pub(crate) const PERIODS: usize = 10_000;

/// Dimensions that a question breaks down by or filters. No metric has more.
pub(crate) const DIMENSIONS: usize = 16;

/// Codes of one filter.
pub(crate) const CODES: usize = 1_000;

/// The mistakes of a request that are put into words. A status holds some dozens, and looking for the nearest names of
/// ten thousand wrong ones would take minutes.
pub(crate) const MISTAKES: usize = 50;

/// The longest text for which a nearest name is looked for: ids are not longer.
pub(crate) const NAME_BYTES: usize = 64;

/// Figures that are computed without letting go of the replica, so that a record that arrives never waits long.
pub(crate) const FIGURES_AT_ONCE: usize = 1_000;

/// ... and fewer, where more than these are wanted and others can be computed at the same time.
pub(crate) const FIGURES_IN_PART: usize = 500;

/// Revisions at which a figure may have changed; it is computed at each of them.
pub(crate) const REVISIONS: usize = 10_000;

/// Revisions at which a figure is computed without letting go of the replica.
pub(crate) const REVISIONS_AT_ONCE: usize = 100;

/// So few figures are computed where the call is, in some hundred microseconds; more on a thread of their own.
pub(crate) const FIGURES_INLINE: usize = 100;

/// Where a page of figures ends before it has `page_size` of them: gRPC clients take 4 MiB unless told otherwise.
pub(crate) const PAGE_BYTES: usize = 3_500_000;

/// Figures of one watch: each is computed again at every revision.
pub(crate) const WATCHED_FIGURES: usize = 10_000;

/// Without a change a watch says this often how far it is. The proto file promises "every few seconds".
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_secs(3);

/// Messages of a stream that wait for the connection: one is sent while the next is computed.
pub(crate) const MESSAGES_WAITING: usize = 1;

/// How long a call without a deadline waits for a revision. The proto file promises it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The most time before a client's deadline at which waiting ends, so that the answer says why before the client hangs up.
pub(crate) const DEADLINE_MARGIN: Duration = Duration::from_millis(100);

/// When to try again after a revision did not come: about the time of one progress message of the log.
pub(crate) const RETRY_AFTER_LAG: Duration = Duration::from_secs(1);

/// When to try again when this replica has stopped for good: the time in which a balancer sends the call elsewhere.
pub(crate) const RETRY_AFTER_HALT: Duration = Duration::from_secs(10);

/// The largest message of the log: a record of 16 MiB and what is around it.
pub(crate) const LOG_MESSAGE_BYTES: usize = 17 << 20;

/// A record longer than this is decoded and applied on a thread of its own.
pub(crate) const RECORD_INLINE_BYTES: usize = 64 << 10;

/// The log says something every second; after this silence the connection is taken for dead.
pub(crate) const LOG_SILENCE: Duration = Duration::from_secs(5);

/// The time a connection to the log has to be made.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The first pause before connecting again. It doubles up to [`BACKOFF_MOST`].
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_millis(50);

/// The longest pause before connecting again.
pub(crate) const BACKOFF_MOST: Duration = Duration::from_secs(2);

/// A checkpoint is written when so many revisions are new: after a crash no more than these are read from the log, of single events
/// some 200,000 a second. Fewer would have a large checkpoint written every few seconds while single events come.
pub(crate) const CHECKPOINT_REVISIONS: u64 = 500_000;

/// ... or so many bytes of records.
pub(crate) const CHECKPOINT_BYTES: u64 = 256 << 20;

/// ... or when there is anything new after this time.
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_mins(5);

/// After a checkpoint, writing rests for so many times as long as it took: it never takes more than a twentieth of one core.
pub(crate) const CHECKPOINT_REST: u32 = 19;

/// After a checkpoint could not be written, the next attempt waits so long.
pub(crate) const CHECKPOINT_RETRY: Duration = Duration::from_secs(30);

/// Checkpoints that are kept: the newest, and the one before in case that the newest cannot be read.
pub(crate) const CHECKPOINTS: usize = 2;

/// The largest block of a checkpoint: more than the largest record, so that a version of the catalogue fits in one.
pub(crate) const CHECKPOINT_BLOCK_BYTES: usize = 64 << 20;

/// Record times in one block of a checkpoint, and releases in another.
pub(crate) const CHECKPOINT_ITEMS: usize = 8 << 10;

/// What a checkpoint is read and written through, so that a system call is worth its cost.
pub(crate) const CHECKPOINT_BUFFER_BYTES: usize = 256 << 10;

/// Snapshots that are given at one time: each holds a thread, and a state of the replica while others come.
pub(crate) const SNAPSHOTS: usize = 2;

/// Another replica that asks for one more is told to come back after so long.
pub(crate) const SNAPSHOT_RETRY: Duration = Duration::from_secs(10);

/// The bytes of a snapshot in one message.
pub(crate) const SNAPSHOT_CHUNK_BYTES: usize = 256 << 10;

/// Messages of a snapshot that wait for the network on one side, and for the reader on the other.
pub(crate) const SNAPSHOT_CHUNKS_WAITING: usize = 4;

/// A replica that is so many revisions behind takes a snapshot, where it may, rather than each of them.
pub(crate) const SNAPSHOT_BEHIND: u64 = 1_000_000;

/// How much effort zstd makes for a checkpoint: the least. The 15,330,000 values of a year of `almanac bench` come to 22 MB.
pub(crate) const CHECKPOINT_EFFORT: i32 = 1;

/// Heads of the log that are remembered until they are applied, to tell how old a state is.
pub(crate) const HEADS: usize = 64;

/// A head is remembered when it comes so long after the one before: by that much an age is too large at most, as long as
/// few are waited for.
pub(crate) const HEAD_EVERY: Duration = Duration::from_millis(100);

/// With a limit to the lag, it is looked at this often even when nothing is heard.
pub(crate) const LAG_CHECK_EVERY: Duration = Duration::from_millis(500);

/// Of tallies it is kept what the newest so many revisions did to them: as many as come while somebody pages through an answer.
/// Most have one event; a million changes take some hundred megabytes.
pub(crate) const TALLIES: WindowSize = WindowSize {
    revisions: 10_000,
    changes: 1_000_000,
};

/// Earlier states of tallies that are read from the log at one time: each takes a core.
pub(crate) const PASTS_AT_ONCE: usize = 1;

/// Such states that are kept for the next question: each is as large as all tallies.
pub(crate) const PASTS: usize = 2;

/// How long one is kept that nobody asks for.
pub(crate) const PAST_KEPT: Duration = Duration::from_mins(10);

/// Bytes of records that are applied together to such a state.
pub(crate) const PAST_BYTES: usize = 1 << 20;
