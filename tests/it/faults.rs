//! A network that goes wrong between ingest and query: the replica is the log, whatever happens to its connections.

use almanac_tests::proxy::{Fault, FaultProxy};
use almanac_tests::random::Random;
use almanac_wire::pb::shared::as_of::State;
use tonic::Code;

use crate::support::events::{DIC, OPERATORS, enterprises, internet};
use crate::support::ingest::Ingest;
use crate::support::query::{Query, after, as_of, in_2017};
use crate::support::{channel, raw};

/// All but silence, which takes seconds to notice; `cargo xtask prove faults` has it.
const FAULTS: [Fault; 5] = [Fault::Delay, Fault::Cut, Fault::Reset, Fault::Duplicate, Fault::Replay];

async fn bytes_at(replica: &Query, revision: u64) -> Vec<u8> {
    let mut question = as_of(State::Revision(revision), in_2017("post.enterprises"));
    question.indicators.push("internet.subscriptions".into());
    let path = "/almanac.query.v1.QueryService/QueryIndicators";
    let answer = raw::call(channel(replica.address), path, &question).await;
    answer.expect("the question is right").to_vec()
}

/// Waits for a revision. The connection to the log may be made again for longer than one question waits.
async fn reach(replica: &Query, revision: u64) -> u64 {
    loop {
        match replica.ask(after(revision, in_2017("post.enterprises"))).await {
            Ok(answer) => return answer.answered_at.expect("an answer is at a revision").revision,
            Err(status) if status.code() == Code::Unavailable => {}
            Err(other) => panic!("{other}"),
        }
    }
}

async fn follow(seed: u64) {
    let (ingest, _dir) = Ingest::start().await;
    let network = FaultProxy::start(ingest.address, seed, &FAULTS)
        .await
        .expect("a free port");
    let replica = Query::start(network.address).await;
    let mut random = Random(seed);
    let (mut recorded, mut latest) = (0, 0);
    for number in 1..=120 {
        let answer = if random.below(2) == 0 {
            ingest.record(DIC, vec![enterprises(number)]).await
        } else {
            let codes = ["adsl", "ftth", "mobile_3g_4g"];
            let event = internet(codes[random.below(3)], 2017, &number.to_string());
            ingest.record(OPERATORS, vec![event]).await
        };
        recorded = answer.expect("it is right").revision;
        if random.below(4) == 0 {
            let now = reach(&replica, recorded.saturating_sub(random.number() % 4)).await;
            assert!(now >= latest, "seed {seed}: revision {now} after {latest}");
            latest = now;
        }
    }
    network.heal();
    let clean = Query::start(ingest.address).await;
    reach(&clean, recorded).await;
    reach(&replica, recorded).await;
    for revision in 1..=recorded {
        let expected = bytes_at(&clean, revision).await;
        assert_eq!(
            bytes_at(&replica, revision).await,
            expected,
            "seed {seed}, revision {revision}"
        );
    }
}

#[tokio::test]
async fn a_replica_behind_a_network_that_goes_wrong_is_the_log_at_each_revision() {
    for seed in 0..3 {
        follow(seed).await;
    }
}
