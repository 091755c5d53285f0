//! The generated types, with the lints that generated code cannot keep.
#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, unreachable_pub)]

macro_rules! package {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"));
    };
}

pub mod almanac {
    pub mod v1 {
        package!("almanac.v1");
    }
    pub mod ingest {
        pub mod v1 {
            package!("almanac.ingest.v1");
        }
    }
    pub mod log {
        pub mod v1 {
            package!("almanac.log.v1");
        }
    }
    pub mod query {
        pub mod v1 {
            package!("almanac.query.v1");
        }
    }
}

/// The query service with answers whose figures stay encoded, [`FiguresAnswer`](crate::FiguresAnswer): what the service and the typed
/// client are made of. That of [`query`] has a message for each figure, as whoever generates from the proto files has.
pub mod encoded {
    include!(concat!(env!("OUT_DIR"), "/encoded/almanac.query.v1.rs"));
}

pub use almanac::{ingest::v1 as ingest, log::v1 as log, query::v1 as query, v1 as shared};
