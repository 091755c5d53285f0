//! Every mistake tonic itself answers, sent over a socket: the texts it is recognised by are tonic's.

use almanac_service_kit::limits;
use tonic::{Code, codec::CompressionEncoding};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use crate::support::{Client, MAX_MESSAGE_BYTES, TestServer, reason};

#[tokio::test]
async fn a_request_too_large_is_an_invalid_argument_that_names_the_limit() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let refused = client.unary("Echo", "x".repeat(MAX_MESSAGE_BYTES)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "REQUEST_TOO_LARGE")
    );
    assert!(
        refused
            .message()
            .contains(&format!("the limit of {MAX_MESSAGE_BYTES} bytes")),
        "{}",
        refused.message()
    );
    assert_eq!(
        refused.get_details_error_info().unwrap().metadata["limit_bytes"],
        MAX_MESSAGE_BYTES.to_string()
    );

    // The connection goes on.
    assert_eq!(client.unary("Echo", "small").await.unwrap(), "small");
}

#[tokio::test]
async fn a_request_that_grows_too_large_when_decompressed_is_the_same_mistake() {
    let server = TestServer::start().await;
    let mut client =
        Client(tonic::client::Grpc::new(server.channel().await).send_compressed(CompressionEncoding::Gzip));
    assert_eq!(client.unary("Echo", "small").await.unwrap(), "small");
    let refused = client
        .unary("Echo", "x".repeat(10 * MAX_MESSAGE_BYTES))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "REQUEST_TOO_LARGE")
    );
    assert!(
        refused.message().contains(&MAX_MESSAGE_BYTES.to_string()),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn a_message_too_large_within_a_stream_is_the_same_mistake_in_the_trailers() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let texts = vec!["small".to_owned(), "x".repeat(MAX_MESSAGE_BYTES)];
    let mut answers = client.stream("Repeat", texts).await.unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap(), "small");
    let refused = answers.message().await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "REQUEST_TOO_LARGE")
    );
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_clients_mistake() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    client.0.ready().await.unwrap();
    // Field 1 as a number, where the service has a string.
    let codec = ProstCodec::<u32, String>::default();
    let path = "/test.v1.EchoService/Echo".parse().unwrap();
    let refused = client.0.unary(tonic::Request::new(7), path, codec).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::InvalidArgument, "MALFORMED_REQUEST")
    );
    assert!(
        refused.message().contains("/test.v1.EchoService/Echo"),
        "{}",
        refused.message()
    );
}

#[tokio::test]
async fn an_unknown_method_or_service_or_compression_says_what_to_do() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    for method in ["Unknown", "/no.such.v1.Service/Method"] {
        let refused = client.unary(method, "x").await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unimplemented, "METHOD_NOT_FOUND")
        );
        assert!(refused.message().contains("grpcurl"), "{}", refused.message());
    }
    let mut zstd = Client(tonic::client::Grpc::new(server.channel().await).send_compressed(CompressionEncoding::Zstd));
    let refused = zstd.unary("Echo", "x").await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unimplemented, "UNSUPPORTED_COMPRESSION")
    );
}

#[tokio::test]
async fn a_services_own_statuses_are_left_as_they_are() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let own = client.unary("OutOfRange", "x").await.unwrap_err();
    assert_eq!((own.code(), own.message()), (Code::OutOfRange, "page 7 of 3"));
    let own = client.unary("Fail", "x").await.unwrap_err();
    assert_eq!((own.code(), reason(&own).as_str()), (Code::Internal, "INTERNAL"));
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_goes_on() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let fault = client.unary("Panic", "x").await.unwrap_err();
    assert_eq!((fault.code(), reason(&fault).as_str()), (Code::Internal, "INTERNAL"));
    assert!(!fault.message().contains("as the test wants it"), "{}", fault.message());
    assert_eq!(client.unary("Echo", "small").await.unwrap(), "small");
}

#[tokio::test]
async fn a_header_list_above_the_limit_is_refused() {
    let server = TestServer::start().await;
    let mut client = server.client().await;
    let mut request = tonic::Request::new("x".to_owned());
    let value = "v".repeat(limits::HEADER_LIST_BYTES as usize);
    request.metadata_mut().insert("x-long", value.parse().unwrap());
    client.send("Echo", request).await.unwrap_err();
}
