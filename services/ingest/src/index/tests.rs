//! The state with an index against the naive one, which keeps everything in memory.

mod histories;
mod limits;
mod losses;
mod starts;
mod support;
