//! A request for each method that answers as of a state, and the bytes of all answers.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::{AsOf, ComparisonKind, as_of::State};
use bytes::Bytes;
use prost::Message;

use super::{RELEASE, SERVICE};
use crate::support::channel;
use crate::support::query::{Query, in_2017};
use crate::support::raw;

pub(super) fn released(revision: u64) -> pb::ReadAt {
    pb::ReadAt {
        as_of: Some(AsOf {
            state: Some(State::Release(RELEASE.into())),
        }),
        min_revision: revision,
        log_id: String::new(),
    }
}

/// Densities by reporter, compared with the year before and with 2015.
fn question(read_at: &pb::ReadAt) -> pb::QueryIndicatorsRequest {
    let with = |kind: ComparisonKind, base: &str| pb::ComparisonRequest {
        kind: kind.into(),
        base_period: base.into(),
        ..pb::ComparisonRequest::default()
    };
    pb::QueryIndicatorsRequest {
        indicators: vec!["telephone.density".into(), "post.enterprises".into()],
        periods: vec!["2016..2017".into()],
        comparisons: vec![
            with(ComparisonKind::SamePeriodLastYear, ""),
            with(ComparisonKind::Base, "2015"),
        ],
        read_at: Some(read_at.clone()),
        ..in_2017("telephone.density")
    }
}

fn restated(read_at: &pb::ReadAt) -> pb::QueryIndicatorsRequest {
    pb::QueryIndicatorsRequest {
        on_boundaries_of: "2026-01-01".into(),
        ..question(read_at)
    }
}

/// A request for each method that answers figures or definitions as of a state.
pub(super) fn requests(read_at: &pb::ReadAt) -> Vec<(&'static str, Vec<u8>)> {
    let read = || Some(read_at.clone());
    let one = |query: pb::QueryIndicatorsRequest| {
        let (indicator, period) = ("telephone.density".to_owned(), "2017".to_owned());
        (Some(query), indicator, period)
    };
    let explained = |query| {
        let (query, indicator, period) = one(query);
        let request = pb::ExplainFigureRequest {
            query,
            indicator,
            period,
            ..Default::default()
        };
        ("ExplainFigure", request.encode_to_vec())
    };
    let vintages = |query| {
        let (query, indicator, period) = one(query);
        let request = pb::ListVintagesRequest {
            query,
            indicator,
            period,
            ..Default::default()
        };
        ("ListVintages", request.encode_to_vec())
    };
    let report = pb::GetReportRequest {
        report: almanac_ca_mau::ANNUAL_REVIEW.to_owned(),
        area: "96".into(),
        period: "2017".into(),
        read_at: read(),
    };
    let completeness = pb::GetCompletenessRequest {
        metrics: vec!["telephone.subscriptions".into(), "post.enterprises".into()],
        periods: vec!["2016..2018".into()],
        read_at: read(),
        ..Default::default()
    };
    let checked = pb::CheckRulesRequest {
        areas: vec!["96".into()],
        periods: vec!["2016..2018".into()],
        read_at: read(),
        ..Default::default()
    };
    let mut all = vec![
        ("GetCompleteness", completeness.encode_to_vec()),
        ("CheckRules", checked.encode_to_vec()),
        ("QueryIndicators", question(read_at).encode_to_vec()),
        ("QueryIndicators", restated(read_at).encode_to_vec()),
        ("GetReport", report.encode_to_vec()),
        explained(question(read_at)),
        explained(restated(read_at)),
        vintages(question(read_at)),
        vintages(restated(read_at)),
    ];
    all.extend(lists(read_at));
    all
}

/// A request for each list of definitions.
fn lists(read_at: &pb::ReadAt) -> Vec<(&'static str, Vec<u8>)> {
    let read = || Some(read_at.clone());
    let page_size = 1_000;
    vec![
        (
            "ListIndicators",
            pb::ListIndicatorsRequest {
                page_size,
                read_at: read(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ListMetrics",
            pb::ListMetricsRequest {
                page_size,
                read_at: read(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ListAreas",
            pb::ListAreasRequest {
                page_size,
                read_at: read(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ListCalendars",
            pb::ListCalendarsRequest {
                page_size,
                read_at: read(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "ListDimensions",
            pb::ListDimensionsRequest {
                page_size,
                read_at: read(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
    ]
}

/// Every answer as bytes, with the method; those of a stream one after the other.
pub(super) async fn answers(query: &Query, read_at: &pb::ReadAt) -> Vec<(&'static str, Bytes)> {
    let mut all = Vec::new();
    for (method, request) in requests(read_at) {
        let answer = raw::call_with(channel(query.address), &format!("{SERVICE}/{method}"), request).await;
        all.push((method, answer.expect("the request is right")));
    }
    for form in [pb::FigureForm::Figures, pb::FigureForm::Columns] {
        let streamed = pb::StreamIndicatorsRequest {
            query: Some(pb::QueryIndicatorsRequest {
                page_size: 1,
                ..question(read_at)
            }),
            form: form.into(),
        };
        let path = format!("{SERVICE}/StreamIndicators");
        let messages = raw::stream(channel(query.address), &path, &streamed).await;
        let messages = messages.expect("the request is right");
        assert!(messages.len() > 1, "a message for each figure");
        all.extend(messages.into_iter().map(|message| ("StreamIndicators", message)));
    }
    all
}
