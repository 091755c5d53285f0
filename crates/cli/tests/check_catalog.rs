//! `almanac check-catalog` on folders as people write them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::fs;
use std::path::Path;
use std::process::Command;

use almanac_ca_mau::catalog_files;

/// What it prints, and its exit code.
fn check(dir: &Path) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_almanac"))
        .arg("check-catalog")
        .arg(dir)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.code())
}

/// The built-in catalogue in a folder, where it can be spoiled.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in catalog_files().iter() {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn spoil(dir: &Path, file: &str, right: &str, wrong: &str) {
    let path = dir.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(right), "{file} has no {right:?}");
    fs::write(path, text.replacen(right, wrong, 1)).unwrap();
}

#[test]
fn a_catalogue_without_mistakes_is_counted_and_hashed() {
    let dir = folder();
    let (told, code) = check(dir.path());
    let hash = catalog_files().hash();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("ok: ca-mau, "), "{told}");
    assert!(told.ends_with(&format!("content hash {hash}\n")), "{told}");
    for count in ["metrics", "indicators", "areas"] {
        assert!(told.contains(count), "{told}");
    }
}

#[test]
fn every_mistake_is_told_with_file_line_and_remedy() {
    let dir = folder();
    let dir = dir.path();
    spoil(
        dir,
        "telephone.toml",
        "telephone.subscriptions / population.inhabitants",
        "telephone.subscriptions / population.inhabitant",
    );
    spoil(
        dir,
        "internet.toml",
        "unit = \"subscription\"",
        "unit = \"subscriptoin\"",
    );
    spoil(dir, "post.toml", "kind = \"flow\"", "kind = \"flood\"");
    let (told, code) = check(dir);
    assert_eq!(code, Some(1), "{told}");
    for file in ["telephone.toml", "internet.toml", "post.toml"] {
        let place = format!("{}:", dir.join(file).display());
        let line = told.lines().find(|line| line.starts_with(&place));
        let number = line.and_then(|line| line[place.len()..].split(':').next());
        assert!(number.is_some_and(|number| number.parse::<u32>().is_ok()), "{told}");
    }
    let problems = told.matches("    remedy: ").count();
    assert!(problems >= 3, "{told}");
    assert!(told.ends_with(&format!("\n{problems} problems\n")), "{told}");
    assert!(told.contains("population.inhabitants"), "no nearest name:\n{told}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let (told, code) = check(Path::new("no-such-folder"));
    assert_eq!(code, Some(1));
    assert!(told.starts_with("error: cannot list no-such-folder"), "{told}");
}
