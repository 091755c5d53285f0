//! The log keeps who recorded what.

use std::error::Error;
use std::net::SocketAddr;

use almanac_client::LogClient;
use almanac_wire::pb::ingest::ingest_service_client::IngestServiceClient;

use crate::support::channel;
use crate::support::events::{DIC, enterprises, request};
use crate::support::ingest::Ingest;

#[tokio::test]
async fn each_record_names_the_connection_that_it_came_on() -> Result<(), Box<dyn Error>> {
    let (ingest, _dir) = Ingest::start().await;
    let [one, other] = [(); 2].map(|()| IngestServiceClient::new(channel(ingest.address)));
    let mut recorded = Vec::new();
    for (client, value) in [(&one, 16), (&one, 17), (&other, 18)] {
        let answer = client
            .clone()
            .record_events(request(DIC, vec![enterprises(value)]))
            .await?;
        recorded.push(answer.into_inner().revision);
    }

    let mut copy = LogClient::connect(&format!("http://{}", ingest.address))
        .await?
        .copy()
        .await?;
    let mut principals: Vec<SocketAddr> = Vec::new();
    while let Some(record) = copy.next_record().await? {
        if recorded.contains(&record.revision.0) {
            principals.push(record.principal.parse()?);
        }
    }
    let [first, second, third] = principals[..] else {
        panic!("a record for each request: {principals:?}")
    };
    assert!(first.ip().is_loopback() && first != ingest.address, "{first}");
    assert_eq!(first, second);
    assert_ne!(first, third);
    Ok(())
}
