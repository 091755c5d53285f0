//! `areas.csv` and `transitions.csv`.

use std::collections::BTreeMap;

use almanac_model::{AreaId, Decimal};
use csv::StringRecord;
use jiff::civil::Date;

use super::document::{AREAS, TRANSITIONS};
use super::fields::{bad_id, parse_date};
use super::names::{Names, Subject};
use crate::problem::{Located, Place, Problems};
use crate::{Area, CatalogFiles, DatedParent, Extent, Transition, Weight, suggest};

const AREA_COLUMNS: [&str; 7] = ["area", "code", "name_vi", "level", "parent", "valid_from", "valid_to"];
const TRANSITION_COLUMNS: [&str; 6] = ["from_area", "to_area", "date", "extent", "weight", "weight_source"];
/// The columns that a file may leave out.
const OPTIONAL_COLUMNS: [&str; 2] = ["weight", "weight_source"];

/// A line of `areas.csv`: an area in a stretch of time.
#[derive(Debug)]
pub(crate) struct AreaRow<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) area: String,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) level: String,
    pub(crate) parent: String,
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

/// The lines of `areas.csv`.
#[derive(Debug, Default)]
pub(crate) struct AreaRows<'a> {
    pub(crate) rows: Vec<AreaRow<'a>>,
    /// Whether there are others that could not be read.
    pub(super) incomplete: bool,
}

/// A line of `transitions.csv`.
#[derive(Debug)]
pub(crate) struct TransitionRow<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) transition: Option<Transition>,
}

/// A record of a CSV file whose fields are found by the name of their column.
struct Row<'a, 'h> {
    place: Place<'a>,
    columns: &'h BTreeMap<String, usize>,
    record: StringRecord,
    problems: &'h Problems,
}

impl Row<'_, '_> {
    fn get(&self, column: &str) -> &str {
        let index = self.columns.get(column).copied();
        index
            .and_then(|index| self.record.get(index))
            .unwrap_or_default()
            .trim()
    }

    fn required(&self, column: &str) -> &str {
        let text = self.get(column);
        if text.is_empty() {
            self.problems
                .report(self.place, format!("{column:?} is empty"), "write what it is");
        }
        text
    }

    fn date(&self, column: &str) -> Option<Date> {
        let value = self.get(column);
        if value.is_empty() {
            return None;
        }
        parse_date(
            self.problems,
            Located {
                value,
                place: self.place,
            },
            column,
        )
    }

    fn required_date(&self, column: &str) -> Option<Date> {
        self.required(column);
        self.date(column)
    }
}

/// Calls `read` with each record of a file. Whether all lines had the form of one; a file that is not there has none.
fn each_row<'a>(
    files: &'a CatalogFiles,
    file: &'a str,
    columns: &[&str],
    problems: &Problems,
    mut read: impl FnMut(&Row<'a, '_>),
) -> bool {
    let Some(text) = files.get(file) else {
        return true;
    };
    let place = Place { file, text, offset: 0 };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let before = problems.len();
    let header = match reader.headers() {
        Ok(header) => columns_of(header, columns, place, problems),
        Err(error) => {
            let message = format!("the header cannot be read: {error}");
            problems.report(place, message, header_remedy(columns));
            return false;
        }
    };
    if problems.len() > before {
        return false;
    }
    let mut complete = true;
    for record in reader.records() {
        let position = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        let place = place.at(first_letter(text, position.map_or(0, csv::Position::byte)));
        let wrong = match record {
            Ok(record) if record.len() == header.len() => {
                read(&Row {
                    place,
                    columns: &header,
                    record,
                    problems,
                });
                continue;
            }
            Ok(record) => format!("this line has {} fields; the header has {}", record.len(), header.len()),
            Err(error) => format!("this line cannot be read: {error}"),
        };
        complete = false;
        problems.report(
            place,
            wrong,
            "write one field for each column, in quotes when it has a comma",
        );
    }
    complete
}

/// A record's position may be the end of the line before it.
fn first_letter(text: &str, position: u64) -> usize {
    let position = usize::try_from(position).unwrap_or(text.len()).min(text.len());
    let line_ends = text.as_bytes()[position..]
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    position + line_ends
}

fn header_remedy(columns: &[&str]) -> String {
    format!("begin the file with the line {}", columns.join(","))
}

/// The columns of a header by name; absent and unknown ones are reported.
fn columns_of(
    header: &StringRecord,
    columns: &[&str],
    place: Place<'_>,
    problems: &Problems,
) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (index, name) in header.iter().enumerate() {
        if !columns.contains(&name) {
            let near = suggest::nearest(name, columns.iter().copied());
            let remedy = suggest::remedy(&near, header_remedy(columns));
            problems.report(place, format!("there is no column {name:?}"), remedy);
        }
        if found.insert(name.to_owned(), index).is_some() {
            problems.report(
                place,
                format!("the column {name:?} stands there twice"),
                header_remedy(columns),
            );
        }
    }
    for column in columns {
        if !OPTIONAL_COLUMNS.contains(column) && !found.contains_key(*column) {
            problems.report(
                place,
                format!("the column {column:?} is not there"),
                header_remedy(columns),
            );
        }
    }
    found
}

