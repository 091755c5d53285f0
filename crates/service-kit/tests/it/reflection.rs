use tokio_stream::StreamExt;
use tonic_reflection::pb;

use crate::support::TestServer;

/// The listing and the source of a message, asked in one of the two versions of the protocol, which differ only in
/// their package.
macro_rules! ask {
    ($version:ident, $server:expr) => {{
        use pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = |message| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(message),
        };
        let requests = vec![
            request(MessageRequest::ListServices(String::new())),
            request(MessageRequest::FileContainingSymbol("google.rpc.ErrorInfo".to_owned())),
        ];
        let mut client = ServerReflectionClient::new($server.channel().await);
        let answers = client
            .server_reflection_info(tokio_stream::iter(requests))
            .await
            .unwrap()
            .into_inner();
        let mut names = Vec::new();
        let mut files = 0;
        for answer in answers.collect::<Vec<_>>().await {
            match answer.unwrap().message_response.unwrap() {
                MessageResponse::ListServicesResponse(list) => {
                    names = list.service.into_iter().map(|service| service.name).collect();
                }
                MessageResponse::FileDescriptorResponse(response) => files = response.file_descriptor_proto.len(),
                other => panic!("{other:?}"),
            }
        }
        names.sort();
        (names, files)
    }};
}

#[tokio::test]
async fn both_versions_list_the_services_and_know_the_error_details() {
    let server = TestServer::start().await;
    let expected = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    let (names, files) = ask!(v1, server);
    assert_eq!(names, expected);
    assert!(files > 0);
    let (names, files) = ask!(v1alpha, server);
    assert_eq!(names, expected);
    assert!(files > 0);
}

#[tokio::test]
async fn a_descriptor_set_that_is_none_is_an_error_at_the_start() {
    let server = TestServer::start_with(almanac_service_kit::server::ServerOptions::new(&[&[0xff]])).await;
    let error = server.serving.await.unwrap().unwrap_err();
    assert!(
        matches!(error, almanac_service_kit::server::ServeError::Reflection(_)),
        "{error:?}"
    );
}
