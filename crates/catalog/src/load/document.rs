//! The TOML files of a catalogue and the tables in them.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::Fields;
use crate::problem::{Place, Problems};
use crate::{CatalogFiles, suggest};

/// The files with areas, with what became of them and with how they are grouped; all other files are TOML.
pub(super) const AREAS: &str = "areas.csv";
pub(super) const TRANSITIONS: &str = "transitions.csv";
pub(super) const GROUPINGS: &str = "groupings.csv";

const LISTS: [&str; 3] = [AREAS, TRANSITIONS, GROUPINGS];

/// A TOML file, parsed.
#[derive(Debug)]
pub(super) struct Document<'a> {
    place: Place<'a>,
    table: Spanned<DeTable<'a>>,
}

/// What a TOML file may hold.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Section {
    Catalog,
    Calendar,
    Level,
    Unit,
    Dimension,
    Grouping,
    Metric,
    Reporter,
    Expectation,
    Indicator,
    Report,
    Rule,
}

impl Section {
    const ALL: [Self; 12] = [
        Self::Catalog,
        Self::Calendar,
        Self::Level,
        Self::Unit,
        Self::Dimension,
        Self::Grouping,
        Self::Metric,
        Self::Reporter,
        Self::Expectation,
        Self::Indicator,
        Self::Report,
        Self::Rule,
    ];

    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Calendar => "calendar",
            Self::Level => "level",
            Self::Unit => "unit",
            Self::Dimension => "dimension",
            Self::Grouping => "grouping",
            Self::Metric => "metric",
            Self::Reporter => "reporter",
            Self::Expectation => "expectation",
            Self::Indicator => "indicator",
            Self::Report => "report",
            Self::Rule => "rule",
        }
    }
}

/// Parses the TOML files, after which only the CSV files are left.
pub(super) fn documents<'a>(files: &'a CatalogFiles, problems: &Problems) -> Vec<Document<'a>> {
    let mut documents = Vec::new();
    for (file, text) in files.iter() {
        let place = Place { file, text, offset: 0 };
        if Path::new(file).extension().is_some_and(|extension| extension == "toml") {
            let (table, errors) = DeTable::parse_recoverable(text);
            for error in errors {
                let offset = error.span().map_or(0, |span| span.start);
                let message = error.message().trim().replace('\n', ", ");
                problems.report_exactly(
                    place.at(offset),
                    format!("the file is not TOML here: {message}"),
                    "correct the syntax; texts stand in double quotes, tables begin with [name] or [[name]]",
                );
            }
            documents.push(Document { place, table });
        } else if !LISTS.contains(&file) {
            let near = suggest::nearest(file, LISTS);
            let remedy = suggest::remedy(&near, "keep only *.toml, areas.csv, transitions.csv and groupings.csv");
            problems.report(place, format!("{file:?} is no file of a catalogue"), remedy);
        }
    }
    documents
}

/// The tables of all files by section, in the order of the files and of their lines.
pub(super) struct Sections<'a>(Vec<(Section, Fields<'a>)>);

impl<'a> Sections<'a> {
    pub(super) fn gather(documents: &'a [Document<'a>], problems: &'a Problems) -> Self {
        let mut found = Vec::new();
        for document in documents {
            for (key, value) in document.table.get_ref() {
                let place = document.place.at(key.span().start);
                let name: &str = key.get_ref();
                let Some(section) = Section::ALL.into_iter().find(|section| section.key() == name) else {
                    let near = suggest::nearest(name, Section::ALL.map(Section::key));
                    let known = Section::ALL.map(Section::key).join(", ");
                    let remedy = suggest::remedy(&near, format!("the sections are {known}"));
                    problems.report(place, format!("there is no section {name:?}"), remedy);
                    continue;
                };
                for (offset, table) in tables(section, value, place, problems) {
                    found.push((
                        section,
                        Fields::new(section.key(), table, document.place.at(offset), problems),
                    ));
                }
            }
        }
        // inside a file the parser gives keys by name; one section of one file is in the order of its lines
        found.sort_by_key(|(section, _)| *section);
        Self(found)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Section, &Fields<'a>)> {
        self.0.iter().map(|(section, fields)| (*section, fields))
    }

    /// Reads every table of a section, and reports the keys in it that nobody asked for.
    pub(super) fn read_each<T>(
        &mut self,
        section: Section,
        mut read: impl FnMut(&mut Fields<'a>) -> Option<T>,
    ) -> Vec<T> {
        let of_section = self.0.iter_mut().filter(|(of, _)| *of == section);
        of_section
            .filter_map(|(_, fields)| {
                let definition = read(fields);
                fields.refuse_the_rest();
                definition
            })
            .collect()
    }

    /// As [`Self::read_each`], but without the definitions in which there was a mistake: what others say of them cannot
    /// be judged.
    pub(super) fn read_sound<T>(
        &mut self,
        section: Section,
        mut read: impl FnMut(&mut Fields<'a>) -> Option<T>,
    ) -> Vec<T> {
        self.read_each(section, |fields| {
            let before = fields.problems().len();
            let definition = read(fields)?;
            (fields.problems().len() == before).then_some(definition)
        })
    }
}

/// The tables of a section in one file: one for `[catalog]`, any number for the others.
fn tables<'a>(
    section: Section,
    value: &'a Spanned<DeValue<'a>>,
    place: Place<'a>,
    problems: &Problems,
) -> Vec<(usize, &'a DeTable<'a>)> {
    let key = section.key();
    let single = section == Section::Catalog;
    let found = match value.get_ref() {
        DeValue::Table(table) if single => vec![(value.span().start, table)],
        DeValue::Array(array) if !single => array
            .iter()
            .filter_map(|item| Some((item.span().start, item.get_ref().as_table()?)))
            .collect(),
        _ => Vec::new(),
    };
    if found.is_empty() {
        let header = if single {
            format!("[{key}]")
        } else {
            format!("[[{key}]]")
        };
        problems.report(
            place,
            format!("{key:?} is of type {} here", value.get_ref().type_str()),
            format!("begin it with {header}"),
        );
    }
    found
}
