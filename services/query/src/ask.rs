//! From a request to a question: every mistake at once, by field.

mod comparing;
mod ranking;

use std::collections::HashMap;

use almanac_catalog::{Catalog, MeasureId};
use almanac_indicator::{AreaSelection, GroupKey, Question, Ranking, ShareOf};
use almanac_model::{AreaId, Granularity, Period, PeriodRange};
use almanac_wire::granularity_from_proto;
use almanac_wire::pb::{query as pb, shared};

use crate::formulas::formulas;
use crate::limits;
use crate::mistakes::{Mistakes, quoted};
use crate::names::Names;
use crate::reason;
use crate::replica::Moment;

/// What a question breaks down by beside dimensions.
const REPORTER: &str = "reporter";
/// What a total is over beside what is grouped by.
const AREA: &str = "area";

/// What a request asks.
pub(crate) struct Asked {
    /// The question. What is wrong is left out of it and kept among the mistakes.
    pub(crate) question: Question,
    /// What each text of its periods stands for, in their order.
    pub(crate) resolved_periods: Vec<PeriodRange>,
}

/// The question of a request, at the moment that answers it.
pub(crate) fn question(request: &pb::QueryIndicatorsRequest, moment: &Moment, mistakes: &mut Mistakes) -> Asked {
    let pb::QueryIndicatorsRequest {
        indicators,
        areas,
        areas_under,
        level,
        periods,
        granularity,
        group_by,
        filters,
        read_at: _,
        on_boundaries_of,
        strict,
        page_size: _,
        page_token: _,
        comparisons,
        relative_to,
        combine_areas,
        share_of: share,
        formulas: asked_formulas,
        order_by: _,
        top: _,
        rank_among: _,
    } = request;
    let mut names = Names::at(moment, mistakes);
    names.relative_to("relative_to", relative_to);
    // in the order in which mistakes are read
    let measures = measures(indicators, asked_formulas, &mut names);
    let areas = selection(areas, areas_under, level, &mut names);
    let asked = all_periods(periods, *granularity, &mut names);
    let mut question = Question {
        measures,
        formulas: formulas(asked_formulas, &mut names),
        areas,
        periods: asked.periods,
        period_places: asked.places,
        group_by: group_keys(group_by, &mut names),
        filters: names.filters(filters),
        strict: *strict,
        on_boundaries_of: (!on_boundaries_of.is_empty())
            .then(|| names.date("on_boundaries_of", on_boundaries_of))
            .flatten(),
        comparisons: comparing::comparisons(comparisons, &mut names),
        combine_areas: *combine_areas,
        share_of: share_of(share, &mut names),
        ranking: Ranking::default(),
    };
    question.ranking = ranking::ranking(request, &question, &mut names);
    Asked {
        question,
        resolved_periods: asked.resolved,
    }
}

fn measures(indicators: &[String], formulas: &[pb::AdHocFormula], names: &mut Names<'_, '_>) -> Vec<MeasureId> {
    if indicators.is_empty() && formulas.is_empty() {
        let message = || {
            "give at least one id of an indicator or metric, such as \"telephone.density\"; ListIndicators has them; or \
             a formula"
                .to_owned()
        };
        names.mistakes.add("indicators", reason::REQUIRED, message);
    }
    if !names.at_most("indicators", indicators.len(), limits::INDICATORS) {
        return Vec::new();
    }
    each("indicators", indicators, names, Names::measure)
}

pub(crate) fn selection(areas: &[String], under: &str, level: &str, names: &mut Names<'_, '_>) -> AreaSelection {
    match (areas.is_empty(), under.is_empty(), level.is_empty()) {
        (true, true, true) => {
            let message =
                || "give ids of areas, such as \"96\", or areas_under and level; ListAreas has them".to_owned();
            names.mistakes.add("areas", reason::REQUIRED, message);
        }
        (false, false, _) => {
            let message = || "give either areas or areas_under with level".to_owned();
            names.mistakes.add("areas_under", reason::CONFLICT, message);
        }
        (false, true, false) => {
            let message = || "the level goes with areas_under; leave it out when areas are listed".to_owned();
            names.mistakes.add("level", reason::CONFLICT, message);
        }
        (true, true, false) => {
            let message = || "give the area whose areas of that level are meant".to_owned();
            names.mistakes.add("areas_under", reason::REQUIRED, message);
        }
        (true, false, true) => {
            let message = || "give the level of the areas, such as \"district\"".to_owned();
            names.mistakes.add("level", reason::REQUIRED, message);
        }
        (false, true, true) | (true, false, false) => {}
    }
    let listed = if names.at_most("areas", areas.len(), limits::AREAS) {
        each("areas", areas, names, Names::area)
    } else {
        Vec::new()
    };
    let above = (!under.is_empty()).then(|| names.area("areas_under", under)).flatten();
    let level = (!level.is_empty()).then(|| names.level("level", level)).flatten();
    match (above, level) {
        (Some(area), Some(level)) if areas.is_empty() => AreaSelection::Under { area, level },
        _ => AreaSelection::List(listed),
    }
}

/// Which areas, where none means all.
pub(crate) fn optional_selection(
    areas: &[String],
    under: &str,
    level: &str,
    names: &mut Names<'_, '_>,
) -> Option<AreaSelection> {
    let given = !areas.is_empty() || !under.is_empty() || !level.is_empty();
    given.then(|| selection(areas, under, level, names))
}

/// The periods of a request.
#[derive(Default)]
pub(crate) struct AskedPeriods {
    /// Cut as asked.
    pub(crate) periods: Vec<Period>,
    /// For each of them the index of its text.
    pub(crate) places: Vec<usize>,
    /// What each text stands for, uncut.
    pub(crate) resolved: Vec<PeriodRange>,
}

