//! Figures against those of other periods.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::ComparisonKind;

use crate::support::{
    EPOCH_SECOND, TestQuery, ask, catalogue_with, inhabitants, log_of_2017, min_revision, plan, texts, told,
};

fn against(kind: ComparisonKind, base_period: &str) -> pb::ComparisonRequest {
    pb::ComparisonRequest {
        kind: kind.into(),
        base_period: base_period.to_owned(),
        ..pb::ComparisonRequest::default()
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
comparisons[0].kind: give one of COMPARISON_KIND_PREVIOUS_PERIOD, COMPARISON_KIND_SAME_PERIOD_LAST_YEAR, COMPARISON_KIND_BASE, COMPARISON_KIND_TARGET (and 2 more problems)
- REQUIRED comparisons[0].kind: give one of COMPARISON_KIND_PREVIOUS_PERIOD, COMPARISON_KIND_SAME_PERIOD_LAST_YEAR, COMPARISON_KIND_BASE, COMPARISON_KIND_TARGET
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

/// The office's plan of inhabitants, and who sets it.
const PLAN: &str = r#"
[[metric]]
id = "plan.inhabitants"
label = { vi = "Kế hoạch dân số", en = "Planned inhabitants" }
definition = { vi = "Chỉ tiêu dân số.", en = "The inhabitants that the plan expects." }
source = "A plan that these tests make up"
owner = "Planning office"
kind = "stock"
method = "report"
unit = "person"
frequency = "year"
levels = [ { level = "province" } ]
target_of = "population.inhabitants"

[[reporter]]
id = "planning-office"
label = { vi = "Phòng Kế hoạch", en = "Planning office" }
metrics = ["plan.inhabitants"]
areas = ["96"]
"#;

#[tokio::test]
async fn rule_28_a_figure_is_compared_with_its_target_and_who_set_it() {
    let log = log_of_2017().await;
    let catalogue = catalogue_with("plans.toml", PLAN);
    log.append(&catalogue);
    let set = log.append(&plan(
        &catalogue,
        "planning-office",
        "plan.inhabitants",
        "2017",
        "1222000",
    ));
    let last = log.append(&inhabitants("2014", "1216388"));
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        read_at: min_revision(last),
        comparisons: vec![
            against(ComparisonKind::Target, ""),
            against(ComparisonKind::Base, "2014"),
        ],
        ..ask(&["population.inhabitants"])
    };
    let answer = query
        .client
        .query_indicators(request.clone())
        .await
        .unwrap()
        .into_inner();
    let explained = pb::ExplainFigureRequest {
        query: Some(request),
        ..pb::ExplainFigureRequest::default()
    };
    let explained = query.client.explain_figure(explained).await.unwrap().into_inner();
    assert_eq!(explained.figure.as_ref(), answer.figures.first());
    let [target, base] = answer.figures[0].comparisons.as_slice() else {
        panic!("two were asked for: {answer:?}");
    };
    assert_eq!(
        (target.kind(), target.base_period.as_str()),
        (ComparisonKind::Target, "2017")
    );
    assert_eq!(target.base_value.as_deref(), Some("1222000"));
    // 1,222,600 - 1,222,000 = 600; 1,222,600 / 1,222,000 = 100.049...%
    assert_eq!(target.change.as_deref(), Some("600"));
    assert_eq!(target.achievement_percent.as_deref(), Some("100.05"));
    assert_eq!((target.set_by.as_str(), target.set_revision), ("planning-office", set));
    let set_second = EPOCH_SECOND + i64::try_from(set).unwrap();
    assert_eq!(target.set_time.map(|time| time.seconds), Some(set_second));
    // (1,222,600 / 1,216,388)^(1/3) = 1.0016994...
    assert_eq!(base.cagr_percent.as_deref(), Some("0.17"));
    assert_eq!((base.set_by.as_str(), base.set_time), ("", None));
    assert_eq!(base.change_unit, "person");
}

#[tokio::test]
async fn rule_27_shares_in_percent_change_by_percentage_points() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        comparisons: vec![against(ComparisonKind::Base, "2017")],
        ..ask(&["telephone.mobile_user_share"])
    };
    let answer = query.client.query_indicators(request).await.unwrap().into_inner();
    let comparison = &answer.figures[0].comparisons[0];
    assert_eq!(comparison.change_unit, "percentage_point");
    assert_eq!(comparison.change.as_deref(), Some("0.00"));
}

#[tokio::test]
async fn rule_28_what_has_no_target_and_what_excludes_each_other_is_refused() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        comparisons: vec![
            pb::ComparisonRequest {
                like_for_like: true,
                contribution_of: "servise".to_owned(),
                ..against(ComparisonKind::Target, "")
            },
            pb::ComparisonRequest {
                contribution_of: "reporter".to_owned(),
                ..against(ComparisonKind::PreviousPeriod, "")
            },
        ],
        ..ask(&["telephone.density"])
    };
    let refused = query.client.query_indicators(request.clone()).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument UNKNOWN_DIMENSION
comparisons[0].contribution_of: "servise" is not the id of a dimension of the catalogue; did you mean service?
- UNKNOWN_DIMENSION comparisons[0].contribution_of: "servise" is not the id of a dimension of the catalogue; did you mean service?
"#);
    let mut mended = request;
    mended.comparisons[0].contribution_of.clear();
    let refused = query.client.query_indicators(mended).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
InvalidArgument SEVERAL_VIOLATIONS
comparisons[0].like_for_like: a target is one figure, which has no parts to leave out; leave it false with COMPARISON_KIND_TARGET (and 3 more problems)
- CONFLICT comparisons[0].like_for_like: a target is one figure, which has no parts to leave out; leave it false with COMPARISON_KIND_TARGET
- NO_TARGET comparisons[0].kind: no metric of the catalogue is a target of telephone.density; ask for it without COMPARISON_KIND_TARGET, or define a metric with target_of = "telephone.density"
- NOT_ADDITIVE comparisons[1].contribution_of: telephone.density is telephone.subscriptions / population.inhabitants * 100, which is no sum of metrics: its parts do not add up to a total; ask for its metrics
- NOT_GROUPED comparisons[1].contribution_of: the parts of the total are the figures by reporter; add "reporter" to group_by
"#);
}
