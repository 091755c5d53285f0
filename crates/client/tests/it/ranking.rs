//! Figures in an order, the first of them, and their ranks.

use almanac_client::model::{FigureRank, RankAmong};

use crate::services::Services;

#[tokio::test]
async fn rule_29_the_first_ones_come_in_order_over_all_pages() {
    let services = Services::start().await;
    let (_, query, last) = services.filled().await;
    let question = |page_size| {
        query
            .indicators(["permits.issued"])
            .area("96")
            .period("2017")
            .group_by("permit_kind")
            .order_by("value desc")
            .top(3)
            .rank_among(RankAmong::Siblings)
            .page_size(page_size)
            .min_revision(last)
    };
    let answer = question(1).fetch().await.unwrap();
    // two kinds share the third position
    let values: Vec<_> = answer.figures.iter().map(|figure| figure.value.as_deref()).collect();
    assert_eq!(values, [Ok("36"), Ok("9"), Ok("2"), Ok("2")]);
    let alone = FigureRank {
        by: "value desc".to_owned(),
        position: 1,
        of: 1,
        tied: false,
        bounded: false,
        parent: None,
    };
    // each kind is ranked by itself, and the province has no other beside it
    assert!(
        answer
            .figures
            .iter()
            .all(|figure| figure.rank.as_deref() == Some(&alone))
    );
    assert_eq!(question(100).fetch().await.unwrap(), answer);
}
