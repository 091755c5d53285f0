//! almanac-cli
