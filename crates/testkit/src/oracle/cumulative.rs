//! Rule 15: what is recorded is the total since the start of the year, so that what happened in a period is a difference: the
//! last total inside it minus the one just before it, in each year that it touches. What lies between the two is not needed.

use std::collections::BTreeSet;

use almanac_catalog::{Metric, Operator};
use almanac_model::{FigureFlag, MissingReason, Period};

use super::Oracle;
use super::breaks::breaks_within;
use super::records::SeriesKey;
use super::series::{Part, most_telling, no_number, of_record};
use super::stretch::year_of;
use super::value::Value;

impl Oracle<'_> {
    /// What happened in some sub-periods that follow each other.
    pub(super) fn since_start_of_year(&self, metric: &Metric, series: &SeriesKey, parts: &[Part]) -> Value {
        let year = |part: &Part| year_of(metric.frequency, part.period.last_day());
        let years: BTreeSet<Period> = parts.iter().map(year).collect();
        let mut reasons = Vec::new();
        let mut total: Option<Value> = None;
        for one in years {
            let in_year: Vec<Part> = parts.iter().filter(|part| year(part) == one).cloned().collect();
            match self.in_year(metric, series, &in_year, parts) {
                Ok(None) => {}
                Ok(Some(difference)) => {
                    total = Some(match total {
                        None => difference,
                        Some(total) => Value::combine(Operator::Add, &total, &difference),
                    });
                }
                Err(reason) => reasons.push(reason),
            }
        }
        let Some(mut total) = total else {
            let mut value = no_number(parts);
            let stated = parts.iter().filter_map(Part::reason);
            value.outcome = Err(most_telling(&reasons.into_iter().chain(stated).collect::<Vec<_>>()));
            return value;
        };
        if !reasons.is_empty() {
            total.flags.insert(FigureFlag::PartialPeriod);
        }
        total
    }

    /// What happened in the part of a period that lies in one year: `None` when nothing ought to be there, or the reason why
    /// there are no two totals.
    fn in_year(
        &self,
        metric: &Metric,
        series: &SeriesKey,
        in_year: &[Part],
        all: &[Part],
    ) -> Result<Option<Value>, MissingReason> {
        let numbers: Vec<&Part> = in_year.iter().filter(|part| part.number().is_some()).collect();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
            let reasons: Vec<MissingReason> = in_year.iter().filter_map(Part::reason).collect();
            return if self.lacks_parts(metric, series, in_year) {
                Err(most_telling(&reasons))
            } else {
                Ok(None)
            };
        };
        let later = in_year.iter().filter(|part| part.period > last.period);
        let is_partial = self.lacks_parts(metric, series, &later.cloned().collect::<Vec<_>>());
        match self.total_before(metric, series, in_year, all) {
            Ok(base) => Ok(Some(difference(last, base.as_ref(), is_partial))),
            // the first total inside stands in
            Err(_) if first.period < last.period => Ok(Some(difference(last, Some(first), true))),
            Err(reason) => Err(reason),
        }
    }

    /// The total of the sub-period before some: `None` when the year begins with them, or the reason why nobody knows it.
    /// Through sub-periods that cannot exist it stays what it was. One of another territory or of another definition is none
    /// of this.
    fn total_before(
        &self,
        metric: &Metric,
        series: &SeriesKey,
        in_year: &[Part],
        all: &[Part],
    ) -> Result<Option<Part>, MissingReason> {
        let (Some(first), Some(end)) = (in_year.first(), all.last()) else {
            return Ok(None);
        };
        let year = |period: Period| year_of(metric.frequency, period.last_day());
        let mut before = first.period.offset(-1);
        while year(before) == year(first.period) {
            let part = self.part(metric, series, before);
            match part.record.as_ref().map(|record| &record.outcome) {
                None => return Err(MissingReason::NoRecord),
                Some(Err(MissingReason::CannotExist)) => before = before.offset(-1),
                Some(Err(reason)) => return Err(*reason),
                Some(Ok(_)) => {
                    let is_broken = breaks_within(metric, before.last_day(), end.period.last_day());
                    let is_comparable = self.same_area(series, before, end.period) && !is_broken;
                    return if is_comparable {
                        Ok(Some(part))
                    } else {
                        Err(MissingReason::NoRecord)
                    };
                }
            }
        }
        Ok(None)
    }
}

/// One total minus another, or minus nothing at the start of a year.
fn difference(last: &Part, base: Option<&Part>, is_partial: bool) -> Value {
    let value = |part: &Part| part.record.as_ref().map(of_record);
    let mut total = value(last).unwrap_or_else(|| Value::missing(MissingReason::NoRecord));
    if let Some(before) = base.and_then(value) {
        total = Value::combine(Operator::Subtract, &total, &before);
    }
    total.numbers = base.into_iter().chain([last]).map(|part| part.place.clone()).collect();
    if is_partial {
        total.flags.insert(FigureFlag::PartialPeriod);
    }
    if total.outcome.as_ref().is_ok_and(|number| number.sign().is_lt()) {
        total.flags.insert(FigureFlag::CumulativeDecreased);
    }
    total
}
