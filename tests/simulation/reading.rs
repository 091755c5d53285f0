//! Questions, and readers that ask them all the time.

use std::sync::Arc;
use std::time::Duration;

use almanac_tests::{Fault, raw};
use almanac_wire::pb::query::{QueryIndicatorsRequest, QueryIndicatorsResponse, ReadAt};
use almanac_wire::pb::shared::{AsOf, as_of};
use bytes::Bytes;
use prost::Message;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::network::{QUERY_PORT, channel};
use crate::world::{READERS, REPLICAS, Values, World};

const PATH: &str = "/almanac.query.v1.QueryService/QueryIndicators";
/// An answer that takes longer does not come.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);

/// At the newest state that holds a revision.
pub(crate) fn at_least(revision: u64) -> ReadAt {
    ReadAt {
        min_revision: revision,
        ..ReadAt::default()
    }
}

/// As of a revision.
pub(crate) fn as_of(revision: u64) -> ReadAt {
    ReadAt {
        as_of: Some(AsOf {
            state: Some(as_of::State::Revision(revision)),
        }),
        ..ReadAt::default()
    }
}

/// The answer in bytes; `None` when there is none now.
pub(crate) async fn ask(channel: &Channel, read_at: ReadAt) -> Result<Option<Bytes>, Status> {
    let question = QueryIndicatorsRequest {
        indicators: vec!["internet.subscriptions".into()],
        areas: vec!["96".into()],
        periods: vec!["1998..2004".into()],
        group_by: vec!["technology".into()],
        read_at: Some(read_at),
        ..QueryIndicatorsRequest::default()
    };
    match timeout(ANSWERED_WITHIN, raw::call(channel.clone(), PATH, &question)).await {
        Ok(Ok(bytes)) => Ok(Some(bytes)),
        Ok(Err(status)) if may_pass(&status) => Ok(None),
        Ok(Err(refused)) => Err(refused),
        Err(_) => Ok(None),
    }
}

/// What a broken connection shows as, or a service that is not there or has not caught up.
fn may_pass(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal | Code::DeadlineExceeded
    )
}

/// The revision and the values of an answer.
pub(crate) fn told(answer: Bytes) -> Result<(u64, Values), Fault> {
    let answer = QueryIndicatorsResponse::decode(answer)?;
    let revision = answer.answered_at.ok_or("an answer is at a revision")?.revision;
    let mut values = Values::new();
    for figure in answer.figures {
        if let Some(value) = figure.value {
            let code = figure.dimensions.get("technology").cloned().unwrap_or_default();
            values.insert((code, figure.period), value);
        }
    }
    Ok((revision, values))
}

/// Reads until the end. What one replica tells never goes backwards; nor does what both tell, if the reader says what it has
/// seen.
pub(crate) async fn read_on(world: Arc<World>, host: &'static str) -> Result<(), Fault> {
    let asked: &[&str] = match READERS.iter().position(|reader| *reader == host) {
        Some(index) if index < REPLICAS.len() => &REPLICAS[index..=index],
        _ => &REPLICAS,
    };
    let mut channels = Vec::new();
    for replica in asked {
        channels.push(channel(replica, QUERY_PORT)?);
    }
    let mut last = 0;
    while !world.is_ending() {
        sleep(Duration::from_millis(20 + world.chance.number() % 150)).await;
        let wanted = if asked.len() > 1 { last } else { 0 };
        let index = world.chance.below(channels.len());
        let Some(answer) = ask(&channels[index], at_least(wanted)).await? else {
            continue;
        };
        let (revision, values) = told(answer)?;
        world
            .trace
            .say(format_args!("{host} is told revision {revision} by {}", asked[index]));
        world.counts.add("answers", 1);
        if revision < last {
            return Err(format!("{host} is told revision {revision} after {last}").into());
        }
        last = revision;
        world.see(revision, &values)?;
    }
    Ok(())
}
