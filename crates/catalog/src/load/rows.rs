//! Reads a CSV file record by record. What a line lacks is reported with its number.

use std::collections::BTreeMap;

use csv::StringRecord;
use jiff::civil::Date;

use super::fields::parse_date;
use crate::problem::{Located, Place, Problems};
use crate::{CatalogFiles, suggest};

/// The columns of a file.
pub(super) struct Columns {
    /// All of them, in the order in which they are usually written.
    pub(super) all: &'static [&'static str],
    /// Those that a file may leave out.
    pub(super) optional: &'static [&'static str],
}

impl Columns {
    /// What to do about a wrong header.
    pub(super) fn remedy(&self) -> String {
        format!("begin the file with the line {}", self.all.join(","))
    }
}

/// A record of a CSV file whose fields are found by the name of their column.
pub(super) struct Row<'a, 'h> {
    pub(super) place: Place<'a>,
    columns: &'h BTreeMap<String, usize>,
    record: StringRecord,
    pub(super) problems: &'h Problems,
}

impl Row<'_, '_> {
    pub(super) fn get(&self, column: &str) -> &str {
        let index = self.columns.get(column).copied();
        index
            .and_then(|index| self.record.get(index))
            .unwrap_or_default()
            .trim()
    }

    pub(super) fn required(&self, column: &str) -> &str {
        let text = self.get(column);
        if text.is_empty() {
            self.problems
                .report(self.place, format!("{column:?} is empty"), "write what it is");
        }
        text
    }

    pub(super) fn date(&self, column: &str) -> Option<Date> {
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

    pub(super) fn required_date(&self, column: &str) -> Option<Date> {
        self.required(column);
        self.date(column)
    }
}

/// Calls `read` with each record of a file. Whether all lines had the form of one; a file that is not there has none.
pub(super) fn each_row<'a>(
    files: &'a CatalogFiles,
    file: &'a str,
    columns: &Columns,
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
            problems.report(place, message, columns.remedy());
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

/// The columns of a header by name; absent and unknown ones are reported.
fn columns_of(
    header: &StringRecord,
    columns: &Columns,
    place: Place<'_>,
    problems: &Problems,
) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (index, name) in header.iter().enumerate() {
        if !columns.all.contains(&name) {
            let near = suggest::nearest(name, columns.all.iter().copied());
            let remedy = suggest::remedy(&near, columns.remedy());
            problems.report(place, format!("there is no column {name:?}"), remedy);
        }
        if found.insert(name.to_owned(), index).is_some() {
            problems.report(
                place,
                format!("the column {name:?} stands there twice"),
                columns.remedy(),
            );
        }
    }
    for column in columns.all {
        if !columns.optional.contains(column) && !found.contains_key(*column) {
            problems.report(place, format!("the column {column:?} is not there"), columns.remedy());
        }
    }
    found
}
