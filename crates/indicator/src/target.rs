//! The target of a figure: what the plan says for the same area, period and codes.
//!
//! A target is read as it was recorded, never spread or added: the plan of a year is not divided into months, nor that of
//! a province into districts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use almanac_catalog::{Catalog, Metric};
use almanac_model::{AreaId, Code, DimensionId, FigureArea, MissingReason, Period, TargetSetting};

use crate::answer::{Group, measure_text};
use crate::plan::Plan;
use crate::question::{GroupKey, Question, Refusal, RefusalReason, State};
use crate::reading::{Contribution, Keep, Narrowing, read_term};
use crate::territory::Territory;
use crate::value::Value;

/// A target, and who set it.
pub(crate) struct Target {
    pub(crate) value: Value,
    pub(crate) setting: Option<TargetSetting>,
}

impl Target {
    fn missing(reason: MissingReason) -> Self {
        Self {
            value: Value::missing(reason),
            setting: None,
        }
    }
}

/// Why a measure is not compared with a target.
pub(crate) fn refuse_without_target(catalog: &Catalog, plan: &Plan<'_>, field: &str) -> Option<Refusal> {
    let none = catalog.targets_of(&plan.measure).next().is_none();
    let name = measure_text(&plan.measure);
    none.then(|| Refusal {
        field: field.to_owned(),
        reason: RefusalReason::NoTarget,
        message: format!(
            "no metric of the catalogue is a target of {name}; ask for it without COMPARISON_KIND_TARGET, or define a metric \
             with target_of = \"{name}\""
        ),
    })
}

/// The target of one figure.
pub(crate) fn target_of(
    state: State<'_>,
    question: &Question,
    plan: &Plan<'_>,
    group: &Group,
    (area, period): (&FigureArea, Period),
) -> Target {
    let territory = Territory::of(state, question, area, group);
    if territory.is_void(state, period.last_day()) {
        return Target::missing(MissingReason::CannotExist);
    }
    // it was set for the area as it was
    if territory.was_other_on(state, period.last_day()) {
        return Target::missing(MissingReason::NotRestatable);
    }
    let FigureArea::One(id) = area else {
        return Target::missing(MissingReason::NotCollected);
    };
    let codes = codes_asked(question, group);
    let found = codes.and_then(|codes| Some((metric_for(state, plan, &codes, id, period)?, codes)));
    let Some((metric, codes)) = found else {
        return Target::missing(MissingReason::NotCollected);
    };
    let filters = codes.into_iter().map(|(dimension, code)| (dimension, [code].into()));
    let narrowing = Narrowing::new(filters.collect(), None, Rc::default());
    let unrestated = Question::one(plan.measure.clone(), id.clone(), period);
    let territory = Territory::of(state, &unrestated, area, &Group::new());
    // of several plans for one figure none is the sum: the metric is not additive
    let read = read_term(
        state,
        metric,
        &narrowing,
        &territory,
        period.into(),
        Keep::Contributions,
    );
    // who only states that there is none has set nothing
    let is_number = |contribution: &&Contribution| contribution.cell.status.missing.is_none();
    let mut numbers = read.contributions.iter().filter(is_number);
    let only = numbers.next().filter(|_| numbers.next().is_none());
    let setting = only.map(|only| TargetSetting {
        reporter: only.series.reporter.clone(),
        revision: only.cell.revision,
        time: None,
    });
    Target {
        value: read.value,
        setting,
    }
}

/// The one code of each dimension that the figure is about; `None` where it is about several codes of one, or about one
/// reporter: no plan is made for that.
fn codes_asked(question: &Question, group: &Group) -> Option<BTreeMap<DimensionId, Code>> {
    let mut codes = BTreeMap::new();
    for (dimension, wanted) in &question.filters {
        if !group.contains_key(&GroupKey::Dimension(dimension.clone())) {
            let mut wanted = wanted.iter();
            let only = wanted.next().filter(|_| wanted.next().is_none())?;
            codes.insert(dimension.clone(), only.clone());
        }
    }
    for (key, text) in group {
        match key {
            GroupKey::Dimension(dimension) => codes.insert(dimension.clone(), text.parse().ok()?),
            GroupKey::Reporter => return None,
        };
    }
    Some(codes)
}

/// The metric whose values are targets for exactly such periods, areas and codes.
fn metric_for<'a>(
    state: State<'a>,
    plan: &'a Plan<'_>,
    codes: &BTreeMap<DimensionId, Code>,
    area: &AreaId,
    period: Period,
) -> Option<&'a Metric> {
    let level = &state.catalog.area(area.as_str())?.level;
    let dimensions: BTreeSet<&DimensionId> = codes.keys().collect();
    state.catalog.targets_of(&plan.measure).find(|metric| {
        metric.frequency == period.granularity()
            && metric.level_for(period) == Some(level)
            && metric.dimensions.iter().collect::<BTreeSet<_>>() == dimensions
    })
}
