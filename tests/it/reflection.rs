//! What a stranger with grpcurl sees: each process lists its own services, in both versions of reflection, and says of
//! each whether it serves.

use std::net::SocketAddr;

use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_reflection::pb;

use crate::support::channel;
use crate::support::pair::Pair;

const COMMON: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];
const INGEST: [&str; 2] = ["almanac.ingest.v1.IngestService", "almanac.log.v1.LogService"];
const QUERY: [&str; 2] = ["almanac.log.v1.SnapshotService", "almanac.query.v1.QueryService"];

/// The names of the services, and whether a message is described; asked in one version of the protocol.
macro_rules! ask {
    ($version:ident, $address:expr, $message:expr) => {{
        use pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = |message| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message),
        };
        let requests = tokio_stream::iter([
            request(MessageRequest::ListServices(String::new())),
            request(MessageRequest::FileContainingSymbol($message.to_owned())),
        ]);
        let mut client = ServerReflectionClient::new(channel($address));
        let answers = client.server_reflection_info(requests).await.unwrap().into_inner();
        let (mut names, mut described) = (Vec::new(), false);
        for answer in answers.collect::<Vec<_>>().await {
            match answer.unwrap().message_response.unwrap() {
                MessageResponse::ListServicesResponse(list) => {
                    names.extend(list.service.into_iter().map(|service| service.name));
                }
                MessageResponse::FileDescriptorResponse(files) => described = !files.file_descriptor_proto.is_empty(),
                other => panic!("{other:?}"),
            }
        }
        names.sort();
        (names, described)
    }};
}

#[tokio::test]
async fn each_process_lists_its_own_services_in_both_versions_of_reflection() {
    let pair = Pair::start().await;
    let processes = [
        (
            pair.ingest.address,
            &INGEST[..],
            "almanac.ingest.v1.RecordEventsRequest",
        ),
        (
            pair.query.address,
            &QUERY[..],
            "almanac.query.v1.QueryIndicatorsRequest",
        ),
    ];
    for (address, own, message) in processes {
        let expected = [own, &COMMON].concat();
        assert_eq!(
            ask!(v1, address, message),
            (expected.iter().map(ToString::to_string).collect(), true)
        );
        assert_eq!(
            ask!(v1alpha, address, message),
            (expected.iter().map(ToString::to_string).collect(), true)
        );
        // with it grpcurl prints the details of a refusal
        assert!(ask!(v1alpha, address, "google.rpc.BadRequest").1);
    }
}

async fn health(address: SocketAddr, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(channel(address)).check(request).await;
    answer
        .map(|answer| HealthCheckResponse::status(answer.get_ref()))
        .map_err(|status| status.code())
}

#[tokio::test]
async fn each_process_tells_the_health_of_each_of_its_services() {
    let pair = Pair::start().await;
    pair.query.wait_until(ServingStatus::Serving).await;
    for (address, own, of_the_other) in [
        (pair.ingest.address, &INGEST[..], QUERY[0]),
        (pair.query.address, &QUERY[..], INGEST[0]),
    ] {
        for service in own.iter().chain(&[""]) {
            assert_eq!(health(address, service).await, Ok(ServingStatus::Serving), "{service}");
        }
        assert_eq!(health(address, of_the_other).await, Err(Code::NotFound));
    }
}
