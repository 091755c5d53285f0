//! Who may know what. The rules of the house, read from the manifests and the sources themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate of ours may depend on, tests aside.
const MAY_KNOW: [(&str, &[&str]); 14] = [
    ("almanac-model", &[]),
    ("almanac-catalog", &["model"]),
    ("almanac-wire", &["catalog", "model"]),
    ("almanac-event-log", &["model"]),
    ("almanac-log-index", &["model"]),
    ("almanac-cube", &["catalog", "model"]),
    ("almanac-indicator", &["catalog", "cube", "model"]),
    ("almanac-service-kit", &[]),
    ("almanac-ca-mau", &["catalog", "model"]),
    ("almanac-client", &["catalog", "model", "wire"]),
    ("almanac-testkit", &["catalog", "indicator", "model"]),
    (
        "almanac-ingest",
        &[
            "ca-mau",
            "catalog",
            "event-log",
            "log-index",
            "model",
            "service-kit",
            "wire",
        ],
    ),
    (
        "almanac-query",
        &["catalog", "cube", "indicator", "model", "service-kit", "wire"],
    ),
    // the command line puts everything together, and nothing depends on it
    (
        "almanac-cli",
        &[
            "ca-mau",
            "catalog",
            "client",
            "event-log",
            "ingest",
            "model",
            "query",
            "service-kit",
            // to read the records of a log
            "wire",
        ],
    ),
];

/// A package of the workspace.
struct Package {
    name: String,
    dir: PathBuf,
    manifest: toml::Table,
}

impl Package {
    /// The names of what it depends on in one of the tables of its manifest.
    fn dependencies(&self, table: &str) -> BTreeSet<String> {
        let table = self.manifest.get(table).and_then(toml::Value::as_table);
        table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
    }

    /// Everything it names in any table.
    fn all_dependencies(&self) -> BTreeSet<String> {
        let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
        tables.iter().flat_map(|table| self.dependencies(table)).collect()
    }

    /// The lines of its Rust files that are code: comments are free to speak of anything.
    fn code(&self, folder: &str) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        collect(&self.dir.join(folder), &mut lines);
        lines
    }

    /// Refuses code that names one of these.
    fn never_names(&self, folder: &str, words: &[&str]) {
        self.never_names_but(|_| false, folder, words);
    }

    /// Refuses code that names one of these, except in some places.
    fn never_names_but(&self, except: impl Fn(&str) -> bool, folder: &str, words: &[&str]) {
        let mut code = self.code(folder).into_iter();
        let found = code.find(|(place, line)| !except(place) && names_one_of(line, words));
        if let Some((place, line)) = found {
            panic!("{place}: {} names none of {words:?}: {line}", self.name);
        }
    }
}

fn names_one_of(line: &str, words: &[&str]) -> bool {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    words.iter().any(|word| {
        line.match_indices(word).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
    })
}

fn collect(folder: &Path, lines: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, lines);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                lines.push((format!("{}:{}", path.display(), number + 1), code.to_owned()));
            }
        }
    }
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace is above").to_owned()
}

/// Every package of the workspace by name.
fn packages() -> BTreeMap<String, Package> {
    let mut packages = BTreeMap::new();
    let folders = ["crates", "services"].map(|folder| fs::read_dir(root().join(folder)).expect("the folder is there"));
    let members = folders
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("the folder can be read").path());
    for dir in members.chain([root().join("tests")]) {
        let Ok(text) = fs::read_to_string(dir.join("Cargo.toml")) else {
            continue;
        };
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        let name = manifest["package"]["name"]
            .as_str()
            .expect("a package has a name")
            .to_owned();
        packages.insert(name.clone(), Package { name, dir, manifest });
    }
    packages
}

#[test]
fn each_crate_depends_only_on_those_it_may_know() {
    let mut packages = packages();
    packages.remove("almanac-tests").expect("this package");
    let unlisted = packages
        .keys()
        .find(|name| MAY_KNOW.iter().all(|(listed, _)| listed != name));
    assert!(unlisted.is_none(), "say in MAY_KNOW what {unlisted:?} may know");
    for (name, may_know) in MAY_KNOW {
        let package = &packages[name];
        let allowed: BTreeSet<String> = may_know.iter().map(|known| format!("almanac-{known}")).collect();
        for dependency in package.dependencies("dependencies") {
            let ours = dependency.starts_with("almanac-");
            assert!(
                !ours || allowed.contains(&dependency),
                "{name} may not know {dependency}"
            );
        }
    }
}

#[test]
fn nothing_depends_on_a_service_except_the_command_line_and_tests() {
    for package in packages().into_values() {
        for table in ["dependencies", "build-dependencies"] {
            let on_services = package
                .dependencies(table)
                .into_iter()
                .find(|name| ["almanac-ingest", "almanac-query"].contains(&name.as_str()));
            let may = ["almanac-cli", "almanac-tests"].contains(&package.name.as_str());
            assert!(
                may || on_services.is_none(),
                "{} depends on {on_services:?}",
                package.name
            );
        }
    }
}

