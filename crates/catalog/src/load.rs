//! From files to definitions. Every mistake is reported and reading goes on, so that one run tells them all.

mod areas;
mod breaks;
mod calendar;
mod document;
mod fields;
mod groupings;
mod head;
mod indicator;
mod metric;
mod names;
mod report;
mod reporter;
mod rows;
mod rule;
mod target;
mod transitions;
mod vocabulary;

pub(crate) use self::areas::AreaRow;
pub(crate) use self::document::Section;
use self::document::{Sections, documents};
pub(crate) use self::groupings::GroupingRow;
pub(crate) use self::head::Head;
pub(crate) use self::indicator::{ReadIndicator, report_formula};
pub(crate) use self::names::{Names, Subject};
pub(crate) use self::rule::ReadRule;
pub(crate) use self::transitions::TransitionRow;
use crate::catalog::Parts;
use crate::problem::{Located, Problems};
use crate::{Catalog, CatalogFiles, Expectation, Problem, check};

/// What reading leaves for the checks that need all definitions: definitions with the places where they stand.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) names: &'a Names<'a>,
    pub(crate) area_rows: &'a [AreaRow<'a>],
    pub(crate) transition_rows: &'a [TransitionRow<'a>],
    pub(crate) grouping_rows: &'a [GroupingRow<'a>],
    pub(crate) indicators: &'a [ReadIndicator<'a>],
    pub(crate) expectations: &'a [Located<'a, Expectation>],
    pub(crate) rules: &'a [ReadRule<'a>],
    pub(crate) problems: &'a Problems,
}

/// Reads and checks a catalogue.
pub(crate) fn load(files: &CatalogFiles) -> Result<Catalog, Vec<Problem>> {
    let problems = Problems::default();
    let catalog = read(files, &problems);
    match catalog {
        Some(catalog) if problems.len() == 0 => Ok(catalog),
        _ => Err(problems.into_sorted()),
    }
}

/// The catalogue as far as it can be read; complete only when no problem was reported.
fn read(files: &CatalogFiles, problems: &Problems) -> Option<Catalog> {
    let documents = documents(files, problems);
    let mut sections = Sections::gather(&documents, problems);
    let areas = areas::area_rows(files, problems);
    let names = Names::declare(&sections, &areas, problems);
    let transition_rows = transitions::transition_rows(files, &names, problems);
    let grouping_rows = groupings::grouping_rows(files, &names, problems);

    let head = head::read_head(&mut sections, problems);
    let calendars = sections.read_sound(Section::Calendar, calendar::read_calendar);
    let metrics = sections.read_sound(Section::Metric, |fields| {
        metric::read_metric(fields, &names, &calendars)
    });
    let expectations: Vec<Located<'_, Expectation>> = sections.read_each(Section::Expectation, |fields| {
        let place = fields.place();
        let value = reporter::read_expectation(fields, &names, &metrics)?;
        Some(Located { value, place })
    });
    let read_indicators = sections.read_each(Section::Indicator, |fields| {
        Some(indicator::read_indicator(fields, &names))
    });
    let read_rules = sections.read_each(Section::Rule, |fields| Some(rule::read_rule(fields, &names)));
    let parts = Parts {
        head: head?,
        levels: sections.read_each(Section::Level, vocabulary::read_level),
        units: sections.read_each(Section::Unit, vocabulary::read_unit),
        dimensions: sections.read_sound(Section::Dimension, vocabulary::read_dimension),
        groupings: groupings::read_groupings(
            sections.read_sound(Section::Grouping, vocabulary::read_dimension),
            &grouping_rows,
        ),
        metrics,
        indicators: read_indicators
            .iter()
            .filter_map(|read| read.indicator.clone())
            .collect(),
        areas: areas::read_areas(&areas.rows, &names, problems),
        reporters: sections.read_sound(Section::Reporter, |fields| reporter::read_reporter(fields, &names)),
        reports: sections.read_each(Section::Report, |fields| {
            report::read_report(fields, &names, &calendars)
        }),
        rules: read_rules.iter().filter_map(|read| read.rule.clone()).collect(),
        calendars,
        transitions: transition_rows
            .iter()
            .filter_map(|row| row.transition.clone())
            .collect(),
        expectations: expectations.iter().map(|located| located.value.clone()).collect(),
    };
    let catalog = Catalog::assemble(parts, files, &names);
    let draft = Draft {
        names: &names,
        area_rows: &areas.rows,
        transition_rows: &transition_rows,
        grouping_rows: &grouping_rows,
        indicators: &read_indicators,
        expectations: &expectations,
        rules: &read_rules,
        problems,
    };
    check::check(&catalog, &draft);
    Some(catalog)
}
