//! On what, and when, a benchmark ran.

use std::fmt;
use std::fs;
use std::thread::available_parallelism;

use jiff::Timestamp;
use serde_json::{Value, json};

/// A machine at a moment.
pub(super) struct Machine {
    cores: usize,
    memory_gibibytes: u64,
    processor: String,
    system: String,
    /// Whether the program was compiled for speed.
    optimised: bool,
    at: Timestamp,
}

impl Machine {
    /// This one; what it does not tell is left empty.
    pub(super) fn here(at: Timestamp) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let value = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':')
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = value(&read("/proc/meminfo"), "MemTotal");
        let kibibytes: u64 = memory.trim_end_matches(" kB").parse().unwrap_or(0);
        Self {
            cores: available_parallelism().map_or(1, std::num::NonZero::get),
            memory_gibibytes: (kibibytes + (1 << 19)) >> 20,
            processor: value(&read("/proc/cpuinfo"), "model name"),
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            optimised: !cfg!(debug_assertions),
            at,
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "cores": self.cores,
            "memory_gibibytes": self.memory_gibibytes,
            "processor": self.processor,
            "system": self.system,
            "optimised": self.optimised,
            "at": self.at.to_string(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cores,
            memory_gibibytes,
            processor,
            system,
            optimised,
            at,
        } = self;
        let build = if *optimised {
            ""
        } else {
            "; a build that is not optimised: its figures say nothing"
        };
        write!(
            f,
            "{cores} cores ({processor}), {memory_gibibytes} GiB, {system}, {}{build}",
            at.strftime("%Y-%m-%d %H:%MZ")
        )
    }
}