#[test]
fn an_engine_on_disk_is_named_by_one_crate() {
    for (engine, word, owner) in [
        ("sled", "sled", "almanac-event-log"),
        ("lsm-tree", "lsm_tree", "almanac-log-index"),
    ] {
        for package in packages().into_values().filter(|package| package.name != owner) {
            assert!(!package.all_dependencies().contains(engine), "{}", package.name);
            package.never_names("src", &[word]);
        }
    }
}

#[test]
fn only_wire_generates_types_and_they_do_not_travel_far() {
    // the services implement the generated traits, the client calls them
    let use_them = [
        "almanac-wire",
        "almanac-ingest",
        "almanac-query",
        "almanac-client",
        "almanac-tests",
    ];
    for package in packages()
        .into_values()
        .filter(|package| package.name != "almanac-wire")
    {
        let builders = ["prost-build", "tonic-prost-build", "tonic-build", "protox"];
        let builds = builders
            .iter()
            .find(|builder| package.all_dependencies().contains(**builder));
        assert!(builds.is_none(), "{} generates types with {builds:?}", package.name);
        package.never_names("src", &["include_proto", "OUT_DIR"]);
        if !use_them.contains(&package.name.as_str()) {
            package.never_names("src", &["almanac_wire::pb"]);
        }
    }
}

#[test]
fn the_read_model_and_the_formulas_do_no_io_and_read_no_clock() {
    let packages = packages();
    for name in ["almanac-model", "almanac-cube", "almanac-indicator"] {
        let package = &packages[name];
        let outside = ["tokio", "tonic", "rustix", "tracing", "rand", "almanac-event-log"];
        let found = package
            .dependencies("dependencies")
            .into_iter()
            .find(|on| outside.contains(&on.as_str()));
        assert!(found.is_none(), "{name} depends on {found:?}");
        package.never_names(
            "src",
            &[
                "std::fs",
                "std::net",
                "std::io",
                "std::env",
                "std::thread",
                "std::process",
            ],
        );
        package.never_names(
            "src",
            &[
                "tokio",
                "SystemTime",
                "Instant::now",
                "Timestamp::now",
                "Zoned::now",
                "new_v4",
            ],
        );
    }
}

#[test]
fn exactness_no_figure_passes_through_floating_point() {
    let packages = packages();
    for name in [
        "almanac-model",
        "almanac-catalog",
        "almanac-cube",
        "almanac-indicator",
        "almanac-wire",
        "almanac-ca-mau",
        "almanac-ingest",
        "almanac-query",
    ] {
        // how alike two names are is no figure
        let alike = |place: &str| place.contains("/catalog/src/suggest.rs:");
        // a seconds count as a float, and the functions by which one comes in without its type being named
        let floats = [
            "f32",
            "f64",
            "to_f32",
            "to_f64",
            "from_f32",
            "from_f64",
            "as_f64",
            "as_secs_f32",
            "as_secs_f64",
            "sqrt",
            "powf",
            "powi",
            "mul_add",
        ];
        packages[name].never_names_but(alike, "src", &floats);
        let literal = packages[name]
            .code("src")
            .into_iter()
            .find(|(place, line)| !alike(place) && has_float_literal(line));
        assert_eq!(literal, None, "{name} has a number with a point or an exponent");
    }
}

/// Whether a line has a literal whose type is inferred to be floating point: `1.5`, `1.`, `2e3`. Texts do not count, nor do
/// ranges and fields of tuples.
fn has_float_literal(line: &str) -> bool {
    let without_escapes = line.replace("\\\"", " ");
    let code: String = without_escapes.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let bytes = code.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let part_of_name = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    };
    let starts = (0..bytes.len()).filter(|&at| {
        let before = at.checked_sub(1);
        digit(at) && !before.is_some_and(|before| part_of_name(before) || bytes[before] == b'.')
    });
    starts.into_iter().any(|start| {
        if bytes[start..].starts_with(b"0x") || bytes[start..].starts_with(b"0b") {
            return false;
        }
        let is_number = |byte: &&u8| byte.is_ascii_digit() || **byte == b'_';
        let end = start + bytes[start..].iter().take_while(is_number).count();
        let exponent = |at: usize| {
            let sign = usize::from(bytes.get(at + 1).is_some_and(|byte| b"+-".contains(byte)));
            bytes.get(at).is_some_and(|byte| b"eE".contains(byte)) && digit(at + 1 + sign)
        };
        // `1.max(2)` calls a method, `1..2` is a range
        let point = bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1) != Some(&b'.')
            && (digit(end + 1) || !part_of_name(end + 1));
        point || exponent(end)
    })
}

#[test]
fn a_float_literal_is_seen_though_its_type_is_not_named() {
    for float in [
        "let x = 1.5;",
        "f(2.0)",
        "[1., 2]",
        "a * 1e3",
        "2E-4",
        "1_000.25",
        "x+0.5",
    ] {
        assert!(has_float_literal(float), "{float}");
    }
    for other in [
        "pair.0.1", "1..5", "..=9", "0xe1", "7.max(3)", "x1.y", "\"1.5\"", "1_000", "b.2", "u8::MAX", "1e_x",
    ] {
        assert!(!has_float_literal(other), "{other}");
    }
}

#[test]
fn every_package_keeps_the_lints_of_the_workspace() {
    for package in packages().into_values() {
        let lints = package.manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(lints.and_then(toml::Value::as_bool), Some(true), "{}", package.name);
    }
}
