//! Confidential numbers over the wire: recorded, part of totals, and told by no answer of any method.

use almanac_wire::pb::query::{self as pb, DimensionFilter, QueryIndicatorsRequest, ReadAt};
use almanac_wire::pb::shared::{Event, MissingReason};
use prost::Message;

use crate::support::events::{DIC, OPERATORS, complaint, correcting, internet, yearly};
use crate::support::pair::Pair;
use crate::support::query::{after, in_2017};
use crate::support::refusal::Refusal;

const SECRET: &str = "14207";
const COMPLEMENT: &str = "52311";

fn confidential(event: Event) -> Event {
    Event {
        confidential: true,
        ..event
    }
}

/// Subscriptions by technology; those of FTTH are confidential, so that those of the next technology are withheld too.
fn subscriptions() -> Vec<Event> {
    vec![
        internet("adsl", 2017, "8002"),
        confidential(internet("ftth", 2017, SECRET)),
        internet("mobile_3g_4g", 2017, COMPLEMENT),
    ]
}

fn of(technologies: &[&str]) -> Vec<DimensionFilter> {
    vec![DimensionFilter {
        dimension: "technology".into(),
        codes: technologies.iter().map(ToString::to_string).collect(),
    }]
}

fn by_technology() -> QueryIndicatorsRequest {
    QueryIndicatorsRequest {
        group_by: vec!["technology".into()],
        ..in_2017("internet.subscriptions")
    }
}

fn at_least(revision: u64) -> ReadAt {
    ReadAt {
        min_revision: revision,
        ..ReadAt::default()
    }
}

#[tokio::test]
async fn rule_20_a_confidential_number_is_in_the_total_and_suppressed_with_its_complement() {
    let pair = Pair::start().await;
    // a density has a denominator, so that nothing but the secret is in its way
    let inhabitants = yearly("population.inhabitants", 2017, "1199999");
    pair.ingest
        .record("ca-mau-statistics", vec![inhabitants])
        .await
        .unwrap();
    let revision = pair.ingest.record(OPERATORS, subscriptions()).await.unwrap().revision;
    let answer = pair.query.ask(after(revision, by_technology())).await.unwrap();
    let told: Vec<(&str, Option<&str>, MissingReason)> = answer
        .figures
        .iter()
        .map(|one| {
            (
                one.dimensions["technology"].as_str(),
                one.value.as_deref(),
                one.missing(),
            )
        })
        .collect();
    let expected = [
        ("adsl", Some("8002"), MissingReason::Unspecified),
        ("ftth", None, MissingReason::Suppressed),
        ("mobile_3g_4g", None, MissingReason::Suppressed),
    ];
    assert_eq!(told, expected);
    let total = pair.query.value(in_2017("internet.subscriptions")).await;
    // 8002 + 14207 + 52311
    assert_eq!(total.as_deref(), Some("74520"));
    // two technologies of three, by filter or as an indicator, would tell the third
    let mut without_mobile = in_2017("internet.subscriptions");
    without_mobile.filters = of(&["adsl", "ftth"]);
    for question in [without_mobile, in_2017("internet.fixed_broadband_density")] {
        let figure = pair.query.figure(question).await;
        assert_eq!(
            (figure.value.as_deref(), figure.missing()),
            (None, MissingReason::Suppressed)
        );
        let told = figure.encode_to_vec();
        assert!(!told.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes()));
    }
}

