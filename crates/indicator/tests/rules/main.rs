//! One test for each rule of what a figure means, with numbers that can be checked by hand.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod alike;
mod areas;
mod breaks;
mod checks;
mod combined;
mod comparisons;
mod completeness;
mod confidential;
mod functions;
mod functions_breaks;
mod functions_calendars;
mod functions_explained;
mod functions_levels;
mod groupings;
mod growth;
mod missing;
mod orders;
mod quality;
mod ranks;
mod ratios;
mod restated;
mod share;
mod support;
mod targets;
mod time;
mod time_calendars;
mod time_cumulative;
mod time_cumulative_explained;
mod year_average;
