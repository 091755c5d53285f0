//! Waiting for a state, and what a rebuild or a panic leaves.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use almanac_model::{LogId, Release, Revision};
use jiff::Timestamp;

use super::*;
use crate::read_at::AsOf;
use crate::replica::{Content, Mark};

const LOG: [u8; 16] = [1; 16];

fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn record(replica: &Arc<SharedReplica>, content: Content) {
    let applied = replica
        .change(Work::Small, |replica| {
            replica.apply(Mark::of(Timestamp::UNIX_EPOCH, b""), content)
        })
        .await;
    applied.unwrap().unwrap();
}

async fn hear(replica: &Arc<SharedReplica>, head: u64) {
    let message =
        move |replica: &mut Replica| replica.hear(LogId::from_random(LOG), Revision(head), Timestamp::UNIX_EPOCH);
    replica.change(Work::Small, message).await.unwrap().unwrap();
}

fn release(name: &str) -> Content {
    let (name, note) = (name.parse().unwrap(), String::new());
    Content::Release(Release {
        name,
        revision: Revision(1),
        note,
        created_at: Timestamp::UNIX_EPOCH,
    })
}

#[tokio::test]
async fn a_question_waits_exactly_until_the_state_is_there() {
    let replica = Arc::new(SharedReplica::default());
    let until = Instant::now() + Duration::from_hours(1);
    let newest = ReadAt::default();
    let later = ReadAt {
        min_revision: Revision(3),
        ..ReadAt::default()
    };
    let named = ReadAt {
        as_of: AsOf::Release("review".parse().unwrap()),
        ..ReadAt::default()
    };
    let mut newest = pin!(replica.locate(&newest, until));
    let mut later = pin!(replica.locate(&later, until));
    let mut named = pin!(replica.locate(&named, until));

    hear(&replica, 2).await;
    record(&replica, Content::decode(&catalogue()).unwrap()).await;
    assert!(poll(newest.as_mut()).is_pending(), "1 of 2 is not the newest");
    assert!(poll(named.as_mut()).is_pending(), "the release may be in 2");
    record(&replica, release("other")).await;
    assert_eq!(newest.await.unwrap().revision, Revision(2));
    assert!(poll(later.as_mut()).is_pending());
    assert!(matches!(
        poll(named.as_mut()),
        Poll::Ready(Err(QueryError::UnknownRelease { .. }))
    ));
    hear(&replica, 3).await;
    assert!(poll(later.as_mut()).is_pending());
    record(&replica, release("review")).await;
    assert_eq!(later.await.unwrap().revision, Revision(3));
    let named = ReadAt {
        as_of: AsOf::Release("review".parse().unwrap()),
        ..ReadAt::default()
    };
    assert_eq!(replica.locate(&named, until).await.unwrap().revision, Revision(1));
}

#[tokio::test]
async fn a_state_that_was_found_is_not_read_from_another_log() {
    let replica = Arc::new(SharedReplica::default());
    hear(&replica, 1).await;
    record(&replica, Content::decode(&catalogue()).unwrap()).await;
    let moment = replica.locate(&ReadAt::default(), Instant::now()).await.unwrap();
    let rebuild = |replica: &mut Replica| *replica = replica.emptied();
    assert!(replica.compute(&moment, Work::Large, |_, _| ()).await.is_ok());
    replica.change(Work::Small, rebuild).await.unwrap();
    let refused = replica.compute(&moment, Work::Small, |_, _| ()).await;
    assert!(matches!(refused, Err(QueryError::LogReplaced)));
}

#[tokio::test]
async fn a_panic_while_changing_leaves_nothing_to_read() {
    let replica = Arc::new(SharedReplica::default());
    let panics = |_: &mut Replica| panic!("as the test wants it");
    assert_eq!(replica.change::<()>(Work::Large, panics).await, Err(Broken));
    for work in [Work::Small, Work::Large] {
        assert_eq!(replica.read(work, |_| ()).await, Err(Broken));
    }
}

fn catalogue() -> Vec<u8> {
    almanac_wire::Payload::Catalog(almanac_ca_mau::catalog_files()).encode()
}
