//! Several areas as one sum: which of them count.

use std::collections::BTreeSet;

use almanac_catalog::Catalog;
use almanac_model::{AreaId, FigureArea, Period};
use jiff::civil::Date;

use crate::question::{AreaSelection, Question};

/// The areas of a question as one sum for a period; `None` when none lies under the one that is asked for.
pub(crate) fn combined(catalog: &Catalog, question: &Question, period: Period) -> Option<FigureArea> {
    let day = question.on_boundaries_of.unwrap_or(period.last_day());
    let areas = match &question.areas {
        AreaSelection::List(areas) => outermost(catalog, areas, day),
        AreaSelection::Under { area, level } => catalog.descendants_at(area, level, day).into_iter().cloned().collect(),
    };
    (!areas.is_empty()).then_some(FigureArea::Sum(areas))
}

/// The areas that exist on a day and do not lie under another one of them, each once; all of them when none exists.
fn outermost(catalog: &Catalog, areas: &[AreaId], day: Date) -> Vec<AreaId> {
    let there: BTreeSet<&AreaId> = areas.iter().filter(|area| catalog.is_valid_at(area, day)).collect();
    let lies_under_another = |area: &AreaId| {
        let mut above = std::iter::successors(catalog.parent_at(area, day), |area| catalog.parent_at(area, day));
        above.any(|above| there.contains(above))
    };
    let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
    for area in areas {
        let counts = there.is_empty() || (there.contains(area) && !lies_under_another(area));
        if counts && seen.insert(area) {
            kept.push(area.clone());
        }
    }
    kept
}
