//! Pages: how many results, from where on, and the token of the next one.
//!
//! A token is bound to the request without its page fields, to the log and to the revision: all pages of an answer are
//! read at one revision, whatever is recorded in the meantime.

use almanac_model::{LogId, Revision};
use almanac_wire::pb::query as pb;
use almanac_wire::{PageToken, PageTokenError};
use prost::Message;

use crate::mistakes::Mistakes;
use crate::reason;
use crate::replica::Moment;

/// A request whose answer comes in pages.
pub(crate) trait Paged: Message + Clone {
    /// How many results a page has when the request does not say it.
    const DEFAULT: usize;
    /// How many it has at most.
    const MOST: usize;

    fn page_size(&self) -> i32;
    fn page_token(&self) -> &str;
    /// The field that has `read_at`, when it is not the request itself.
    const PARENT: Option<&'static str> = None;

    fn read_at(&self) -> Option<&pb::ReadAt>;
    /// The request as tokens are bound to it.
    fn question(&self, log: LogId) -> Self;
}

macro_rules! paged {
    ($($request:ident: $default:literal, $most:literal;)+) => {$(
        impl Paged for pb::$request {
            const DEFAULT: usize = $default;
            const MOST: usize = $most;

            fn page_size(&self) -> i32 {
                self.page_size
            }

            fn page_token(&self) -> &str {
                &self.page_token
            }

            fn read_at(&self) -> Option<&pb::ReadAt> {
                self.read_at.as_ref()
            }

            fn question(&self, log: LogId) -> Self {
                let mut question = self.clone();
                question.page_size = 0;
                question.page_token = String::new();
                question.read_at = Some(bound(self.read_at.as_ref(), log));
                question
            }
        }
    )+};
}

/// Requests for one figure of a question, which says at which state it is read.
macro_rules! paged_of_one {
    ($($request:ident: $default:literal, $most:literal;)+) => {$(
        impl Paged for pb::$request {
            const DEFAULT: usize = $default;
            const MOST: usize = $most;
            const PARENT: Option<&'static str> = Some("query");

            fn page_size(&self) -> i32 {
                self.page_size
            }

            fn page_token(&self) -> &str {
                &self.page_token
            }

            fn read_at(&self) -> Option<&pb::ReadAt> {
                self.query.as_ref()?.read_at.as_ref()
            }

            fn question(&self, log: LogId) -> Self {
                let mut question = self.clone();
                question.page_size = 0;
                question.page_token = String::new();
                question.query = self.query.as_ref().map(|query| query.question(log));
                question
            }
        }
    )+};
}

/// The state that a token is bound to: the revision that a page waits for may differ from page to page, its log may not.
fn bound(read_at: Option<&pb::ReadAt>, log: LogId) -> pb::ReadAt {
    pb::ReadAt {
        as_of: read_at.and_then(|read_at| read_at.as_of.clone()),
        min_revision: 0,
        log_id: log.to_string(),
    }
}

paged! {
    QueryIndicatorsRequest: 1_000, 10_000;
    GetCompletenessRequest: 1_000, 10_000;
    CheckRulesRequest: 1_000, 10_000;
    ListIndicatorsRequest: 100, 1_000;
    ListMetricsRequest: 100, 1_000;
    ListAreasRequest: 100, 1_000;
    ListDimensionsRequest: 100, 1_000;
    ListCalendarsRequest: 100, 1_000;
}

paged_of_one! {
    ExplainFigureRequest: 1_000, 5_000;
    ListVintagesRequest: 100, 1_000;
}

/// A part of the results.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Page {
    /// How many results come before it.
    pub(crate) offset: usize,
    /// How many it has at most.
    pub(crate) limit: usize,
}

/// How many results a page of this request has at most.
pub(crate) fn limit<R: Paged>(request: &R, mistakes: &mut Mistakes) -> usize {
    match usize::try_from(request.page_size()) {
        Ok(0) => R::DEFAULT,
        Ok(size) => size.min(R::MOST),
        Err(_) => {
            mistakes.add("page_size", reason::PAGE_SIZE_NEGATIVE, || {
                format!(
                    "{} is negative; leave it out for {} results, or give up to {}",
                    request.page_size(),
                    R::DEFAULT,
                    R::MOST
                )
            });
            R::DEFAULT
        }
    }
}

/// Where the request's page begins and at which revision it is read; `None` for a first page.
pub(crate) fn continued<R: Paged>(request: &R, log: LogId, mistakes: &mut Mistakes) -> Option<(Revision, usize)> {
    if request.page_token().is_empty() {
        return None;
    }
    match PageToken::decode(request.page_token(), &request.question(log)) {
        Ok(token) => Some((token.revision, usize::try_from(token.offset).unwrap_or(usize::MAX))),
        Err(error @ (PageTokenError::Malformed | PageTokenError::OtherQuestion)) => {
            mistakes.add("page_token", reason::MALFORMED_PAGE_TOKEN, || error.to_string());
            None
        }
    }
}

/// The token of the page that begins at an offset; empty when there is none.
pub(crate) fn next_token<R: Paged>(request: &R, moment: &Moment, next: Option<usize>) -> String {
    next.map_or_else(String::new, |offset| {
        PageToken::new(&request.question(moment.log), moment.revision, offset as u64).encode()
    })
}
