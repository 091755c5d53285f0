//! The deterministic simulation (`tests/simulation`): a seed is a run, to the last byte.

use std::process::{Command, Output};

fn simulated(seed: u64, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulated"));
    command
        .args(["--seed", &seed.to_string(), "--seconds", "6"])
        .args(options);
    command.output().expect("the program of a run is built with the tests")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_same_seed_has_the_same_trace_and_another_seed_another_one() {
    let mut traces = Vec::new();
    for seed in [1, 2] {
        let [one, other] = [simulated(seed, &["--trace"]), simulated(seed, &["--trace"])];
        assert!(one.status.success(), "{}", text(&one.stderr));
        assert_eq!(text(&one.stderr), text(&other.stderr), "seed {seed}");
        assert_eq!(text(&one.stdout), text(&other.stdout), "seed {seed}");
        traces.push(text(&one.stdout));
    }
    assert_ne!(traces[0], traces[1]);
}

#[test]
fn a_run_finds_what_was_acknowledged_before_it_was_on_disk() {
    let failed = (1..=20).map(|seed| simulated(seed, &["--acknowledge-early"]));
    let found = failed.map(|run| text(&run.stderr)).find(|said| !said.is_empty());
    assert!(found.expect("a loss is found").contains("does not hold"));
}

#[test]
fn a_run_finds_what_was_recorded_twice() {
    let failed = (1..=20).map(|seed| simulated(seed, &["--forget-requests"]));
    let found = failed.map(|run| text(&run.stderr)).find(|said| !said.is_empty());
    assert!(found.expect("a repetition is found").contains("does not hold"));
}
