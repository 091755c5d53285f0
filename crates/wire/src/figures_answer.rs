//! An answer of figures that stay as they are sent.

use bytes::Bytes;

use crate::pb::query::AnsweredAt;
use crate::pb::shared::FigureBatch;

/// `almanac.query.v1.QueryIndicatorsResponse` and, with `columns`, `almanac.query.v1.StreamIndicatorsResponse`. Its figures are kept
/// encoded: the service writes them without a message for each, and a client reads most of them in place.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FiguresAnswer {
    /// The figures: the bytes of a [`Figure`](crate::pb::shared::Figure) each. See [`encode_figures`](crate::encode_figures) and
    /// [`decode_figures`](crate::decode_figures).
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub figures: Vec<Bytes>,
    /// At which state of the log.
    #[prost(message, optional, tag = "2")]
    pub answered_at: Option<AnsweredAt>,
    /// Where the next page begins; empty on the last one.
    #[prost(string, tag = "3")]
    pub next_page_token: String,
    /// What each text of the request's periods stood for.
    #[prost(string, repeated, tag = "4")]
    pub resolved_periods: Vec<String>,
    /// The figures in columns. Always `None` in answers of one message.
    #[prost(message, optional, tag = "5")]
    pub columns: Option<FigureBatch>,
}
