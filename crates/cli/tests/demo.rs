//! The demo as a person starts it: real sockets, a real log on disk.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// The binary with a folder for its temporary files and without the surroundings of this test.
fn almanac(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almanac"));
    command.env_remove("RUST_LOG").env("TMPDIR", temporary);
    command
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn demo_once_prints_every_published_figure_and_agrees() {
    let temporary = tempfile::tempdir().unwrap();
    let output = almanac(temporary.path()).args(["demo", "--once"]).output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(!stderr.contains("ERROR"), "{stderr}");
    // the review prints 32 figures; the inhabitants on which its densities rest are not among them
    assert!(stdout.ends_with("\n32 of 32 published figures agree\n"), "{stdout}");
    for figure in ["119.09", "49.12", "0.21", "6,997,084", "1,456,018", "over 90,000,000"] {
        assert!(stdout.contains(&format!(" {figure} ")), "{figure}\n{stdout}");
    }
    assert_eq!(stdout.matches('✓').count(), 32);
    assert!(!stdout.contains('\u{1b}'), "colour codes in a pipe");
    let widest = stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(120), "{widest:?}");
    assert!(is_empty(temporary.path()), "the folder is left behind");
}

#[test]
fn demo_speaks_vietnamese() {
    let temporary = tempfile::tempdir().unwrap();
    let output = almanac(temporary.path())
        .args(["demo", "--once", "--lang", "vi"])
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    for figure in ["119,09", "49,12", "0,21", "6.997.084", "trên 90.000.000"] {
        assert!(stdout.contains(&format!(" {figure} ")), "{figure}\n{stdout}");
    }
}

#[test]
fn demo_stays_up_with_something_to_try_until_it_is_interrupted() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = almanac(temporary.path())
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(demo.stdout.take().unwrap());
    let mut told = String::new();
    // the last thing that it prints
    while !told.contains("/GetReport\n") {
        assert_ne!(stdout.read_line(&mut told).unwrap(), 0, "it ended:\n{told}");
    }
    for method in ["describe", "QueryIndicators", "RecordEvents", "ExplainFigure"] {
        assert!(told.contains(method), "{method}\n{told}");
    }
    assert!(!is_empty(temporary.path()));

    let interrupted = Command::new("kill").args(["-INT", &demo.id().to_string()]).status();
    assert!(interrupted.unwrap().success());
    let status = demo.wait().unwrap();
    let mut stderr = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(status.success(), "{status}: {stderr}");
    assert!(!stderr.contains("ERROR"), "{stderr}");
    assert!(is_empty(temporary.path()), "the folder is left behind");
}