/// The lines of `areas.csv` that have the form of one.
pub(super) fn area_rows<'a>(files: &'a CatalogFiles, problems: &Problems) -> AreaRows<'a> {
    if files.get(AREAS).is_none() {
        let place = Place::start_of(AREAS);
        problems.report(place, "the file is not there", header_remedy(&AREA_COLUMNS));
        return AreaRows {
            incomplete: true,
            ..AreaRows::default()
        };
    }
    let mut rows = Vec::new();
    let complete = each_row(files, AREAS, &AREA_COLUMNS, problems, |row| {
        rows.push(AreaRow {
            place: row.place,
            area: row.required("area").to_owned(),
            code: row.required("code").to_owned(),
            name: row.required("name_vi").to_owned(),
            level: row.required("level").to_owned(),
            parent: row.get("parent").to_owned(),
            from: row.required_date("valid_from"),
            to: row.date("valid_to"),
        });
    });
    AreaRows {
        rows,
        incomplete: !complete,
    }
}

/// The areas, each with its stretches of time in order.
pub(super) fn read_areas(rows: &[AreaRow<'_>], names: &Names<'_>, problems: &Problems) -> Vec<Area> {
    let mut areas: BTreeMap<AreaId, Area> = BTreeMap::new();
    for row in rows {
        let located = |value| Located {
            value,
            place: row.place,
        };
        let id = row.area.parse::<AreaId>();
        let id = id
            .map_err(|error| bad_id(problems, located(row.area.as_str()), "area", &error))
            .ok();
        let level = names.resolve(Subject::Level, located(row.level.as_str()), problems);
        let parent =
            (!row.parent.is_empty()).then(|| names.resolve(Subject::Area, located(row.parent.as_str()), problems));
        let (Some(id), Some(level), Some(from)) = (id, level, row.from) else {
            continue;
        };
        let Some(parent) = parent.map_or(Some(None), |parent| parent.map(|parent| Some(parent.value))) else {
            continue;
        };
        let area = areas.entry(id.clone()).or_insert_with(|| Area {
            id,
            code: row.code.clone(),
            name: row.name.clone(),
            level: level.value,
            parents: Vec::new(),
        });
        area.parents.push(DatedParent {
            parent,
            from,
            to: row.to,
        });
    }
    let mut areas: Vec<Area> = areas.into_values().collect();
    for area in &mut areas {
        area.parents.sort_by_key(|stretch| stretch.from);
    }
    areas
}

/// The lines of `transitions.csv`; their names and weights are read, but not yet held against the areas.
pub(super) fn transition_rows<'a>(
    files: &'a CatalogFiles,
    names: &Names<'_>,
    problems: &Problems,
) -> Vec<TransitionRow<'a>> {
    let mut rows = Vec::new();
    each_row(files, TRANSITIONS, &TRANSITION_COLUMNS, problems, |row| {
        let located = |column| Located {
            value: row.required(column),
            place: row.place,
        };
        let area = |column| {
            let text = located(column);
            (!text.value.is_empty()).then(|| names.resolve::<AreaId>(Subject::Area, text, problems))?
        };
        let (from, to, date) = (area("from_area"), area("to_area"), row.required_date("date"));
        let extent = read_extent(row);
        let transition = || {
            Some(Transition {
                from: from?.value,
                to: to?.value,
                date: date?,
                extent: extent?,
            })
        };
        rows.push(TransitionRow {
            place: row.place,
            transition: transition(),
        });
    });
    rows
}

fn read_extent(row: &Row<'_, '_>) -> Option<Extent> {
    let weight = read_weight(row);
    match row.required("extent") {
        "whole" => {
            if weight.is_some() {
                row.problems.report(
                    row.place,
                    "a whole area has a weight",
                    "leave the weight out, or write \"part\"",
                );
            }
            Some(Extent::Whole)
        }
        "part" => Some(Extent::Part(weight)),
        "" => None,
        other => {
            row.problems.report(
                row.place,
                format!("\"extent\" is {other:?}"),
                "write \"whole\" or \"part\"",
            );
            None
        }
    }
}

fn read_weight(row: &Row<'_, '_>) -> Option<Weight> {
    let (share, source) = (row.get("weight"), row.get("weight_source"));
    if share.is_empty() {
        if !source.is_empty() {
            row.problems.report(
                row.place,
                "\"weight_source\" stands without a weight",
                "write the weight, or leave it out",
            );
        }
        return None;
    }
    if source.is_empty() {
        let remedy = "write what it is a share of and who says so";
        row.problems
            .report(row.place, "\"weight\" stands without \"weight_source\"", remedy);
    }
    let between_0_and_1 = |share: &Decimal| share.units() >= 0 && share.to_scaled(18).is_ok_and(|units| units <= ONE);
    let parsed = share.parse::<Decimal>().ok().filter(between_0_and_1);
    if parsed.is_none() {
        row.problems.report(
            row.place,
            format!("\"weight\" is {share:?}"),
            "write a share from 0 to 1, such as 0.25",
        );
    }
    Some(Weight {
        share: parsed?,
        source: source.to_owned(),
    })
}

/// 1 with 18 decimals.
const ONE: i64 = 1_000_000_000_000_000_000;
