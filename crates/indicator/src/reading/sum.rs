//! The values of the series of one term, added.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::rc::Rc;

use almanac_catalog::{Metric, SumOperator, TimeOperator};
use almanac_cube::{Block, Columns, Series};
use almanac_model::{Exact, FigureFlag, MissingReason, Qualifier, Revision, Status};

use super::{Contribution, Keep, TermValue};
use crate::series::{SeriesValue, most_telling};
use crate::suppression::Form;
use crate::value::{Value, weakest};

/// Series of one term, added.
pub(super) struct SeriesSum<'a> {
    metric: &'a Metric,
    total: Value,
    /// What is added to the total at the end, in units of the metric's decimals.
    units: i128,
    /// The first series that has a number.
    first: Option<Series<'a>>,
    /// Whether another one has; a restated sum may read one series in several stretches.
    several: bool,
    /// By their places among those of the metric.
    reporters: BTreeSet<usize>,
    /// The place of the one that was added last.
    last_reporter: Option<usize>,
    reasons: Vec<MissingReason>,
    contributions: Vec<Contribution>,
    keep: Keep,
    /// Whether it stands for several areas, or for parts of one.
    pub(super) put_together: bool,
    /// What is read of which number; `None` when nothing of the metric is confidential.
    pub(super) form: Option<Form>,
}

impl<'a> SeriesSum<'a> {
    pub(super) fn new(metric: &'a Metric, form: Option<Form>, keep: Keep) -> Self {
        Self {
            metric,
            total: Value::number(Exact::from_integer(0)),
            units: 0,
            first: None,
            several: false,
            reporters: BTreeSet::new(),
            last_reporter: None,
            reasons: Vec::new(),
            contributions: Vec::new(),
            keep,
            put_together: false,
            form,
        }
    }

    /// Adds series of a block in which nothing is lacking in a stretch of sub-periods, so that their values need not be looked at one
    /// by one, and the time operator has nothing to weigh. It tells whether they are such.
    pub(super) fn add_plain(
        &mut self,
        block: &'a Block,
        columns: Columns,
        periods: &RangeInclusive<i32>,
        as_of: Revision,
    ) -> bool {
        if self.form.is_some() || self.keep == Keep::Contributions {
            return false;
        }
        let Some((units, status)) = plain_total(self.metric, block, columns, periods, as_of) else {
            return false;
        };
        self.units += units;
        self.total.qualifier = self.total.qualifier.plus(status.qualifier);
        let quality = &mut self.total.lineage.quality;
        *quality = weakest(*quality, Some(status.quality));
        if let Some(first) = block.series_in(columns).next() {
            self.number_of(first);
            self.several |= columns.len() > 1;
        }
        true
    }

    pub(super) fn add(&mut self, series: Series<'a>, part: SeriesValue) {
        let is_unheard = part.used.is_empty();
        if !is_unheard {
            self.reporter(series.reporter());
        }
        if self.keep == Keep::Contributions {
            let used = part.used.into_iter();
            self.contributions.extend(used.map(|(period, cell)| Contribution {
                series: series.key().clone(),
                period,
                cell,
            }));
        }
        match part.value.outcome {
            Ok(_) => {
                let total = std::mem::replace(&mut self.total, Value::missing(MissingReason::NoRecord));
                self.total = total.add(part.value);
                self.number_of(series);
            }
            // a report that has nothing to be compared with was there all the same
            Err(MissingReason::NoRecord) if is_unheard => {}
            Err(reason) => {
                self.total.lineage.merge(&part.value.lineage);
                self.reasons.push(reason);
            }
        }
    }

    /// Notes that something is of a reporter, by the place among those of the metric.
    pub(super) fn reporter(&mut self, place: usize) {
        if self.last_reporter != Some(place) {
            self.last_reporter = Some(place);
            self.reporters.insert(place);
        }
    }

    fn number_of(&mut self, series: Series<'a>) {
        let first = *self.first.get_or_insert(series);
        self.several |= !first.is_same(series);
    }

    /// The sum. Series that lack a number make it partial; what cannot exist lacks nothing.
    pub(super) fn finish(mut self, lacking: bool) -> TermValue<'a> {
        let plain = Exact::from_scaled(self.units, self.metric.decimals);
        self.total.outcome = self.total.outcome.map(|total| &total + &plain);
        let withheld = self.reasons.iter().any(|reason| *reason != MissingReason::CannotExist);
        let absent = lacking.then_some(MissingReason::NoRecord);
        if self.reasons.contains(&MissingReason::NotRestatable) {
            self.total.outcome = Err(MissingReason::NotRestatable);
            self.total.qualifier = Qualifier::Exact;
        } else if self.first.is_none() {
            self.total.outcome = Err(most_telling(self.reasons.into_iter().chain(absent)));
            self.total.qualifier = Qualifier::Exact;
        } else if (self.several || self.put_together) && self.metric.sum == SumOperator::None {
            self.total.outcome = Err(MissingReason::NotAdditive);
            self.total.qualifier = Qualifier::Exact;
        } else if withheld || lacking {
            self.total.lineage.flags.insert(FigureFlag::PartialCoverage);
        }
        TermValue {
            value: self.total,
            reporters: Rc::new(self.reporters),
            contributions: self.contributions,
            steady: None,
        }
    }
}

/// The periods that the time operator reads in a stretch where each has a value, so that their values need only be added; `None`
/// where it has to look at each.
pub(super) fn plain_periods(metric: &Metric, periods: &RangeInclusive<i32>) -> Option<RangeInclusive<i32>> {
    match metric.time {
        TimeOperator::Sum if !metric.cumulative => Some(periods.clone()),
        TimeOperator::Last => Some(*periods.end()..=*periods.end()),
        TimeOperator::First => Some(*periods.start()..=*periods.start()),
        _ => None,
    }
}

/// The sum of series of a block over a stretch, in units of the metric's decimals, and the status of all its values; `None` unless
/// each has a number in each of the periods that count, of one status.
pub(super) fn plain_total(
    metric: &Metric,
    block: &Block,
    columns: Columns,
    periods: &RangeInclusive<i32>,
    as_of: Revision,
) -> Option<(i128, Status)> {
    let periods = plain_periods(metric, periods)?;
    let of_one = || {
        let mut series = block
            .series_in(columns)
            .filter(|_| columns.len() == 1 && periods.start() == periods.end());
        let cell = series.next()?.cell(*periods.end(), as_of)?;
        Some((cell.value, cell.status))
    };
    let found = block.total(columns, &periods, as_of).or_else(of_one);
    found.filter(|(_, status)| status.missing.is_none())
}
