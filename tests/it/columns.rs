//! Large answers: in columns they say what they say one by one.

use almanac_client::model::{Figure, MissingReason, RankAmong, Revision};
use almanac_client::{Against, FigureForm, Figures, IndicatorsQuestion, QueryClient, RecordedAt};
use almanac_wire::pb::ingest::RecordEventsResponse;
use almanac_wire::pb::shared::{Event, MissingReason as Missing, event::Measure};

use crate::support::events::{OPERATORS, internet, review_2017, yearly};
use crate::support::gate::Gate;
use crate::support::pair::Pair;

/// Everything that was recorded for 2017, and of earlier years a confidential number, one with a remark and one that cannot exist.
async fn filled(pair: &Pair) -> RecordedAt {
    for request in review_2017() {
        pair.ingest.send(request).await.expect("what was recorded is right");
    }
    let confidential = Event {
        confidential: true,
        ..internet("ftth", 2010, "14207")
    };
    let remarked = Event {
        note: "counted twice a year since then".into(),
        ..internet("adsl", 2010, "8002")
    };
    let impossible = Event {
        measure: Some(Measure::Missing(Missing::CannotExist.into())),
        ..internet("mobile_3g_4g", 2009, "")
    };
    let events = vec![
        confidential,
        remarked,
        internet("mobile_3g_4g", 2010, "52311"),
        internet("adsl", 2011, "9002"),
        impossible,
    ];
    pair.ingest
        .record(OPERATORS, events)
        .await
        .expect("the events are right");
    let inhabitants = yearly("population.inhabitants", 2010, "1229600");
    let last = pair.ingest.record("ca-mau-statistics", vec![inhabitants]).await;
    let RecordEventsResponse { revision, log_id, .. } = last.expect("the event is right");
    RecordedAt {
        revision: Revision(revision),
        log_id: log_id.parse().expect("a log id"),
    }
}

/// By technology, against the year before, with ranks and shares.
fn subscriptions(query: &QueryClient, at: RecordedAt) -> IndicatorsQuestion<'_> {
    query
        .indicators(["internet.subscriptions"])
        .area("96")
        .period("2009..2017")
        .group_by("technology")
        .comparisons([
            Against::same_period_last_year().contribution_of("technology"),
            Against::period("2017"),
        ])
        .share_of("technology")
        .order_by("value desc")
        .rank_among(RankAmong::Level)
        .min_revision(at)
}

/// Quotients whose sides have periods and sources of their own.
fn densities(query: &QueryClient, at: RecordedAt) -> IndicatorsQuestion<'_> {
    query
        .indicators(["telephone.density", "internet.density", "permits.issued"])
        .area("96")
        .period("2009..2018")
        .min_revision(at)
}

async fn streamed(question: IndicatorsQuestion<'_>, form: FigureForm) -> Figures {
    let mut stream = question.stream(form).await.expect("the question is right");
    let mut whole: Option<Figures> = None;
    while let Some(some) = stream.next_figures().await.expect("a message") {
        match &mut whole {
            None => whole = Some(some),
            Some(whole) => {
                assert_eq!(some.answered_at, whole.answered_at, "all at one revision");
                assert_eq!(some.resolved_periods, whole.resolved_periods);
                whole.figures.extend(some.figures);
            }
        }
    }
    assert!(
        stream.next_figures().await.expect("a message").is_none(),
        "it stays at its end"
    );
    whole.expect("a message at least")
}

#[tokio::test]
async fn the_same_question_has_the_same_figures_in_both_forms() {
    let pair = Pair::start().await;
    let at = filled(&pair).await;
    let query = QueryClient::connect(&format!("http://{}", pair.query.address))
        .await
        .unwrap();
    let questions: [fn(&QueryClient, RecordedAt) -> IndicatorsQuestion<'_>; 2] = [subscriptions, densities];
    for question in questions {
        let expected = question(&query, at).fetch().await.unwrap();
        for form in [FigureForm::Figures, FigureForm::Columns] {
            for page_size in [0, 1, 5] {
                let asked = question(&query, at).page_size(page_size);
                assert_eq!(streamed(asked, form).await, expected, "{form:?} by {page_size}");
            }
        }
    }
    // what is compared is there
    let has = |figures: &Figures, what: fn(&Figure) -> bool| figures.figures.iter().any(what);
    let told = subscriptions(&query, at).fetch().await.unwrap();
    assert!(has(&told, |one| one.value == Err(MissingReason::Suppressed)));
    assert!(has(&told, |one| one.value == Err(MissingReason::CannotExist)));
    assert!(has(&told, |one| one.value == Err(MissingReason::NoRecord)));
    assert!(has(&told, |one| one.rank.is_some() && one.share.is_some()));
    assert!(has(&told, |one| one.comparisons.iter().any(|two| two.change.is_some())));
    let told = densities(&query, at).fetch().await.unwrap();
    assert!(has(&told, |one| one.quotient.is_some() && one.value.is_ok()));
    assert!(has(&told, |one| one.coverage.is_some()));
}

#[tokio::test]
async fn a_stream_whose_connection_breaks_goes_on_where_it_was() {
    let pair = Pair::start().await;
    let at = filled(&pair).await;
    let gate = Gate::to(pair.query.address).await;
    let query = QueryClient::connect(&format!("http://{}", gate.address)).await.unwrap();
    // more messages than are on the way at one time
    let long = || {
        let question = query.indicators(["telephone.density"]).area("96");
        question.period("1100..2899").min_revision(at)
    };
    let expected = long().fetch().await.unwrap();
    for form in [FigureForm::Figures, FigureForm::Columns] {
        let mut stream = long().page_size(2).stream(form).await.unwrap();
        let mut figures = stream.next_figures().await.unwrap().unwrap().figures;
        // open connections are cut
        gate.lead_to(pair.query.address);
        while let Some(some) = stream.next_figures().await.unwrap() {
            figures.extend(some.figures);
        }
        assert!(figures == expected.figures, "{form:?}: the figures differ");
    }
}