#[tokio::test]
async fn rule_20_an_explanation_and_the_vintages_do_not_tell_it() {
    let pair = Pair::start().await;
    let revision = pair.ingest.record(OPERATORS, subscriptions()).await.unwrap().revision;
    let mut client = pair.query.client.clone();
    for filters in [Vec::new(), of(&["ftth"]), of(&["mobile_3g_4g"])] {
        let query = pb::QueryIndicatorsRequest {
            filters,
            read_at: Some(at_least(revision)),
            ..in_2017("internet.subscriptions")
        };
        let request = pb::ExplainFigureRequest {
            query: Some(query.clone()),
            ..pb::ExplainFigureRequest::default()
        };
        let explained = client.explain_figure(request).await.unwrap().into_inner();
        let text = format!("{explained:?}");
        assert!(!text.contains(SECRET) && !text.contains(COMPLEMENT), "{text}");
        for contribution in &explained.terms[0].contributions {
            let adsl = contribution.dimensions["technology"] == "adsl";
            let missing = if adsl {
                MissingReason::Unspecified
            } else {
                MissingReason::Suppressed
            };
            assert_eq!((contribution.value.is_some(), contribution.missing()), (adsl, missing));
        }
        let request = pb::ListVintagesRequest {
            query: Some(query),
            ..pb::ListVintagesRequest::default()
        };
        let text = format!("{:?}", client.list_vintages(request).await.unwrap().into_inner());
        assert!(!text.contains(SECRET) && !text.contains(COMPLEMENT), "{text}");
    }
}

#[tokio::test]
async fn rule_20_a_figure_comes_and_goes_with_a_secret_elsewhere_and_the_vintages_say_so() {
    let pair = Pair::start().await;
    let open = vec![
        internet("adsl", 2017, "8002"),
        internet("mobile_3g_4g", 2017, COMPLEMENT),
    ];
    let first = pair.ingest.record(OPERATORS, open).await.unwrap().revision;
    let secret = confidential(internet("ftth", 2017, SECRET));
    let hidden = pair.ingest.record(OPERATORS, vec![secret]).await.unwrap().revision;
    let correction = correcting(internet("ftth", 2017, SECRET), Some(hidden));
    let free = pair.ingest.record(OPERATORS, vec![correction]).await.unwrap().revision;
    let request = pb::ListVintagesRequest {
        query: Some(pb::QueryIndicatorsRequest {
            filters: of(&["mobile_3g_4g"]),
            read_at: Some(at_least(free)),
            ..in_2017("internet.subscriptions")
        }),
        ..pb::ListVintagesRequest::default()
    };
    let listed = pair
        .query
        .client
        .clone()
        .list_vintages(request)
        .await
        .unwrap()
        .into_inner();
    let told: Vec<(u64, Option<&str>)> = listed
        .vintages
        .iter()
        .map(|one| {
            (
                one.revision,
                one.figure.as_ref().and_then(|figure| figure.value.as_deref()),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(first, Some(COMPLEMENT)), (hidden, None), (free, Some(COMPLEMENT))]
    );
    let ftth = pair.query.ask(after(free, by_technology())).await.unwrap();
    assert_eq!(ftth.figures[1].value.as_deref(), Some(SECRET));
}

#[tokio::test]
async fn rule_20_one_confidential_event_of_a_tally_makes_its_total_confidential() {
    let pair = Pair::start().await;
    let events = vec![
        complaint("c-1", "2017-05-14", "3"),
        confidential(complaint("c-2", "2017-05-14", "4")),
        complaint("c-3", "2017-05-15", "5"),
    ];
    let revision = pair.ingest.record(DIC, events).await.unwrap().revision;
    for (period, value) in [("2017-05-14", None), ("2017-05-15", None), ("2017-05", Some("12"))] {
        let mut question = after(revision, in_2017("complaints.received"));
        question.periods = vec![period.into()];
        assert_eq!(pair.query.value(question).await.as_deref(), value, "{period}");
    }
}

#[tokio::test]
async fn rule_20_what_is_missing_is_not_confidential() {
    let pair = Pair::start().await;
    let mut event = confidential(internet("ftth", 2017, ""));
    event.measure = Some(almanac_wire::pb::shared::event::Measure::Missing(
        MissingReason::NotCollected.into(),
    ));
    let refused = pair.ingest.record(OPERATORS, vec![event]).await.unwrap_err();
    let (field, reason, text) = refused.violations().remove(0);
    assert_eq!(
        (field.as_str(), reason.as_str()),
        ("events[0].confidential", "CONFIDENTIAL_WITHOUT_VALUE")
    );
    assert!(text.contains("leave confidential out"), "{text}");
}
