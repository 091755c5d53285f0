//! One figure of a question, chosen by what the figure says of itself.

mod choose;

use std::collections::BTreeMap;

use almanac_catalog::{Catalog, MeasureId};
use almanac_model::{Figure, FigureArea, Period};
use jiff::civil::Date;

use self::choose::{one, one_group, one_target};
use crate::answer::{Group, evaluate_figure, figure, groups, measure_text, narrowings, targets};
use crate::check::check;
use crate::evaluate::Evaluation;
use crate::grid::One;
use crate::plan::Plan;
use crate::question::{AdHocFormula, AreaSelection, Question, Refusal, ShareOf, State};
use crate::ranking::{Ranking, rank_of_one, refuse_too_many_ranked};
use crate::reading::Narrowing;
use crate::share::Totals;
use crate::value::Value;

/// What tells a figure from the others of a question, as the figure itself has it. A part in which they do not differ
/// need not be given.
#[derive(Clone, Debug, Default)]
pub struct FigureKey {
    /// The indicator or metric.
    pub indicator: Option<String>,
    /// Where.
    pub area: Option<String>,
    /// When.
    pub period: Option<String>,
    /// The codes of the dimensions that are grouped by, and the reporter.
    pub dimensions: BTreeMap<String, String>,
}

/// One figure: the question for it alone.
#[derive(Clone, Debug)]
pub struct OneFigure {
    pub(crate) question: Question,
    pub(crate) group: Group,
    /// All areas that were asked for: the figure may be told as a share of their total, or ranked among them.
    areas: AreaSelection,
}

/// Why one figure could not be chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NotOne {
    /// The question itself has no answer.
    Question(Vec<Refusal>),
    /// The key fits no figure, or several; refusals name its fields.
    Key(Vec<Refusal>),
}

/// What a figure is of.
#[derive(Clone, Copy)]
enum Asked<'q> {
    Measure(&'q MeasureId),
    Formula(&'q AdHocFormula),
}

impl<'q> Asked<'q> {
    fn id(&self) -> String {
        match self {
            Self::Measure(measure) => measure_text(measure).to_owned(),
            Self::Formula(formula) => formula.id.to_string(),
        }
    }

    const fn measure(self) -> Option<&'q MeasureId> {
        match self {
            Self::Measure(measure) => Some(measure),
            Self::Formula(_) => None,
        }
    }

    const fn formula(self) -> Option<&'q AdHocFormula> {
        match self {
            Self::Measure(_) => None,
            Self::Formula(formula) => Some(formula),
        }
    }

    /// The plan; none where the definitions have no such measure, or do not take such a formula.
    fn plan<'c>(&self, catalog: &'c Catalog) -> Option<Plan<'c>> {
        match self {
            Self::Measure(measure) => Plan::of(measure, catalog),
            Self::Formula(asked) => {
                // it was checked by other definitions, maybe
                let formula = catalog.formula(&asked.formula.to_string()).ok()?;
                let asked = AdHocFormula {
                    formula,
                    ..(*asked).clone()
                };
                Plan::of_formula(&asked, catalog)
            }
        }
    }
}

/// Everything that computing one figure takes.
pub(crate) struct Ready<'c> {
    pub(crate) plan: Plan<'c>,
    pub(crate) narrowings: Vec<Narrowing>,
    pub(crate) target: (FigureArea, Period),
}

