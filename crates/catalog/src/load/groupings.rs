//! `groupings.csv`: which areas have which code of which grouping.

use std::collections::BTreeMap;

use almanac_model::{AreaId, Code, DimensionId};

use super::document::GROUPINGS;
use super::names::{Names, Subject};
use super::rows::{Columns, Row, each_row};
use crate::problem::{Located, Place, Problems};
use crate::{CatalogFiles, Dimension, Grouping, Membership};

const COLUMNS: Columns = Columns {
    all: &["grouping", "code", "area", "from", "to"],
    optional: &["from", "to"],
};

/// A line of `groupings.csv`: the code of an area in a stretch of time.
#[derive(Debug)]
pub(crate) struct GroupingRow<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) grouping: DimensionId,
    pub(crate) area: AreaId,
    pub(crate) membership: Membership,
}

/// The lines of `groupings.csv` whose names are defined; they are not yet held against each other.
pub(super) fn grouping_rows<'a>(
    files: &'a CatalogFiles,
    names: &Names<'_>,
    problems: &Problems,
) -> Vec<GroupingRow<'a>> {
    let mut rows = Vec::new();
    each_row(files, GROUPINGS, &COLUMNS, problems, |row| {
        rows.extend(read_row(row, names));
    });
    rows
}

fn read_row<'a>(row: &Row<'a, '_>, names: &Names<'_>) -> Option<GroupingRow<'a>> {
    let before = row.problems.len();
    let located = |column| Located {
        value: row.required(column),
        place: row.place,
    };
    let (grouping, code, area) = (located("grouping"), located("code"), located("area"));
    let (from, to) = (row.date("from"), row.date("to"));
    if row.problems.len() > before {
        return None;
    }
    let area = names.resolve(Subject::Area, area, row.problems);
    let grouping = names
        .resolve::<DimensionId>(Subject::Grouping, grouping, row.problems)?
        .value;
    let known = names.check_code(grouping.as_str(), code.value, row.place, row.problems);
    let code = known.then(|| Code::new(code.value).ok())?;
    Some(GroupingRow {
        place: row.place,
        grouping,
        area: area?.value,
        membership: Membership { code: code?, from, to },
    })
}

/// The groupings with their areas.
pub(super) fn read_groupings(dimensions: Vec<Dimension>, rows: &[GroupingRow<'_>]) -> Vec<Grouping> {
    let with_members = |dimension: Dimension| {
        let mut members: BTreeMap<AreaId, Vec<Membership>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.grouping == dimension.id) {
            members
                .entry(row.area.clone())
                .or_default()
                .push(row.membership.clone());
        }
        for stretches in members.values_mut() {
            stretches.sort_by_key(|stretch| stretch.from);
        }
        Grouping { dimension, members }
    };
    dimensions.into_iter().map(with_members).collect()
}
