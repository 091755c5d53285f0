//! `GetCompleteness`: which expected reports are there, which came late, which are missing.

mod listing;

use std::collections::BTreeSet;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_indicator::{Expected, State};
use almanac_model::{MetricId, Period, ReportStatus};
use almanac_wire::pb::query as pb;
use tonic::Request;

use self::listing::Listing;
use super::{Answered, Query};
use crate::answer::{answered_at, respond};
use crate::error::QueryError;
use crate::mistakes::Mistakes;
use crate::names::Names;
use crate::page::{Page, next_token};
use crate::replica::{Moment, Replica};
use crate::shared::Work;
use crate::{ask, limits, reason};

/// What a request asks for.
struct Asked {
    expected: Expected,
    /// Metrics and periods, in the order of the answer.
    units: Vec<(MetricId, Period)>,
    statuses: BTreeSet<ReportStatus>,
    unlisted: Vec<pb::UnlistedMetric>,
}

pub(super) async fn answer(
    query: &Query,
    request: Request<pb::GetCompletenessRequest>,
) -> Answered<pb::GetCompletenessResponse> {
    let until = query.until(&request);
    let request = request.into_inner();
    let (moment, page, mistakes) = query.open_page(&request, until).await?;
    let asked = Arc::new(asked(&request, &moment, mistakes)?);
    let listing = listed(query, &moment, &asked, page).await?;
    let first_page = page.offset == 0;
    let response = pb::GetCompletenessResponse {
        summaries: listing.summaries,
        reports: listing.reports,
        unlisted: if first_page { asked.unlisted.clone() } else { Vec::new() },
        on: asked.expected.on.to_string(),
        answered_at: Some(answered_at(&moment)),
        next_page_token: next_token(&request, &moment, listing.next),
    };
    Ok(respond(response, &moment, (query.clock)()))
}

/// The reports of a page. They are looked for some metrics and periods at a time, so that a record that arrives never waits
/// long.
async fn listed(query: &Query, moment: &Moment, asked: &Arc<Asked>, page: Page) -> Result<Listing, QueryError> {
    let mut listing = Listing::new(page);
    let mut done = 0;
    while done < asked.units.len() {
        let asked = Arc::clone(asked);
        (listing, done) = query
            .replica
            .compute(moment, Work::Large, move |replica, state| {
                some(&asked, listing, done, replica, state)
            })
            .await??;
    }
    Ok(listing)
}

/// Some metrics and periods more, and how many of them are done then.
fn some(
    asked: &Asked,
    mut listing: Listing,
    mut done: usize,
    replica: &Replica,
    state: State<'_>,
) -> Result<(Listing, usize), QueryError> {
    let (reports_before, units_before) = (listing.total(), done);
    while let Some((metric, period)) = asked.units.get(done) {
        let metric = state.catalog.metric(metric.as_str()).ok_or(QueryError::Broken)?;
        let record_time = |revision| replica.record_time(revision);
        let reports = almanac_indicator::expected_reports(state, &asked.expected, metric, *period, &record_time)
            .map_err(|_| QueryError::TooManyReports)?;
        listing.add(&metric.id, *period, reports, &asked.statuses)?;
        done += 1;
        if listing.total() - reports_before >= limits::REPORTS_AT_ONCE || done - units_before >= limits::UNITS_AT_ONCE {
            break;
        }
    }
    Ok((listing, done))
}

fn asked(request: &pb::GetCompletenessRequest, moment: &Moment, mut mistakes: Mistakes) -> Result<Asked, QueryError> {
    let pb::GetCompletenessRequest {
        metrics,
        areas,
        areas_under,
        level,
        reporters,
        periods,
        granularity,
        statuses,
        on,
        read_at: _,
        page_size: _,
        page_token: _,
    } = request;
    let catalog = &*moment.catalog;
    let mut names = Names::at(moment, &mut mistakes);
    let metrics = named_metrics(metrics, &mut names);
    let areas = ask::optional_selection(areas, areas_under, level, &mut names);
    let reporters = if names.at_most("reporters", reporters.len(), limits::REPORTERS) {
        ask::each("reporters", reporters, &mut names, Names::reporter)
    } else {
        Vec::new()
    };
    let ask::AskedPeriods { periods, .. } = ask::all_periods(periods, *granularity, &mut names);
    let statuses = named_statuses(statuses, &mut names);
    let on = if on.is_empty() {
        Some(catalog.time_zone().to_datetime(moment.revision_time).date())
    } else {
        names.date("on", on)
    };
    mistakes.refuse_any()?;
    let (units, unlisted) = units(catalog, &metrics, &periods);
    Ok(Asked {
        expected: Expected {
            areas,
            reporters: reporters.into_iter().collect(),
            on: on.ok_or(QueryError::Broken)?,
        },
        units,
        statuses,
        unlisted,
    })
}

/// The metrics that are named, or all.
fn named_metrics(texts: &[String], names: &mut Names<'_, '_>) -> Vec<MetricId> {
    if texts.is_empty() {
        return names.catalog.metrics().map(|metric| metric.id.clone()).collect();
    }
    if !names.at_most("metrics", texts.len(), limits::INDICATORS) {
        return Vec::new();
    }
    ask::each("metrics", texts, names, |names, field, text| {
        names.metric(field, text).map(|metric| metric.id.clone())
    })
}

fn named_statuses(numbers: &[i32], names: &mut Names<'_, '_>) -> BTreeSet<ReportStatus> {
    let mut found = BTreeSet::new();
    for (index, number) in numbers.iter().enumerate() {
        let known = pb::ReportStatus::try_from(*number).ok();
        match known.and_then(almanac_wire::report_status_from_proto) {
            Some(status) => {
                found.insert(status);
            }
            None => names
                .mistakes
                .add(format!("statuses[{index}]"), reason::UNKNOWN_STATUS, || {
                    let all = ReportStatus::ALL.map(|one| almanac_wire::report_status_to_proto(one).as_str_name());
                    format!("{number} is no status of a report; give one of {}", all.join(", "))
                }),
        }
    }
    found
}

/// The metrics and periods of which something may be expected, and those of which nothing is.
fn units(
    catalog: &Catalog,
    metrics: &[MetricId],
    periods: &[Period],
) -> (Vec<(MetricId, Period)>, Vec<pb::UnlistedMetric>) {
    let (mut units, mut unlisted) = (Vec::new(), Vec::new());
    for metric in metrics.iter().filter_map(|id| catalog.metric(id.as_str())) {
        let mut leave_out = |reason: pb::UnlistedReason, period: String| {
            unlisted.push(pb::UnlistedMetric {
                metric: metric.id.to_string(),
                reason: reason.into(),
                period,
            });
        };
        if catalog.expectations(&metric.id).is_empty() {
            leave_out(pb::UnlistedReason::NothingExpected, String::new());
            continue;
        }
        let fits = |period: &&Period| period.parts(metric.frequency).is_some();
        if let Some(period) = periods.iter().find(|period| !fits(period)) {
            leave_out(pb::UnlistedReason::PeriodNotDivisible, period.to_string());
        }
        units.extend(periods.iter().filter(fits).map(|period| (metric.id.clone(), *period)));
    }
    (units, unlisted)
}
