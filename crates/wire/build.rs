//! Compiles the proto files without a system protoc, and keeps their descriptors for server reflection.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use prost::Message as _;

const PROTO_ROOT: &str = "../../proto";
/// What each process serves: its reflection lists nothing else.
const INGEST: [&str; 2] = ["almanac/ingest/v1/ingest.proto", "almanac/log/v1/log.proto"];
const QUERY: [&str; 2] = ["almanac/query/v1/query.proto", "almanac/log/v1/snapshot.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={PROTO_ROOT}");
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    for (name, files) in [("ingest.bin", &INGEST[..]), ("query.bin", &QUERY[..])] {
        fs::write(
            out_dir.join(name),
            protox::compile(files, [PROTO_ROOT])?.encode_to_vec(),
        )?;
    }
    tonic_prost_build::configure()
        // the payload of a record is handed on without a copy
        .bytes(".almanac.log.v1.LogRecord.payload")
        .bytes(".almanac.log.v1.GetSnapshotResponse.chunk")
        // a batch of a stream is stored as it came, and the events of a request are read in place
        .extern_path(".almanac.ingest.v1.StreamBatch", "crate::StreamBatch")
        .extern_path(".almanac.ingest.v1.RecordEventsRequest", "crate::RecordEventsRequest")
        // maps in the order of their keys: the same answer is the same bytes
        .btree_map(".")
        .compile_fds(protox::compile(INGEST.iter().chain(&QUERY), [PROTO_ROOT])?)?;
    let encoded = out_dir.join("encoded");
    fs::create_dir_all(&encoded)?;
    tonic_prost_build::configure()
        .out_dir(encoded)
        .extern_path(".almanac.v1", "crate::pb::shared")
        .extern_path(".almanac.query.v1", "crate::pb::query")
        .extern_path(".almanac.query.v1.QueryIndicatorsResponse", "crate::FiguresAnswer")
        .extern_path(".almanac.query.v1.StreamIndicatorsResponse", "crate::FiguresAnswer")
        .compile_fds(protox::compile(&QUERY[..1], [PROTO_ROOT])?)?;
    Ok(())
}
