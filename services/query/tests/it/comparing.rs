//! Figures against those of other periods.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::ComparisonKind;

use crate::support::{TestQuery, ask, inhabitants, log_of_2017, min_revision, texts, told};

fn against(kind: ComparisonKind, base_period: &str) -> pb::ComparisonRequest {
    pb::ComparisonRequest {
        kind: kind.into(),
        base_period: base_period.to_owned(),
    }
}

#[tokio::test]
async fn a_figure_is_compared_with_those_of_other_periods() {
    let log = log_of_2017().await;
    let revision = log.append(&inhabitants("2018", "1234826"));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(revision),
        periods: texts(&["2018"]),
        comparisons: vec![
            against(ComparisonKind::PreviousPeriod, ""),
            against(ComparisonKind::Base, "2015"),
        ],
        ..ask(&["population.inhabitants"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    let [previous, base] = answer.figures[0].comparisons.as_slice() else {
        panic!("two were asked for: {answer:?}");
    };
    assert_eq!(previous.kind(), ComparisonKind::PreviousPeriod);
    assert_eq!(previous.base_period, "2017");
    // 1,234,826 - 1,222,600 = 12,226, which is one percent of 1,222,600
    assert_eq!(previous.change.as_deref(), Some("12226"));
    assert_eq!(previous.growth_percent.as_deref(), Some("1.00"));
    assert_eq!(previous.index.as_deref(), Some("101.00"));
    assert_eq!((base.base_value.as_deref(), base.change.as_deref()), (None, None));
}

#[tokio::test]
async fn every_mistake_in_what_to_compare_with_is_told() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        comparisons: vec![
            against(ComparisonKind::Unspecified, ""),
            against(ComparisonKind::PreviousPeriod, "2016"),
            against(ComparisonKind::Base, ""),
        ],
        ..ask(&["population.inhabitants"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    comparisons[0].kind: give one of COMPARISON_KIND_PREVIOUS_PERIOD, COMPARISON_KIND_SAME_PERIOD_LAST_YEAR, COMPARISON_KIND_BASE (and 2 more problems)
    - REQUIRED comparisons[0].kind: give one of COMPARISON_KIND_PREVIOUS_PERIOD, COMPARISON_KIND_SAME_PERIOD_LAST_YEAR, COMPARISON_KIND_BASE
    - CONFLICT comparisons[1].base_period: a base period goes with COMPARISON_KIND_BASE; leave it out, or ask for that kind
    - REQUIRED comparisons[2].base_period: give a period, such as "2017" or "2017-05"
    "#);

    let request = pb::QueryIndicatorsRequest {
        comparisons: vec![against(ComparisonKind::Base, "2017-01")],
        ..ask(&["population.inhabitants"])
    };
    let refused = query.client.query_indicators(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument BASE_GRANULARITY
    comparisons[0].base_period: the base 2017-01 is a month and 2017 a year; compare periods of one kind
    - BASE_GRANULARITY comparisons[0].base_period: the base 2017-01 is a month and 2017 a year; compare periods of one kind
    "#);
}
