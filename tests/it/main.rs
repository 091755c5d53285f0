//! What the two services promise together: over real sockets, on real disks, a file per behaviour.
//!
//! The services run in this process, so that a test says what time it is and how large things are; where a process has to
//! die, it is the service's own binary. Nothing sleeps: a test waits for the condition it needs.

mod support;

mod archive;
mod backup;
mod calendars;
mod catalog;
mod columns;
mod confidential;
mod corrections;
mod crash;
mod docs;
mod faults;
mod index;
mod layering;
mod mistakes;
mod outage;
mod principal;
mod questions;
mod reflection;
mod releases;
mod replicas;
mod reproducible;
mod restart;
mod retractions;
mod retry;
mod review;
mod simulation;
mod slow_follower;
mod stream;
mod tallies;
mod territory;
