//! From a question to its figures.

use std::collections::{BTreeMap, BTreeSet};

use almanac_catalog::Range;
use almanac_indicator::{AreaSelection, GroupKey, Question};
use almanac_model::{AreaId, Exact, FigureArea, FigureFlag, MissingReason, Period, Qualifier, ReporterId};

use super::Oracle;
use super::breaks::flag_break;
use super::compare::lacks_something;
use super::formula::{Definition, Evaluated, EvaluatedSides, Scope, narrowed};
use super::measure::{Body, Measure};
use super::reads::{Read, Reads};
use super::region::Region;
use super::term::Filter;
use super::territory::Territory;
use super::told::{Figure, Side, Sides};
use super::value::Value;

/// The codes and the reporter of one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) texts: BTreeMap<String, String>,
    filter: Filter,
    reporter: Option<ReporterId>,
}

/// One figure of a question.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) question: &'a Question,
    pub(super) measure: &'a Measure,
    pub(super) area: &'a FigureArea,
    pub(super) period: Period,
    pub(super) group: &'a Group,
}

/// Both sides of a division are printed with at most so many decimals.
const SIDE_DECIMALS: u8 = 12;

impl Oracle<'_> {
    /// The figures of a question, whether or not it ought to be refused: by measure, area, period and group.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Vec<Figure> {
        let mut figures = Vec::new();
        for measure in &self.measures(question) {
            for (area, period) in &self.targets(question) {
                for group in &self.groups(measure, question) {
                    figures.push(self.figure(&Asked {
                        question,
                        measure,
                        area,
                        period: *period,
                        group,
                    }));
                }
            }
        }
        figures
    }

    /// The areas and periods of a question.
    pub(super) fn targets(&self, question: &Question) -> Vec<(FigureArea, Period)> {
        if question.combine_areas {
            return self.combined_targets(question);
        }
        let mut targets = Vec::new();
        match &question.areas {
            AreaSelection::List(areas) => {
                for area in areas {
                    let one = FigureArea::One(area.clone());
                    targets.extend(question.periods.iter().map(|period| (one.clone(), *period)));
                }
            }
            AreaSelection::Under { area: above, level } => {
                for area in self.catalog.areas().filter(|area| area.level == *level) {
                    let day = |period: &Period| question.on_boundaries_of.unwrap_or(period.last_day());
                    let there = |period: &&Period| self.catalog.lies_under(&area.id, above, day(period));
                    let periods = question.periods.iter().filter(there);
                    targets.extend(periods.map(|period| (FigureArea::One(area.id.clone()), *period)));
                }
            }
        }
        targets
    }

    /// Every combination of what is grouped by.
    pub(super) fn groups(&self, measure: &Measure, question: &Question) -> Vec<Group> {
        let mut groups = vec![Group::default()];
        for key in &question.group_by {
            let mut longer = Vec::new();
            for group in groups {
                match key {
                    GroupKey::Dimension(dimension) => {
                        let grouping = self.catalog.grouping(dimension.as_str());
                        let plain = self.catalog.dimension(dimension.as_str());
                        let codes = plain.or(grouping.map(|grouping| &grouping.dimension));
                        let codes = codes.map_or(&[][..], |found| &found.codes);
                        let wanted = question.filters.get(dimension);
                        for item in codes {
                            if wanted.is_some_and(|wanted| !wanted.contains(&item.code)) {
                                continue;
                            }
                            let mut group = group.clone();
                            group.texts.insert(dimension.to_string(), item.code.to_string());
                            group
                                .filter
                                .insert(dimension.clone(), BTreeSet::from([item.code.clone()]));
                            longer.push(group);
                        }
                    }
                    GroupKey::Reporter => {
                        for reporter in self.reporters_of(measure) {
                            let mut group = group.clone();
                            group.texts.insert("reporter".to_owned(), reporter.to_string());
                            group.reporter = Some(reporter);
                            longer.push(group);
                        }
                    }
                }
            }
            groups = longer;
        }
        groups
    }

    /// Who may report the metric that the measure's formula names first.
    fn reporters_of(&self, measure: &Measure) -> Vec<ReporterId> {
        let terms = match &measure.body {
            Body::Metric(metric) => vec![self.term(metric, &Filter::new(), None)],
            Body::Formula(definition) => self.terms(&definition.formula, &Filter::new(), None),
        };
        let may_report = |metrics: &BTreeSet<_>| terms.first().is_some_and(|term| metrics.contains(&term.metric.id));
        let reporters = self
            .catalog
            .reporters()
            .filter(|reporter| may_report(&reporter.metrics));
        reporters.map(|reporter| reporter.id.clone()).collect()
    }

    fn figure(&self, asked: &Asked<'_>) -> Figure {
        let Evaluated { value, sides } = self.figure_value(asked);
        let bases = asked.question.comparisons.iter();
        Figure {
            measure: asked.measure.id.clone(),
            area: asked.area.clone(),
            period: asked.period,
            group: asked.group.texts.clone(),
            value: value
                .outcome
                .as_ref()
                .map(|number| number.to_decimal_string(asked.measure.decimals))
                .map_err(|reason| *reason),
            quality: value.quality,
            qualifier: value.qualifier,
            coverage: self.coverage(&value.readings, &self.territory_asked(asked)),
            comparisons: bases
                .map(|comparing| self.comparison(comparing, asked, &value))
                .collect(),
            share: (asked.question.share_of.as_ref()).map(|of| self.figure_share(of, asked, &value)),
            flags: value.flags,
            carried_from: value.carried_from,
            sides: sides.map(|sides| printed_sides(&sides, asked.period)),
        }
    }

    /// The value of a figure, if there can be one.
    pub(super) fn figure_value(&self, asked: &Asked<'_>) -> Evaluated {
        if self.is_void(&self.territory_asked(asked), asked.period.last_day()) {
            return Value::missing(MissingReason::CannotExist).into();
        }
        let mut evaluated = self.value_asked(asked);
        let value = &mut evaluated.value;
        if value
            .outcome
            .as_ref()
            .is_ok_and(|number| is_outside(asked.measure.range, number))
        {
            value.flags.insert(FigureFlag::OutOfRange);
        }
        evaluated
    }

    /// The value of a measure, all or nothing where that is asked for.
    pub(super) fn value_asked(&self, asked: &Asked<'_>) -> Evaluated {
        let mut evaluated = self.formula_asked(asked);
        let value = &mut evaluated.value;
        if asked.question.strict && value.outcome.is_ok() && value.flags.iter().copied().any(lacks_something) {
            value.outcome = Err(MissingReason::Incomplete);
            value.qualifier = Qualifier::Exact;
        }
        evaluated
    }

    /// The value of a measure, whatever it lacks.
    pub(super) fn formula_asked(&self, asked: &Asked<'_>) -> Evaluated {
        let mut evaluated = match &asked.measure.body {
            Body::Metric(metric) => {
                let term = self.term(metric, &asked.codes(), asked.group.reporter.as_ref());
                self.term_value(&term, &self.territory_asked(asked), asked.period.into())
                    .into()
            }
            Body::Formula(definition) => self.definition_value(&self.scope_asked(asked, definition)),
        };
        flag_break(&mut evaluated.value, asked.period);
        evaluated
    }

    /// The codes of groupings of areas to which a figure is narrowed.
    pub(super) fn codes_asked(&self, asked: &Asked<'_>) -> Filter {
        let mut codes = asked.codes();
        codes.retain(|id, _| self.catalog.grouping(id.as_str()).is_some());
        codes
    }

    pub(super) fn territory_asked(&self, asked: &Asked<'_>) -> Territory {
        let region = Region {
            areas: asked.area.areas().to_vec(),
            codes: self.codes_asked(asked),
        };
        Territory::of(region, asked.question.on_boundaries_of)
    }

    /// Several areas as one sum, one for each period; no figure when nothing lies under the area asked for.
    fn combined_targets(&self, question: &Question) -> Vec<(FigureArea, Period)> {
        let periods = question.periods.iter();
        let sums = periods.map(|period| (self.combined_areas(question, *period), *period));
        sums.filter(|(areas, _)| !areas.is_empty())
            .map(|(areas, period)| (FigureArea::Sum(areas), period))
            .collect()
    }

    /// The areas of a question as one sum (rule 19): without those that do not exist at the end of the period and those that
    /// lie under another one. All of them when none exists.
    pub(super) fn combined_areas(&self, question: &Question, period: Period) -> Vec<AreaId> {
        let day = question.on_boundaries_of.unwrap_or(period.last_day());
        let exists = |area: &AreaId| self.catalog.is_valid_at(area, day);
        let mut areas: Vec<AreaId> = match &question.areas {
            AreaSelection::List(areas) => areas.clone(),
            AreaSelection::Under { area: above, level } => {
                let of_level = self.catalog.areas().filter(|area| area.level == *level);
                let under = of_level.filter(|area| self.catalog.lies_under(&area.id, above, day));
                under.map(|area| area.id.clone()).collect()
            }
        };
        if areas.iter().any(exists) {
            let all = areas.clone();
            let under = |area: &AreaId, other: &AreaId| other != area && self.catalog.lies_under(area, other, day);
            areas.retain(|area| exists(area) && !all.iter().any(|other| exists(other) && under(area, other)));
        }
        let mut kept: Vec<AreaId> = Vec::new();
        for area in areas {
            if !kept.contains(&area) {
                kept.push(area);
            }
        }
        kept
    }

    fn scope_asked(&self, asked: &Asked<'_>, definition: &Definition) -> Scope {
        Scope {
            territory: self.territory_asked(asked),
            span: asked.period.into(),
            filter: asked.codes(),
            reporter: asked.group.reporter.clone(),
            place: 0,
            definition: definition.clone(),
        }
    }

    /// All that a figure reads.
    pub(super) fn reads_of(&self, asked: &Asked<'_>) -> Reads {
        match &asked.measure.body {
            Body::Metric(metric) => Reads {
                list: vec![Read {
                    term: self.term(metric, &asked.codes(), asked.group.reporter.as_ref()),
                    span: asked.period.into(),
                    kind: asked.period.granularity(),
                }],
                not_whole: Vec::new(),
            },
            Body::Formula(definition) => self.reads(&definition.formula, &self.scope_asked(asked, definition)),
        }
    }
}

