//! At which state of the log to read.

use almanac_model::{LogId, ReleaseName, Revision};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::timestamp_from_proto;
use jiff::Timestamp;

use crate::mistakes::{Mistakes, quoted};
use crate::reason;

/// At which state of the log to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadAt {
    /// The log that the revisions belong to, if the client says it.
    pub(crate) log_id: Option<LogId>,
    /// Nothing older than this.
    pub(crate) min_revision: Revision,
    /// Which state.
    pub(crate) as_of: AsOf,
}

/// Which state.
#[derive(Clone, Debug, Default)]
pub(crate) enum AsOf {
    /// The newest.
    #[default]
    Newest,
    /// After this revision. 0 is the empty log, which has no catalogue: a client that forgot to fill in the number is
    /// refused rather than given the newest figures.
    Revision(Revision),
    /// After the last revision recorded at or before this instant.
    Time(Timestamp),
    /// What this release froze.
    Release(ReleaseName),
}

impl ReadAt {
    /// This revision of this log.
    pub(crate) fn pinned(log: LogId, revision: Revision) -> Self {
        Self {
            log_id: Some(log),
            min_revision: Revision::EMPTY,
            as_of: AsOf::Revision(revision),
        }
    }

    /// What a request says; `None` when that is wrong.
    pub(crate) fn from_proto(read_at: Option<&pb::ReadAt>, mistakes: &mut Mistakes) -> Option<Self> {
        let Some(pb::ReadAt {
            as_of,
            min_revision,
            log_id,
        }) = read_at
        else {
            return Some(Self::default());
        };
        let log = log(log_id, mistakes);
        let as_of = state(as_of.as_ref(), mistakes);
        let right = log.is_some() || log_id.is_empty();
        as_of.filter(|_| right).map(|as_of| Self {
            log_id: log,
            min_revision: Revision(*min_revision),
            as_of,
        })
    }
}

fn log(text: &str, mistakes: &mut Mistakes) -> Option<LogId> {
    let id = text.parse().ok();
    if id.is_none() && !text.is_empty() {
        mistakes.add("read_at.log_id", reason::MALFORMED_LOG_ID, || {
            format!(
                "{} is no log id; give the log_id of an earlier answer, or none",
                quoted(text)
            )
        });
    }
    id
}

fn state(as_of: Option<&shared::AsOf>, mistakes: &mut Mistakes) -> Option<AsOf> {
    use shared::as_of::State;
    match as_of.and_then(|as_of| as_of.state.as_ref()) {
        None => Some(AsOf::Newest),
        Some(State::Revision(revision)) => Some(AsOf::Revision(Revision(*revision))),
        Some(State::Time(time)) => {
            let time = timestamp_from_proto(time);
            if time.is_none() {
                mistakes.add("read_at.as_of.time", reason::MALFORMED_TIME, || {
                    "is not an instant of the calendar; write it as 2018-01-31T17:00:00Z".to_owned()
                });
            }
            time.map(AsOf::Time)
        }
        Some(State::Release(name)) => {
            let parsed = name.parse();
            if let Err(error) = &parsed {
                let message = || format!("{} cannot be the name of a release; it {}", quoted(name), brief(error));
                mistakes.add("read_at.as_of.release", reason::MALFORMED_RELEASE_NAME, message);
            }
            parsed.ok().map(AsOf::Release)
        }
    }
}

fn brief(error: &almanac_model::IdError) -> String {
    match error {
        almanac_model::IdError::Empty { .. } => "is empty".to_owned(),
        almanac_model::IdError::TooLong { bytes } => format!("has {bytes} bytes"),
        almanac_model::IdError::Character {
            found, at, expected, ..
        } => {
            format!("has {found:?} at byte {at}; give {expected}")
        }
    }
}