/// The periods of all texts. One that is named twice is refused: it would be answered twice.
pub(crate) fn all_periods(texts: &[String], granularity: i32, names: &mut Names<'_, '_>) -> AskedPeriods {
    let granularity = cut(granularity, names);
    if texts.is_empty() {
        let message = || "give at least one period, such as \"2017\" or \"2015..2017\"".to_owned();
        names.mistakes.add("periods", reason::REQUIRED, message);
    }
    if !names.at_most("periods", texts.len(), limits::PERIODS) {
        return AskedPeriods::default();
    }
    let (mut resolved, mut ranges) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
    for (index, text) in texts.iter().enumerate() {
        let field = format!("periods[{index}]");
        let Some(range) = names.range(&field, text) else {
            continue;
        };
        resolved.push(range);
        ranges.extend(divided(&field, range, granularity, names).map(|range| (index, range)));
    }
    let total = ranges.iter().map(|(_, range)| range.count()).sum();
    if !names.at_most("periods", total, limits::PERIODS) {
        return AskedPeriods::default();
    }
    let mut seen = HashMap::new();
    let mut found = Vec::with_capacity(total);
    for (index, period) in ranges
        .into_iter()
        .flat_map(|(index, range)| range.iter().map(move |period| (index, period)))
    {
        match seen.insert(period, index) {
            None => found.push((period, index)),
            Some(first) => duplicate("periods", index, first, &period.to_string(), names),
        }
    }
    let (periods, places) = found.into_iter().unzip();
    AskedPeriods {
        periods,
        places,
        resolved,
    }
}

fn cut(granularity: i32, names: &mut Names<'_, '_>) -> Option<Granularity> {
    let known = shared::Granularity::try_from(granularity);
    if known.is_err() {
        names.mistakes.add("granularity", reason::UNKNOWN_GRANULARITY, || {
            let all = Granularity::ALL
                .map(|one| almanac_wire::granularity_to_proto(one).as_str_name())
                .join(", ");
            format!("there is no granularity {granularity}; give one of {all}")
        });
    }
    known.ok().and_then(granularity_from_proto)
}

/// A range cut as asked: into periods of that kind of its own calendar.
fn divided(
    field: &str,
    range: PeriodRange,
    granularity: Option<Granularity>,
    names: &mut Names<'_, '_>,
) -> Option<PeriodRange> {
    let Some(asked) = granularity else {
        return Some(range);
    };
    let calendar = range.first().granularity().calendar();
    let granularity = asked.in_calendar(calendar).unwrap_or(asked);
    range
        .at(granularity)
        .map_err(|error| {
            let message = || format!("{error}; leave granularity out, or ask for whole {granularity}s");
            names.mistakes.add(field, reason::PERIOD_NOT_DIVISIBLE, message);
        })
        .ok()
}

fn group_keys(texts: &[String], names: &mut Names<'_, '_>) -> Vec<GroupKey> {
    if !names.at_most("group_by", texts.len(), limits::DIMENSIONS) {
        return Vec::new();
    }
    each("group_by", texts, names, group_key)
}

/// A dimension by its id, or the reporters.
fn group_key(names: &mut Names<'_, '_>, field: &str, text: &str) -> Option<GroupKey> {
    if text == REPORTER {
        return Some(GroupKey::Reporter);
    }
    names
        .dimension(field, text)
        .map(|dimension| GroupKey::Dimension(dimension.id.clone()))
}

/// What the figures are parts of.
fn share_of(text: &str, names: &mut Names<'_, '_>) -> Option<ShareOf> {
    match text {
        "" => None,
        AREA => Some(ShareOf::Areas),
        key => group_key(names, "share_of", key).map(ShareOf::Key),
    }
}

/// What each text of a list names. A text that is there twice would be answered twice, so it is refused.
pub(crate) fn each<'c, 'm, T>(
    field: &str,
    texts: &[String],
    names: &mut Names<'c, 'm>,
    find: impl Fn(&mut Names<'c, 'm>, &str, &str) -> Option<T>,
) -> Vec<T> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        if let Some(first) = seen.get(text.as_str()).copied().filter(|_| !text.is_empty()) {
            duplicate(field, index, first, text, names);
            continue;
        }
        seen.insert(text, index);
        found.extend(find(names, &format!("{field}[{index}]"), text));
    }
    found
}

fn duplicate(list: &str, index: usize, first: usize, text: &str, names: &mut Names<'_, '_>) {
    names.mistakes.add(format!("{list}[{index}]"), reason::DUPLICATE, || {
        if index == first {
            format!("names {} twice", quoted(text))
        } else {
            format!(
                "{list}[{index}] and {list}[{first}] both ask for {}; ask for it once",
                quoted(text)
            )
        }
    });
}

/// How many figures a question asks for at most.
pub(crate) fn figures_at_most(question: &Question, catalog: &Catalog) -> usize {
    let areas = match &question.areas {
        AreaSelection::List(areas) => areas.len(),
        AreaSelection::Under { area: _, level } => catalog.areas_of_level(level),
    };
    let groups = question.group_by.iter().map(|key| match key {
        GroupKey::Dimension(id) => catalog.classification(id.as_str()).map_or(0, |found| found.codes.len()),
        GroupKey::Reporter => catalog.reporters().len(),
    });
    let measures = question.measures.len() + question.formulas.len();
    [measures, areas, question.periods.len()]
        .into_iter()
        .chain(groups)
        .fold(1, usize::saturating_mul)
}

/// One figure's question: what `GetReport` asks.
pub(crate) fn area_and_period(area: &str, period: &str, names: &mut Names<'_, '_>) -> Option<(AreaId, Period)> {
    let area = names.area("area", area);
    let period = names.period("period", period);
    area.zip(period)
}
