//! Figures, and each again whenever it changes.

mod ends;

use std::time::Duration;

use almanac_wire::pb::query as pb;
use tonic::Streaming;

use crate::support::{TestQuery, ask, catalogue, inhabitants, log_id, log_of_2017, permits};

const INDICATORS: [&str; 3] = ["telephone.density", "telephone.subscriptions", "population.inhabitants"];

fn watch_of(query: pb::QueryIndicatorsRequest, resume_after: u64) -> pb::WatchIndicatorsRequest {
    pb::WatchIndicatorsRequest {
        query: Some(query),
        resume_after,
    }
}

/// A client that watches.
struct Watcher {
    messages: Streaming<pb::WatchIndicatorsResponse>,
}

impl Watcher {
    async fn begin(query: &TestQuery, request: pb::WatchIndicatorsRequest) -> Self {
        let mut client = query.client.clone();
        let messages = client.watch_indicators(request).await.unwrap().into_inner();
        Self { messages }
    }

    async fn next(&mut self) -> pb::WatchIndicatorsResponse {
        self.messages.message().await.unwrap().unwrap()
    }

    /// How it ends, after what was still on its way.
    async fn end(&mut self) -> tonic::Status {
        loop {
            match self.messages.message().await {
                Ok(message) => assert!(message.is_some(), "a watch that ended looks complete"),
                Err(status) => return status,
            }
        }
    }
}

/// A message in one line: the revision, what it is, and its figures.
fn line(message: &pb::WatchIndicatorsResponse) -> String {
    let mut words = vec![message.answered_at.as_ref().unwrap().revision.to_string()];
    for (is, word) in [
        (message.complete, "complete"),
        (message.snapshot, "snapshot"),
        (message.skipped_ahead, "skipped_ahead"),
    ] {
        words.extend(is.then(|| word.to_owned()));
    }
    let figure = |figure: &almanac_wire::pb::shared::Figure| {
        format!("{}={}", figure.indicator, figure.value.as_deref().unwrap_or("-"))
    };
    words.extend(message.figures.iter().map(figure));
    words.join(" ")
}

#[tokio::test]
async fn a_watch_begins_with_all_figures_and_then_tells_those_that_change() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    insta::assert_snapshot!(line(&watcher.next().await), @"2 complete snapshot telephone.density=119.09 telephone.subscriptions=1456018 population.inhabitants=1222600");
    log.append(&inhabitants("2017", "2445200"));
    insta::assert_snapshot!(line(&watcher.next().await), @"3 complete telephone.density=59.55 population.inhabitants=2445200");
    log.append(&inhabitants("2017", "1222600"));
    insta::assert_snapshot!(line(&watcher.next().await), @"4 complete telephone.density=119.09 population.inhabitants=1222600");
}

#[tokio::test]
async fn a_revision_that_changes_no_figure_is_not_told() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    watcher.next().await;
    log.append(&permits("2016", "4"));
    let revision = log.append(&inhabitants("2017", "2445200"));
    let message = watcher.next().await;
    assert_eq!(
        (message.answered_at.unwrap().revision, message.figures.len()),
        (revision, 2)
    );
}

#[tokio::test]
async fn progress_is_told_when_nothing_changes() {
    let log = log_of_2017().await;
    let query = TestQuery::start_with(&log, Duration::from_mins(1), Duration::from_millis(5)).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    watcher.next().await;
    let revision = log.append(&permits("2016", "4"));
    loop {
        let message = watcher.next().await;
        assert!(message.figures.is_empty() && message.complete && !message.snapshot);
        let at = message.answered_at.unwrap();
        assert_eq!(at.log_id, log_id(1).to_string());
        if at.revision == revision {
            return;
        }
    }
}

#[tokio::test]
async fn a_client_that_comes_back_is_told_what_it_missed() {
    let log = log_of_2017().await;
    log.append(&permits("2016", "4"));
    let newest = log.append(&inhabitants("2017", "2445200"));
    let query = TestQuery::follow(&log).await;
    let mut missed = Watcher::begin(&query, watch_of(ask(&INDICATORS), 2)).await;
    insta::assert_snapshot!(line(&missed.next().await), @"4 complete skipped_ahead telephone.density=59.55 population.inhabitants=2445200");
    let mut one = Watcher::begin(&query, watch_of(ask(&INDICATORS), 3)).await;
    insta::assert_snapshot!(line(&one.next().await), @"4 complete telephone.density=59.55 population.inhabitants=2445200");
    let mut nothing = Watcher::begin(&query, watch_of(ask(&INDICATORS), newest)).await;
    insta::assert_snapshot!(line(&nothing.next().await), @"4 complete");
}

#[tokio::test]
async fn many_figures_come_in_several_messages_and_the_last_says_so() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let request = pb::QueryIndicatorsRequest {
        page_size: 1,
        ..ask(&INDICATORS)
    };
    let mut watcher = Watcher::begin(&query, watch_of(request, 0)).await;
    let messages = [watcher.next().await, watcher.next().await, watcher.next().await];
    insta::assert_snapshot!(messages.iter().map(line).collect::<Vec<_>>().join("\n"), @r#"
    2 snapshot telephone.density=119.09
    2 snapshot telephone.subscriptions=1456018
    2 complete snapshot population.inhabitants=1222600
    "#);
}

#[tokio::test]
async fn after_a_change_of_the_catalogue_all_figures_are_told() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS), 0)).await;
    watcher.next().await;
    log.append(&catalogue());
    insta::assert_snapshot!(line(&watcher.next().await), @"3 complete snapshot telephone.density=119.09 telephone.subscriptions=1456018 population.inhabitants=1222600");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_the_newest_and_not_everything() {
    let log = log_of_2017().await;
    let query = TestQuery::follow(&log).await;
    let mut watcher = Watcher::begin(&query, watch_of(ask(&INDICATORS[2..]), 0)).await;
    for value in 1..=200_u64 {
        log.append(&inhabitants("2017", &value.to_string()));
    }
    let mut seen = 0;
    loop {
        let message = watcher.next().await;
        let revision = message.answered_at.as_ref().unwrap().revision;
        assert!(revision > seen, "{revision} after {seen}");
        assert_eq!(
            message.skipped_ahead,
            seen > 0 && revision > seen + 1,
            "{}",
            line(&message)
        );
        let value = message.figures[0].value.as_deref().unwrap();
        assert!(
            revision == 2 || value == (revision - 2).to_string(),
            "{}",
            line(&message)
        );
        seen = revision;
        if seen == 202 {
            return;
        }
    }
}