impl Group {
    /// What is left of it when one key is not grouped by.
    pub(super) fn without(&self, key: &GroupKey) -> Self {
        let mut group = self.clone();
        group.texts.remove(&key.to_string());
        match key {
            GroupKey::Dimension(dimension) => {
                group.filter.remove(dimension);
            }
            GroupKey::Reporter => group.reporter = None,
        }
        group
    }
}

impl Asked<'_> {
    /// The codes to which it is narrowed, of dimensions and of groupings.
    pub(super) fn codes(&self) -> Filter {
        narrowed(&self.question.filters, &self.group.filter)
    }

    /// The same of another period.
    pub(super) fn at(&self, period: Period) -> Self {
        Self { period, ..self.clone() }
    }
}

fn is_outside(range: Range, number: &Exact) -> bool {
    range.min.is_some_and(|min| *number < Exact::from(min)) || range.max.is_some_and(|max| *number > Exact::from(max))
}

fn printed_sides(sides: &EvaluatedSides, period: Period) -> Sides {
    let print = |value: &Value, period: Period| Side {
        value: value
            .outcome
            .as_ref()
            .map(|number| number.to_short_string(SIDE_DECIMALS))
            .map_err(|reason| *reason),
        period,
        quality: value.quality,
        qualifier: value.qualifier,
    };
    Sides {
        numerator: print(&sides.numerator, period),
        denominator: print(&sides.denominator, sides.denominator_period),
    }
}
