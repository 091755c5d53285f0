//! The order of a question's figures, and smaller questions for some of them.

use std::ops::Range;
use std::sync::Arc;

use almanac_catalog::Catalog;
use almanac_indicator::{AreaSelection, Question, ShareOf, figures_each};
use almanac_model::{AreaId, Period};

use crate::limits;

/// What is known of the order of the figures.
pub(super) enum Grid {
    /// Nothing yet: the question has not been checked.
    Unchecked,
    /// It takes the whole question to find some of them.
    Whole,
    /// For each measure or formula, each area and each period as many as the measure has groups.
    Regular {
        /// `None` where all areas are one sum.
        areas: Option<Vec<AreaId>>,
        /// Of each measure, and then of each formula.
        groups: Vec<usize>,
    },
}

/// Some of the figures, as a question of its own.
pub(super) struct Smaller {
    pub(super) question: Arc<Question>,
    /// How many figures of that question come before them.
    pub(super) skip: usize,
    /// How many they are.
    pub(super) count: usize,
}

impl Grid {
    /// Whether a measure has as many figures for each area and period.
    pub(super) fn of(question: &Question, catalog: &Catalog) -> Self {
        // the total of all areas is known by the whole question only
        let is_total_of_areas = question.share_of == Some(ShareOf::Areas);
        if question.periods.is_empty() || is_total_of_areas {
            return Self::Whole;
        }
        let areas = match &question.areas {
            AreaSelection::List(_) if question.combine_areas && question.group_by.is_empty() => None,
            // in a period without such areas there is no figure
            _ if question.combine_areas => return Self::Whole,
            AreaSelection::List(areas) => Some(areas.clone()),
            AreaSelection::Under { area, level } => {
                let mut each = question.periods.iter().map(|period| {
                    let day = question.on_boundaries_of.unwrap_or(period.last_day());
                    let mut areas: Vec<AreaId> =
                        catalog.descendants_at(area, level, day).into_iter().cloned().collect();
                    areas.sort();
                    areas
                });
                let first = each.next().unwrap_or_default();
                if !each.all(|other| other == first) {
                    return Self::Whole;
                }
                Some(first)
            }
        };
        if areas.as_ref().is_some_and(Vec::is_empty) {
            return Self::Whole;
        }
        Self::Regular {
            areas,
            groups: figures_each(catalog, question),
        }
    }

    /// How many figures the question has; `None` where that is not known.
    pub(super) fn total(&self, question: &Question) -> Option<usize> {
        match self {
            Self::Unchecked | Self::Whole => None,
            Self::Regular { areas, groups } => Some(cells(areas.as_ref(), question) * groups.iter().sum::<usize>()),
        }
    }

    /// The figures from number `offset` on, at most `limit` and as many as a smaller question has: of some measures all, or of
    /// one measure some. `None` where there is no smaller question, or no such figure.
    pub(super) fn smaller(&self, question: &Question, offset: usize, limit: usize) -> Option<Smaller> {
        let Self::Regular { areas, groups } = self else {
            return None;
        };
        let cells = cells(areas.as_ref(), question);
        let (measure, skip) = measure_of(cells, groups, offset)?;
        let rest = cells * groups[measure] - skip;
        if skip > 0 || rest > limit {
            let part = Some((skip, rest.min(limit), groups[measure]));
            return part.map(|part| some_of_one(question, areas.as_deref(), measure, part));
        }
        let (mut end, mut count) = (measure, 0);
        while let Some(groups) = groups.get(end).filter(|groups| count + cells * **groups <= limit) {
            count += cells * groups;
            end += 1;
        }
        Some(Smaller {
            question: Arc::new(of_measures(
                question,
                measure..end,
                areas.clone(),
                question.periods.clone(),
            )),
            skip: 0,
            count,
        })
    }

    /// The figures from number `offset` to `end` in parts that are computed by themselves, each of about the same length inside a
    /// measure, and of whole areas where these are short.
    pub(super) fn parts(&self, question: &Question, mut offset: usize, end: usize) -> Vec<Smaller> {
        let Self::Regular { areas, groups } = self else {
            return Vec::new();
        };
        let cells = cells(areas.as_ref(), question);
        let mut parts = Vec::new();
        while offset < end
            && let Some((measure, skip)) = measure_of(cells, groups, offset)
        {
            let rest = (cells * groups[measure] - skip).min(end - offset);
            let most = limits::FIGURES_IN_PART;
            let limit = if rest > most {
                let in_area = question.periods.len() * groups[measure];
                let length = rest.div_ceil(rest.div_ceil(most));
                if in_area > most {
                    length
                } else {
                    length.next_multiple_of(in_area).min(rest)
                }
            } else {
                most.min(end - offset)
            };
            let Some(part) = self.smaller(question, offset, limit) else {
                break;
            };
            offset += part.count;
            parts.push(part);
        }
        parts
    }
}

/// How many areas and periods a measure has figures for.
fn cells(areas: Option<&Vec<AreaId>>, question: &Question) -> usize {
    areas.map_or(1, Vec::len) * question.periods.len()
}

/// The measure that has the figure of that number, and how many of its own come before it.
fn measure_of(cells: usize, groups: &[usize], offset: usize) -> Option<(usize, usize)> {
    let mut rest = offset;
    for (measure, groups) in groups.iter().enumerate() {
        let figures = cells * groups;
        if rest < figures {
            return Some((measure, rest));
        }
        rest -= figures;
    }
    None
}

/// Some figures of one measure, after so many of its own: of the areas that have them and, where it is one, of the periods.
fn some_of_one(
    question: &Question,
    areas: Option<&[AreaId]>,
    measure: usize,
    (skip, count, in_period): (usize, usize, usize),
) -> Smaller {
    let in_area = question.periods.len() * in_period;
    let (area, skip) = (skip / in_area, skip % in_area);
    let wanted = skip.saturating_add(count).div_ceil(in_area);
    let areas = areas.map(|areas| areas.iter().skip(area).take(wanted).cloned().collect());
    let (periods, skip) = if wanted == 1 {
        let wanted = skip / in_period..(skip + count).div_ceil(in_period);
        (question.periods[wanted].to_vec(), skip % in_period)
    } else {
        (question.periods.clone(), skip)
    };
    Smaller {
        question: Arc::new(of_measures(question, measure..measure + 1, areas, periods)),
        skip,
        count,
    }
}

/// The same question about these measures, which count the formulas after the measures; the same areas where none are given.
fn of_measures(
    question: &Question,
    wanted: Range<usize>,
    areas: Option<Vec<AreaId>>,
    periods: Vec<Period>,
) -> Question {
    let length = wanted.len();
    let measures = question.measures.iter().skip(wanted.start).take(length);
    let measures: Vec<_> = measures.cloned().collect();
    let first = wanted.start.saturating_sub(question.measures.len());
    let formulas = question.formulas.iter().skip(first).take(length - measures.len());
    Question {
        formulas: formulas.cloned().collect(),
        measures,
        areas: areas.map_or_else(|| question.areas.clone(), AreaSelection::List),
        periods,
        ..question.clone()
    }
}
