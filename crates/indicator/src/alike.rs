//! Like for like: what two periods have in common, and both values computed from that alone.
//!
//! Common are the areas that lie in the territory in both and kept their extent, the series in them, and of these the
//! sub-periods that have a number in both, by position: January to October against January to October. The formula is then
//! computed as always, so that a ratio is a ratio of what is left of both its sides.

use std::collections::{BTreeSet, HashMap};

use almanac_catalog::{Kind, Method, Metric};
use almanac_cube::{Cell, Series, SeriesKey};
use almanac_model::{AreaId, Period, PeriodRange};

use crate::evaluate::{Evaluation, Reading};
use crate::plan::Plan;
use crate::question::State;
use crate::reading::Narrowing;
use crate::territory::{Stretch, Territory};
use crate::value::Value;

/// The values of two periods, from what both have.
pub(crate) struct Alike {
    pub(crate) value: Value,
    pub(crate) base: Value,
    /// Whether one of them has something that the other does not.
    pub(crate) left_out: bool,
}

/// For each term and the stretch over which it is read, the stretch that it is held against.
#[derive(Debug, Default)]
pub(crate) struct Counterparts(HashMap<(usize, PeriodRange), PeriodRange>);

impl Counterparts {
    /// Each reading against the one of the same term at the same place of the formula.
    fn of(own: &[Reading<'_>], other: &[Reading<'_>]) -> Self {
        let pairs = own.iter().zip(other).filter(|(own, other)| own.term == other.term);
        Self(pairs.map(|(own, other)| ((own.term, own.span), other.span)).collect())
    }

    pub(crate) fn span(&self, term: usize, span: PeriodRange) -> Option<PeriodRange> {
        self.0.get(&(term, span)).copied()
    }
}

/// Both values of a plan like for like.
pub(crate) fn alike(
    state: State<'_>,
    plan: &Plan<'_>,
    narrowings: &[Narrowing],
    territory: &Territory,
    (period, base_period): (Period, Period),
) -> Alike {
    let whole = |period| {
        let mut evaluation = Evaluation::new(state, plan, narrowings).with_contributions();
        evaluation.run(territory, period);
        evaluation.readings
    };
    let (now, then) = (whole(period), whole(base_period));
    let kept = |period, own: &[Reading<'_>], other: &[Reading<'_>]| {
        let counterparts = Counterparts::of(own, other);
        let mut evaluation = Evaluation::alike(state, plan, narrowings, &counterparts);
        let value = evaluation.run(territory, period).value;
        let is_whole = numbers(own).eq(numbers(&evaluation.readings));
        (value, is_whole)
    };
    let (value, value_is_whole) = kept(period, &now, &then);
    let (base, base_is_whole) = kept(base_period, &then, &now);
    Alike {
        value,
        base,
        left_out: !value_is_whole || !base_is_whole,
    }
}

/// Where the numbers are, those that are not told included.
fn numbers<'r>(readings: &'r [Reading<'_>]) -> impl Iterator<Item = (&'r SeriesKey, i32)> {
    let all = readings.iter().flat_map(|reading| &reading.contributions);
    all.filter(|contribution| contribution.cell.status.missing.is_none())
        .map(|contribution| (&contribution.series, contribution.period))
}

/// What a period has in common with another, for one metric.
pub(crate) struct Common<'a> {
    metric: &'a Metric,
    /// How many sub-periods later the other period begins, and its last sub-period. `None` when nothing stands against it.
    other: Option<(i32, i32)>,
    areas: BTreeSet<&'a AreaId>,
}

impl<'a> Common<'a> {
    /// What the sub-periods of a period have in common with a period that is read in its place.
    pub(crate) fn with(
        state: State<'a>,
        metric: &'a Metric,
        territory: &Territory,
        parts: PeriodRange,
        counterpart: Option<PeriodRange>,
    ) -> Self {
        let others = counterpart.and_then(|span| Some((span, span.parts(metric.frequency)?)));
        let Some((span, others)) = others else {
            return Self {
                metric,
                other: None,
                areas: BTreeSet::new(),
            };
        };
        let (day, own_day) = (span.last_day(), parts.last().last_day());
        let stretch = Stretch { parts: others, day };
        let areas = territory.collecting(state, metric, stretch).into_keys();
        Self {
            metric,
            other: Some((
                others.first().ordinal() - parts.first().ordinal(),
                others.last().ordinal(),
            )),
            areas: areas
                .filter(|area| state.catalog.same_extent(area, day, own_day))
                .collect(),
        }
    }

    /// Whether the other period has that area, with the same extent.
    pub(crate) fn has_area(&self, area: &AreaId) -> bool {
        self.areas.contains(area)
    }

    /// Whether a recorded value is a number that has a number against it.
    pub(crate) fn has(&self, state: State<'_>, series: Series<'_>, ordinal: i32, cell: Cell) -> bool {
        let Some((distance, last)) = self.other else {
            return false;
        };
        let other = ordinal + distance;
        let against = series.cell(other, state.as_of);
        // of what is tallied nothing recorded means that nothing happened
        let counts = self.metric.kind == Kind::Flow && self.metric.method == Method::Tally;
        let number = |cell: Cell| cell.status.missing.is_none();
        number(cell) && other <= last && against.map_or(counts, number)
    }
}
