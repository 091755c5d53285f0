//! Lists of definitions.

use almanac_wire::pb::query as pb;

use crate::support::{TestQuery, as_of, log_of_2017, told};

#[tokio::test]
async fn all_definitions_are_listed_page_by_page() {
    let catalog = almanac_ca_mau::catalog().unwrap();
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListMetricsRequest {
            page_size: 5,
            page_token,
            ..pb::ListMetricsRequest::default()
        };
        let answer = query.client.list_metrics(request).await.unwrap().into_inner();
        assert!(answer.metrics.len() <= 5);
        found.extend(answer.metrics.into_iter().map(|metric| metric.id));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(
        found,
        catalog
            .metrics()
            .map(|metric| metric.id.to_string())
            .collect::<Vec<_>>()
    );

    let request = pb::ListIndicatorsRequest {
        page_size: 5_000,
        ..pb::ListIndicatorsRequest::default()
    };
    let indicators = query.client.list_indicators(request).await.unwrap().into_inner();
    assert_eq!(indicators.indicators.len(), catalog.indicators().len());
    assert_eq!(indicators.answered_at.unwrap().catalog_revision, 1);

    let dimensions = query
        .client
        .list_dimensions(pb::ListDimensionsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(dimensions.dimensions.len(), catalog.dimensions().len());
}

#[tokio::test]
async fn areas_are_listed_by_what_they_lie_under_their_level_and_a_day() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let provinces = pb::ListAreasRequest {
        level: "province".to_owned(),
        ..pb::ListAreasRequest::default()
    };
    let mut ids = Vec::new();
    for date in ["", "2017-12-31", "2025-12-31"] {
        let request = pb::ListAreasRequest {
            date: date.to_owned(),
            ..provinces.clone()
        };
        let answer = query.client.list_areas(request).await.unwrap().into_inner();
        ids.push(answer.areas.into_iter().map(|area| area.id).collect::<Vec<_>>());
    }
    assert_eq!(ids, [vec!["95", "96"], vec!["95", "96"], vec!["96"]]);

    let districts = pb::ListAreasRequest {
        under: "96".to_owned(),
        level: "district".to_owned(),
        date: "2017-12-31".to_owned(),
        ..pb::ListAreasRequest::default()
    };
    let answer = query.client.list_areas(districts).await.unwrap().into_inner();
    assert_eq!(answer.areas.len(), 9);
    assert!(answer.areas.iter().all(|area| area.level == "district"));
}

#[tokio::test]
async fn a_list_of_areas_tells_every_mistake_at_once() {
    let log = log_of_2017().await;
    let mut query = TestQuery::follow(&log).await;
    let request = pb::ListAreasRequest {
        under: "Ca Mau".to_owned(),
        level: "provinces".to_owned(),
        date: "31/12/2017".to_owned(),
        page_size: -1,
        page_token: "x".to_owned(),
        read_at: as_of(almanac_wire::pb::shared::as_of::State::Release(String::new())),
    };
    let refused = query.client.list_areas(request).await.unwrap_err();
    insta::assert_snapshot!(told(&refused), @r#"
    InvalidArgument SEVERAL_VIOLATIONS
    read_at.as_of.release: "" cannot be the name of a release; it is empty (and 5 more problems)
    - MALFORMED_RELEASE_NAME read_at.as_of.release: "" cannot be the name of a release; it is empty
    - PAGE_SIZE_NEGATIVE page_size: -1 is negative; leave it out for 100 results, or give up to 1000
    - MALFORMED_PAGE_TOKEN page_token: is not a page token of this service; give the next_page_token of the page before, or none
    - UNKNOWN_AREA under: "Ca Mau" is not the id of an area of the catalogue; did you mean 96 or 964?
    - UNKNOWN_LEVEL level: the catalogue has no area level "provinces"; its levels are province, district, commune
    - MALFORMED_DATE date: "31/12/2017" is no date; write it as 2017-12-31
    "#);
}
