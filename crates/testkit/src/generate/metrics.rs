//! Metrics of every kind.

use super::genes::{Choices, Gene};
use super::territory::{CHANGE_DAYS, LEVELS};

/// What every generated definition carries.
pub(super) const DOCUMENTATION: &str = "label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
";

/// Where [`VOCABULARY`] stands.
pub(super) const VOCABULARY_FILE: &str = "catalog.toml";

/// The parts of a catalogue that are the same in all.
pub(super) const VOCABULARY: &str = "[catalog]
id = \"generated\"
time_zone = \"Asia/Ho_Chi_Minh\"
label = { vi = \"x\", en = \"x\" }
owner = \"x\"

[[level]]
id = \"province\"
label = { vi = \"x\", en = \"x\" }
[[level]]
id = \"district\"
label = { vi = \"x\", en = \"x\" }
[[level]]
id = \"commune\"
label = { vi = \"x\", en = \"x\" }

[[unit]]
id = \"thing\"
label = { vi = \"x\", en = \"x\" }

[[dimension]]
id = \"colour\"
label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
codes = [
    { code = \"red\", label = { vi = \"x\", en = \"x\" } },
    { code = \"blue\", label = { vi = \"x\", en = \"x\" } },
    { code = \"_X\", label = { vi = \"x\", en = \"x\" } },
]
[[dimension]]
id = \"size\"
label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
codes = [
    { code = \"small\", label = { vi = \"x\", en = \"x\" } },
    { code = \"big\", label = { vi = \"x\", en = \"x\" } },
]
";

/// The dimensions and codes of [`VOCABULARY`].
pub(super) const DIMENSIONS: [(&str, [&str; 2]); 2] = [("colour", ["red", "blue"]), ("size", ["small", "big"])];

/// A metric and what other definitions have to know of it.
#[derive(Clone, Debug)]
pub(super) struct MetricSketch {
    pub(super) id: String,
    pub(super) dimensions: Vec<&'static str>,
    pub(super) is_report: bool,
    pub(super) is_stock: bool,
    pub(super) frequency: &'static str,
    pub(super) toml: String,
}

/// The calendars beside the standard one: months that close on the 14th, and a year that begins with April.
pub(super) const CALENDARS: &str = "[[calendar]]
id = \"health\"
label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
closing_day = 14
[[calendar]]
id = \"fiscal\"
label = { vi = \"x\", en = \"x\" }
definition = { vi = \"x\", en = \"x\" }
source = \"x\"
owner = \"x\"
closing_day = \"last\"
first_month = 4
year_named_by = \"end\"
";

/// The keys of a frequency, which may be of a calendar: "health month".
pub(super) fn frequency_keys(frequency: &str) -> String {
    let of_calendar = |(calendar, unit)| format!("frequency = \"{unit}\"\ncalendar = \"{calendar}\"\n");
    let plain = || format!("frequency = \"{frequency}\"\n");
    frequency.split_once(' ').map_or_else(plain, of_calendar)
}

/// The unit of a frequency, in whatever calendar.
pub(super) fn unit_of(frequency: &'static str) -> &'static str {
    frequency.split_once(' ').map_or(frequency, |(_, unit)| unit)
}

/// The frequencies that the metrics of one catalogue have.
pub(super) fn frequencies(calendar: u8) -> &'static [&'static str] {
    match calendar % 12 {
        0 => &["month"],
        1 | 2 => &["month", "quarter", "year"],
        3 => &["quarter", "year"],
        4 => &["month", "half"],
        5 => &["day", "week"],
        6 => &["day", "month"],
        8 => &["health month", "health quarter"],
        9 => &["health month", "day", "year"],
        10 => &["fiscal month", "fiscal year", "fiscal half"],
        11 => &["fiscal quarter", "month", "year"],
        _ => &["month", "day", "week", "quarter", "half", "year"],
    }
}

pub(super) fn metrics(genes: &[Gene], frequencies: &[&'static str]) -> Vec<MetricSketch> {
    let metric = |(index, gene)| metric(&format!("m{index}"), &mut Choices::of(gene), frequencies);
    genes.iter().enumerate().map(metric).collect()
}

fn metric(id: &str, choices: &mut Choices<'_>, frequencies: &[&'static str]) -> MetricSketch {
    let is_stock = choices.below(2) == 1;
    let is_report = is_stock || !choices.once_in(2);
    let dimensions: Vec<&'static str> = match choices.below(8) {
        0..=3 => vec![],
        4 => vec!["colour"],
        5 => vec!["size"],
        6 => vec!["colour", "size"],
        _ => vec!["size", "colour"],
    };
    let frequency = choices.one(frequencies).copied().unwrap_or("month");
    let (kind, time) = if is_stock {
        let time = choices.of_values(["last", "average", "first", "min", "max", "last"]);
        ("stock", time)
    } else {
        ("flow", "sum")
    };
    let sum = if choices.once_in(6) { "none" } else { "sum" };
    let carry_forward = if is_stock {
        choices.of_values([0, 0, 1, 2, 4])
    } else {
        0
    };
    // the total since the start of the year
    let is_part_of_year = !matches!(unit_of(frequency), "week" | "year");
    let cumulative = if !is_stock && is_report && is_part_of_year && choices.once_in(3) {
        "cumulative = \"year\"\n"
    } else {
        ""
    };
    let range = choices.of_values(["", "min = \"0\"\n", "min = \"-3\"\nmax = \"40\"\n"]);
    let method = if is_report { "report" } else { "tally" };
    let toml = format!(
        "[[metric]]\nid = \"{id}\"\n{DOCUMENTATION}kind = \"{kind}\"\nmethod = \"{method}\"\nunit = \"thing\"\n\
         decimals = {}\ndimensions = {dimensions:?}\n{}time = \"{time}\"\nsum = \"{sum}\"\n\
         levels = {}\ncarry_forward = {carry_forward}\n{range}{cumulative}{}\n",
        choices.below(3),
        frequency_keys(frequency),
        levels(choices),
        breaks(choices),
    );
    MetricSketch {
        id: id.to_owned(),
        dimensions,
        is_report,
        is_stock,
        frequency: unit_of(frequency),
        toml,
    }
}

/// The day from which it is defined in another way, if any.
fn breaks(choices: &mut Choices<'_>) -> String {
    if !choices.once_in(6) {
        return String::new();
    }
    let day = choices.of_values(CHANGE_DAYS);
    format!("breaks = [{{ date = \"{day}\", label = {{ vi = \"x\", en = \"x\" }}, source = \"x\" }}]\n")
}

/// At which levels it is collected: mostly one, sometimes from a day on or another from a day on.
pub(super) fn levels(choices: &mut Choices<'_>) -> String {
    let level = LEVELS[choices.of_values([2, 1, 2, 1, 0])];
    let other = LEVELS[choices.of_values([1, 2, 0])];
    let day = choices.of_values(CHANGE_DAYS);
    match choices.below(12) {
        10 => format!("[{{ level = \"{level}\", from = \"{day}\" }}]"),
        11 => format!("[{{ level = \"{level}\", to = \"{day}\" }}, {{ level = \"{other}\", from = \"{day}\" }}]"),
        _ => format!("[{{ level = \"{level}\" }}]"),
    }
}
