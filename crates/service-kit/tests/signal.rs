//! Signals, sent to a child process: this very test binary, told by a variable to be the child.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use almanac_service_kit::signal::shutdown_on_signal;

const ROLE: &str = "ALMANAC_TEST_SIGNAL_CHILD";

fn spawn_child() -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(ROLE, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    (child, lines)
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Not a test by itself: what the tests below start.
#[tokio::test]
async fn child() {
    if env::var_os(ROLE).is_none() {
        return;
    }
    let shutdown = shutdown_on_signal().unwrap();
    println!("\nready");
    shutdown.cancelled().await;
    println!("draining");
    std::future::pending::<()>().await;
}

fn two_signals(first: &str, second: &str) {
    let (mut child, mut lines) = spawn_child();
    assert!(lines.any(|line| line == "ready"));
    send(first, &child);
    assert!(lines.any(|line| line == "draining"));
    send(second, &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn the_first_signal_drains_and_the_second_ends_the_process() {
    two_signals("-TERM", "-INT");
    two_signals("-INT", "-TERM");
}
