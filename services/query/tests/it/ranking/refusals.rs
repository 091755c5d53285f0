//! What cannot be ordered or ranked, and what a person reads then.

use almanac_wire::pb::query as pb;
use almanac_wire::pb::shared::RankAmong;
use tonic::Status;

use super::{districts, log_of_births, ordered};
use crate::support::{TestQuery, texts, told};

async fn refusal(request: pb::QueryIndicatorsRequest) -> Status {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    query.client.query_indicators(request).await.unwrap_err()
}

#[tokio::test]
async fn keys_that_are_none_are_refused_with_those_that_are() {
    let request = pb::QueryIndicatorsRequest {
        group_by: texts(&["sex"]),
        top: -3,
        rank_among: 9,
        ..ordered("value descending, growth, sex, area, area desc")
    };
    insta::assert_snapshot!(told(&refusal(request).await), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    order_by: "value descending" is no key of an order; write keys with commas between them, "value desc, area" (and 4 more problems)
    - MALFORMED_ORDER order_by: "value descending" is no key of an order; write keys with commas between them, "value desc, area"
    - UNKNOWN_ORDER_KEY order_by: the figures have no "growth" to be ordered by; they have value, area, period, sex; change and growth_percent come with comparisons, share.percent with share_of, and codes with group_by
    - DUPLICATE order_by: "area" is there twice; give it once
    - OUT_OF_RANGE top: -3 is negative; give how many first ones, such as 10, or leave it out for all
    - UNKNOWN_RANK_AMONG rank_among: there is no 9; give one of RANK_AMONG_SIBLINGS, RANK_AMONG_LEVEL
    "#);
}

#[tokio::test]
async fn first_ones_need_a_number_and_one_sum_has_no_rank() {
    let request = pb::QueryIndicatorsRequest {
        top: 3,
        combine_areas: true,
        rank_among: RankAmong::Siblings.into(),
        ..ordered("area")
    };
    insta::assert_snapshot!(told(&refusal(request).await), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    top: say by which number the first ones are the first: add it to order_by, such as "value desc" (and 1 more problem)
    - NOT_ORDERED top: say by which number the first ones are the first: add it to order_by, such as "value desc"
    - CONFLICT rank_among: the areas are asked for as one sum, which has no others beside it; leave out combine_areas
    "#);
}

#[tokio::test]
async fn a_key_is_not_missed_where_what_it_names_is_wrong_itself() {
    let request = pb::QueryIndicatorsRequest {
        group_by: texts(&["sexes"]),
        ..ordered("sexes, value desc")
    };
    insta::assert_snapshot!(told(&refusal(request).await), @r#"
    InvalidArgument UNKNOWN_DIMENSION
    group_by[0]: "sexes" is not the id of a dimension of the catalogue; did you mean sex?
    - UNKNOWN_DIMENSION group_by[0]: "sexes" is not the id of a dimension of the catalogue; did you mean sex?
    "#);
}

#[tokio::test]
async fn a_watch_has_no_order() {
    let log = log_of_births().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        top: 1,
        ..ordered("value desc")
    };
    let watch = pb::WatchIndicatorsRequest {
        query: Some(request),
        resume_after: 0,
    };
    let refused = query.client.watch_indicators(watch).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument CONFLICT
    query.order_by: a watch tells each figure by itself, in no order; leave it out, give rank_among for the rank of each, or ask QueryIndicators (and 1 more problem)
    - CONFLICT query.order_by: a watch tells each figure by itself, in no order; leave it out, give rank_among for the rank of each, or ask QueryIndicators
    - CONFLICT query.top: a watch tells each figure by itself, in no order; leave it out, give rank_among for the rank of each, or ask QueryIndicators
    "#);
}

#[tokio::test]
async fn more_figures_than_are_ordered_at_once_are_refused() {
    let request = pb::QueryIndicatorsRequest {
        periods: texts(&["1830-01..1999-12"]),
        order_by: "value desc".to_owned(),
        ..districts()
    };
    insta::assert_snapshot!(told(&refusal(request).await), @r#"
    InvalidArgument TOO_MANY_FIGURES
    order_by: the question asks for 10200 figures; at most 10000 are ordered or ranked at once: ask for one indicator, one period or one code at a time, of which each has an order of its own
    - TOO_MANY_FIGURES order_by: the question asks for 10200 figures; at most 10000 are ordered or ranked at once: ask for one indicator, one period or one code at a time, of which each has an order of its own
    "#);
}
