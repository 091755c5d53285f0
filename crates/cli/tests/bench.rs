//! `almanac bench` on a small workload: every row comes out, and the figures are those of plain loops over the exported events.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are part of the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Two provinces, three districts, the last 40 days of 2023: a part of November and December.
const SMALL: [&str; 6] = ["--provinces", "2", "--districts", "3", "--days", "40"];
const ROWS: [&str; 29] = [
    "stream",
    "stream_limit",
    "stream_ratio",
    "loaded",
    "disk",
    "memory",
    "q1",
    "q2",
    "q3",
    "q4",
    "call",
    "columns_rate",
    "columns_bytes",
    "figures_rate",
    "figures_bytes",
    "restart_checkpoint",
    "restart_log",
    "q5",
    "q5_ratio",
    "large",
    "large_limit",
    "large_ratio",
    "single",
    "single_limit",
    "single_ratio",
    "single_time",
    "single_time_limit",
    "sync",
    "visible",
];

fn bench(more: &[&str]) {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_almanac"));
    let output = bench
        .arg("bench")
        .args(SMALL)
        .args(["--seed", "7"])
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{more:?}: {said}");
}

/// Metric, province and codes of a series.
type Series = (String, String, String);
/// Values of one kind of figure by province, period and code.
type Sums = BTreeMap<(String, String, String), i64>;

/// What was exported, line by line, without the head.
fn lines(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let line = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().skip(1).map(line).collect()
}

fn series(folder: &Path) -> Vec<Series> {
    let one = |line: Vec<String>| (line[1].clone(), line[3].clone(), line[4].clone());
    lines(folder, "series.csv").into_iter().map(one).collect()
}

/// Adds what `place` makes of each value: where it counts, or nothing.
fn sums(folder: &Path, place: impl Fn(&Series, &str) -> Option<(String, String, String)>) -> Sums {
    let series = series(folder);
    let mut sums = Sums::new();
    for line in lines(folder, "observations.csv") {
        let of = &series[line[0].parse::<usize>().unwrap()];
        if let Some(place) = place(of, &line[1]) {
            *sums.entry(place).or_default() += line[2].parse::<i64>().unwrap();
        }
    }
    sums
}

fn answer(report: &Value, question: &str) -> BTreeMap<(String, String, String), String> {
    let figures = report["answers"][question].as_array().unwrap();
    let text = |figure: &Value, key: &str| figure[key].as_str().unwrap().to_owned();
    let key = |figure: &Value| (text(figure, "area"), text(figure, "period"), text(figure, "code"));
    figures
        .iter()
        .map(|figure| (key(figure), text(figure, "value")))
        .collect()
}

fn printed(sums: Sums) -> BTreeMap<(String, String, String), String> {
    sums.into_iter().map(|(place, sum)| (place, sum.to_string())).collect()
}

#[test]
fn every_row_comes_out_and_the_figures_are_those_of_plain_loops() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    bench(&["--export", folder.to_str().unwrap()]);
    let json = folder.join("report.json");
    bench(&["--seconds", "1", "--json", json.to_str().unwrap()]);
    let report: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();

    let rows = report["rows"].as_array().unwrap();
    let found: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(found, BTreeSet::from(ROWS));
    for row in rows.iter().filter(|row| row["id"] != "memory") {
        // memory is that of a process, and may shrink while so little is loaded
        assert!(row["measured"].as_f64().unwrap() > 0.0, "{row}");
    }

    let month = |day: &str| day[..7].to_owned();
    let is_stock = |metric: &str| metric.ends_with(".subscriptions");
    let ends_month = |day: &str| matches!(day, "2023-11-30" | "2023-12-31");
    let (first, none) = ("P01".to_owned(), String::new());

    let post = sums(folder, |(metric, province, _), day| {
        (metric == "post.items" && *province == first).then(|| (first.clone(), month(day), none.clone()))
    });
    assert_eq!(answer(&report, "q1"), printed(post));

    let internet = sums(folder, |(metric, province, codes), day| {
        let technology = codes.split(';').find_map(|code| code.strip_prefix("technology="))?;
        (metric == "internet.subscriptions" && *province == first && day == "2023-12-31")
            .then(|| (first.clone(), "2023-Q4".to_owned(), technology.to_owned()))
    });
    assert_eq!(answer(&report, "q2"), printed(internet));

    let telephone = sums(folder, |(metric, province, _), day| {
        (metric == "telephone.subscriptions" && day == "2023-12-31")
            .then(|| (province.clone(), "2023".to_owned(), none.clone()))
    });
    let inhabitants = lines(folder, "inhabitants.csv").into_iter();
    let inhabitants: BTreeMap<String, i64> = inhabitants
        .map(|line| (line[0].clone(), line[2].parse().unwrap()))
        .collect();
    let densities = answer(&report, "q3");
    assert_eq!(
        densities.keys().collect::<Vec<_>>(),
        telephone.keys().collect::<Vec<_>>()
    );
    for (place, sum) in telephone {
        let hundredths: i64 = densities[&place].replace('.', "").parse().unwrap();
        // rounded to the nearest: no further from the quotient than half of the last digit
        let inhabitants = inhabitants[&place.0];
        let off = (sum * 10_000 - hundredths * inhabitants).abs();
        assert!(
            off * 2 <= inhabitants,
            "{place:?}: {sum} / {inhabitants} is {hundredths}"
        );
    }

    for metric in [
        "telephone.subscriptions",
        "internet.subscriptions",
        "post.items",
        "press.copies",
    ] {
        let everywhere = sums(folder, |(of, province, _), day| {
            (of == metric && (!is_stock(metric) || ends_month(day)))
                .then(|| (province.clone(), month(day), none.clone()))
        });
        let told = report["answers"]["q4"].as_array().unwrap();
        let told = told.iter().filter(|figure| figure["measure"] == metric).count();
        assert_eq!(told, everywhere.len(), "{metric}");
        for ((province, month, _), sum) in everywhere {
            let figures = report["answers"]["q4"].as_array().unwrap();
            let same = |figure: &&Value| {
                figure["measure"] == metric && figure["area"] == *province && figure["period"] == *month
            };
            let figure = figures.iter().find(same).unwrap();
            assert_eq!(figure["value"], sum.to_string(), "{metric} {province} {month}");
        }
    }
}

#[test]
fn one_seed_is_one_workload() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &other] {
        bench(&["--export", folder.path().to_str().unwrap()]);
    }
    let read = |folder: &tempfile::TempDir| fs::read(folder.path().join("observations.csv")).unwrap();
    assert!(!read(&one).is_empty());
    assert_eq!(read(&one), read(&other));
}
