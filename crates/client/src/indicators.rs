//! A question for figures, put together step by step.

use std::fmt::Display;

use almanac_model::{Granularity, RankAmong, ReleaseName, Revision};
use almanac_wire::pb::query as pb;
use almanac_wire::{decode_figures, granularity_to_proto, rank_among_to_proto};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::convert::{answered_at, calendars, resolved};
use crate::query::filter;
use crate::{Against, AnswerError, ClientError, FigureForm, FigureStream, Figures, QueryClient, ReadAt, RecordedAt};

/// A question for figures. Begun by [`QueryClient::indicators`], answered by [`Self::fetch`], or by [`Self::stream`] where there
/// are many.
#[derive(Clone, Debug)]
#[must_use = "a question does nothing until it is fetched"]
pub struct IndicatorsQuestion<'a> {
    client: &'a QueryClient,
    request: pb::QueryIndicatorsRequest,
    read_at: ReadAt,
}

impl<'a> IndicatorsQuestion<'a> {
    pub(crate) fn new(client: &'a QueryClient, ids: impl IntoIterator<Item = impl Display>) -> Self {
        let request = pb::QueryIndicatorsRequest {
            indicators: ids.into_iter().map(|id| id.to_string()).collect(),
            ..pb::QueryIndicatorsRequest::default()
        };
        Self {
            client,
            request,
            read_at: ReadAt::newest(),
        }
    }

    /// Also for this area.
    pub fn area(mut self, area: impl Display) -> Self {
        self.request.areas.push(area.to_string());
        self
    }

    /// For all areas of a level that lie under an area at the end of each period. Instead of [`Self::area`].
    pub fn areas_under(mut self, area: impl Display, level: impl Display) -> Self {
        self.request.areas_under = area.to_string();
        self.request.level = level.to_string();
        self
    }

    /// Also for this period, `2017`, or for these, `2015..2017`; of a calendar, `health:2017-Q3`; in words, `last 12 months`.
    pub fn period(mut self, period: impl Display) -> Self {
        self.request.periods.push(period.to_string());
        self
    }

    /// The day that periods in words are counted from. Without it, that on which the revision of the answer was recorded.
    pub fn relative_to(mut self, day: Date) -> Self {
        self.request.relative_to = day.to_string();
        self
    }

    /// The periods cut into periods of this kind, in their own calendar.
    pub fn granularity(mut self, granularity: Granularity) -> Self {
        self.request.granularity = granularity_to_proto(granularity).into();
        self
    }

    /// Also broken down by this dimension or grouping of areas, or by `reporter`.
    pub fn group_by(mut self, dimension: impl Display) -> Self {
        self.request.group_by.push(dimension.to_string());
        self
    }

    /// Only these codes of a dimension or grouping of areas.
    pub fn filter(mut self, dimension: impl Display, codes: impl IntoIterator<Item = impl Display>) -> Self {
        self.request.filters.push(filter(dimension, codes));
        self
    }

    /// Restated on the boundaries of this day, and for areas of that day. Without it, figures are on the boundaries of
    /// each period's end.
    pub fn on_boundaries_of(mut self, day: Date) -> Self {
        self.request.on_boundaries_of = day.to_string();
        self
    }

    /// All areas as one sum, without those that lie under another one of them.
    pub fn combine_areas(mut self) -> Self {
        self.request.combine_areas = true;
        self
    }

    /// Every figure also against others: another period, or its target. They are in [`almanac_model::Figure::comparisons`] in
    /// this order.
    pub fn comparisons(mut self, comparisons: impl IntoIterator<Item = Against>) -> Self {
        let comparisons = comparisons.into_iter().map(Against::into_proto);
        self.request.comparisons.extend(comparisons);
        self
    }

    /// Each figure also as a part of a total: over a key that is grouped by, or over all areas of the question (`area`). It is
    /// in [`almanac_model::Figure::share`].
    pub fn share_of(mut self, of: impl Display) -> Self {
        self.request.share_of = of.to_string();
        self
    }

