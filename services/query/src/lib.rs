//! almanac-query
