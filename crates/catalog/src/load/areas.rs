//! `areas.csv`: areas and the time in which each lay where.

use std::collections::BTreeMap;

use almanac_model::AreaId;
use jiff::civil::Date;

use super::document::AREAS;
use super::fields::bad_id;
use super::names::{Names, Subject};
use super::rows::{Columns, each_row};
use crate::problem::{Located, Place, Problems};
use crate::{Area, CatalogFiles, DatedParent};

const COLUMNS: Columns = Columns {
    all: &["area", "code", "name_vi", "level", "parent", "valid_from", "valid_to"],
    optional: &[],
};

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

/// The lines of `areas.csv` that have the form of one.
pub(super) fn area_rows<'a>(files: &'a CatalogFiles, problems: &Problems) -> AreaRows<'a> {
    if files.get(AREAS).is_none() {
        let place = Place::start_of(AREAS);
        problems.report(place, "the file is not there", COLUMNS.remedy());
        return AreaRows {
            incomplete: true,
            ..AreaRows::default()
        };
    }
    let mut rows = Vec::new();
    let complete = each_row(files, AREAS, &COLUMNS, problems, |row| {
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
