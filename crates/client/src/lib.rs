//! almanac-client