    /// In this order, `value desc, area`: inside each indicator, numbers inside each period. See the service's `order_by` for the
    /// keys there are.
    pub fn order_by(mut self, keys: impl Display) -> Self {
        self.request.order_by = keys.to_string();
        self
    }

    /// Only figures that are among so many first ones of their indicator and period, by the first number of [`Self::order_by`].
    /// Those equal to the last of them are there too.
    pub fn top(mut self, first: u16) -> Self {
        self.request.top = first.into();
        self
    }

    /// Each figure also with its position among those of other areas. It is in [`almanac_model::Figure::rank`].
    pub fn rank_among(mut self, among: RankAmong) -> Self {
        self.request.rank_among = rank_among_to_proto(among).into();
        self
    }

    /// All or nothing: a figure that lacks a part is missing instead of partial.
    pub fn strict(mut self) -> Self {
        self.request.strict = true;
        self
    }

    /// Nothing older than a write, see [`ReadAt::min_revision`].
    pub fn min_revision(mut self, write: impl Into<RecordedAt>) -> Self {
        self.read_at = self.read_at.min_revision(write);
        self
    }

    /// The state after a revision, see [`ReadAt::as_of_revision`].
    pub fn as_of_revision(mut self, revision: Revision) -> Self {
        self.read_at = self.read_at.as_of_revision(revision);
        self
    }

    /// The state at an instant, see [`ReadAt::as_of_time`].
    pub fn as_of_time(mut self, time: Timestamp) -> Self {
        self.read_at = self.read_at.as_of_time(time);
        self
    }

    /// The state that a release froze, see [`ReadAt::as_of_release`].
    pub fn as_of_release(mut self, release: &ReleaseName) -> Self {
        self.read_at = self.read_at.as_of_release(release);
        self
    }

    /// How many figures come in one message: 1,000 unless told otherwise, in columns 10,000. All pages are fetched, and read one revision.
    pub fn page_size(mut self, figures: u16) -> Self {
        self.request.page_size = figures.into();
        self
    }

    /// Asks, and follows the pages to the last. The deadline is each page's own.
    pub async fn fetch(self) -> Result<Figures, ClientError> {
        let (client, mut request) = self.asked();
        let mut figures = Vec::new();
        loop {
            let page = client.query_indicators(&request).await?;
            let calendars = calendars(page.answered_at.as_ref())?;
            decode_figures(&page.figures, &calendars, &mut figures).map_err(AnswerError::from)?;
            if page.next_page_token.is_empty() {
                let resolved = page.resolved_periods.iter().map(|text| resolved(text, &calendars));
                return Ok(Figures {
                    figures,
                    resolved_periods: resolved.collect::<Result<_, _>>()?,
                    answered_at: answered_at(page.answered_at)?,
                });
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Asks, and gives the figures as they come: for answers of many thousand, which need not be in memory at once.
    ///
    /// ```no_run
    /// use almanac_client::model::Granularity;
    /// use almanac_client::{FigureForm, QueryClient};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let query = QueryClient::connect("http://127.0.0.1:50052").await?;
    /// let question = query.indicators(["post.items"]).areas_under("vn", "district").period("2023");
    /// let mut stream = question.granularity(Granularity::Day).stream(FigureForm::Columns).await?;
    /// while let Some(some) = stream.next_figures().await? {
    ///     for figure in some.figures {
    ///         println!("{} {}: {:?}", figure.area, figure.period, figure.value);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self, form: FigureForm) -> Result<FigureStream, ClientError> {
        let (client, request) = self.asked();
        FigureStream::begin(client.clone(), request, form).await
    }

    fn asked(self) -> (&'a QueryClient, pb::QueryIndicatorsRequest) {
        let Self {
            client,
            mut request,
            read_at,
        } = self;
        request.read_at = Some(read_at.to_proto());
        (client, request)
    }
}