impl OneFigure {
    /// Chooses the one figure of a question that has the key.
    pub fn choose(catalog: &Catalog, question: &Question, key: &FigureKey) -> Result<Self, NotOne> {
        let targets = targets(catalog, question).map_err(NotOne::Question)?;
        let mut wrong = Vec::new();
        let measures = question.measures.iter().map(Asked::Measure);
        let asked: Vec<Asked<'_>> = measures.chain(question.formulas.iter().map(Asked::Formula)).collect();
        let asked = one("indicator", key.indicator.as_deref(), &asked, Asked::id, &mut wrong);
        let target = one_target(&targets, key, &mut wrong);
        let plan = asked.as_ref().and_then(|asked| asked.plan(catalog));
        let group = plan.and_then(|plan| one_group(&groups(catalog, &plan, question), key, &mut wrong));
        match (asked, target, group) {
            (Some(asked), Some((area, period)), Some(group)) if wrong.is_empty() => Ok(Self {
                question: Question {
                    measures: asked.measure().into_iter().cloned().collect(),
                    formulas: asked.formula().into_iter().cloned().collect(),
                    // which of several areas count as one sum is found anew in the hierarchy of each time
                    areas: area.one().map_or_else(
                        || question.areas.clone(),
                        |area| AreaSelection::List(vec![area.clone()]),
                    ),
                    periods: vec![*period],
                    period_places: question.place_of(*period).into_iter().collect(),
                    ..question.clone()
                },
                group,
                areas: question.areas.clone(),
            }),
            _ => Err(NotOne::Key(wrong)),
        }
    }

    /// The same figure by itself: compared with nothing, a part of nothing and without a rank.
    #[must_use]
    pub fn uncompared(mut self) -> Self {
        self.question.comparisons.clear();
        self.question.share_of = None;
        self.question.ranking = Ranking::default();
        self
    }

    /// The day on whose boundaries it is restated, if it is.
    #[must_use]
    pub fn on_boundaries_of(&self) -> Option<Date> {
        self.question.on_boundaries_of
    }

    /// The figure; `None` when the definitions have no such figure.
    pub fn figure(&self, state: State<'_>) -> Result<Option<Figure>, Vec<Refusal>> {
        let Some(ready) = self.ready(state.catalog)? else {
            return Ok(None);
        };
        let whole = Question {
            areas: self.areas.clone(),
            ..self.question.clone()
        };
        let is_ranked = whole.ranking.rank_among.is_some();
        let mut others = Vec::new();
        if whole.share_of == Some(ShareOf::Areas) || is_ranked {
            others = targets(state.catalog, &whole)?;
            check(state.catalog, &whole, std::slice::from_ref(&ready.plan), &others)?;
        }
        if let Some(refusal) = refuse_too_many_ranked(&whole, others.len()) {
            return Err(vec![refusal]);
        }
        let mut totals = Totals::new(state, &whole);
        let one = One {
            plan: &ready.plan,
            target: &ready.target,
            group: &self.group,
            narrowings: &ready.narrowings,
        };
        let figure = figure(&mut totals, (state, &self.question), one);
        let rank = is_ranked.then(|| rank_of_one(state, &whole, &others, one));
        Ok(Some(Figure {
            rank: rank.flatten().map(Box::new),
            ..figure
        }))
    }

    /// Made ready under some definitions; `None` when they have no such figure.
    pub(crate) fn ready<'c>(&self, catalog: &'c Catalog) -> Result<Option<Ready<'c>>, Vec<Refusal>> {
        let measure = self.question.measures.first().map(Asked::Measure);
        let asked = measure.or(self.question.formulas.first().map(Asked::Formula));
        let Some(plan) = asked.and_then(|asked| asked.plan(catalog)) else {
            return Ok(None);
        };
        let Some(target) = targets(catalog, &self.question)?.pop() else {
            return Ok(None);
        };
        let is_defined = target
            .0
            .areas()
            .iter()
            .all(|area| catalog.area(area.as_str()).is_some());
        if !is_defined || !groups(catalog, &plan, &self.question).contains(&self.group) {
            return Ok(None);
        }
        check(
            catalog,
            &self.question,
            std::slice::from_ref(&plan),
            std::slice::from_ref(&target),
        )?;
        let narrowings = narrowings(catalog, &self.question, &plan, &self.group);
        Ok(Some(Ready {
            plan,
            narrowings,
            target,
        }))
    }

    /// The figure without comparisons, and its value before rounding.
    pub(crate) fn evaluate(
        &self,
        state: State<'_>,
        ready: &Ready<'_>,
        evaluation: &mut Evaluation<'_>,
    ) -> (Figure, Value) {
        evaluate_figure(
            state,
            &self.question,
            &ready.plan,
            &ready.target,
            &self.group,
            evaluation,
        )
    }
}
