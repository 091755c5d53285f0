//! Answers as bytes: what decoding would smooth over is seen.

use bytes::{Buf, BufMut, Bytes};
use prost::Message;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Calls a method and gives the bytes of its answer.
pub async fn call(channel: Channel, path: &str, request: &impl Message) -> Result<Bytes, Status> {
    call_with(channel, path, request.encode_to_vec()).await
}

/// Calls a method that answers with a stream, and gives the bytes of each message.
pub async fn stream(channel: Channel, path: &str, request: &impl Message) -> Result<Vec<Bytes>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let request = Request::new(Bytes::from(request.encode_to_vec()));
    let path = parsed(path)?;
    let mut messages = grpc.server_streaming(request, path, AsBytes).await?.into_inner();
    let mut all = Vec::new();
    while let Some(message) = messages.message().await? {
        all.push(message);
    }
    Ok(all)
}

/// Calls a method with a request that was encoded before.
pub async fn call_with(channel: Channel, path: &str, request: Vec<u8>) -> Result<Bytes, Status> {
    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let request = Request::new(Bytes::from(request));
    let answer = grpc.unary(request, parsed(path)?, AsBytes).await?;
    Ok(answer.into_inner())
}

fn parsed(path: &str) -> Result<PathAndQuery, Status> {
    path.parse()
        .map_err(|_| Status::internal("the path of a method is none"))
}

#[derive(Clone, Copy, Debug)]
struct AsBytes;

impl Codec for AsBytes {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsBytes {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for AsBytes {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
