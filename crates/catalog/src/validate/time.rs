//! When an event belongs: the period of the metric in which it is counted.

use almanac_model::{EventTime, Granularity, Period, Quality};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Check, ViolationReason};
use crate::Method;

/// When an event belongs.
#[derive(Clone, Copy)]
pub(super) struct CheckedTime {
    /// The period of the metric's frequency.
    pub(super) period: Period,
    /// The instant, if that is what the event gave.
    pub(super) occurred_at: Option<Timestamp>,
}

impl Check<'_> {
    /// The period in which the event is counted, if its time fits the metric.
    pub(super) fn time(&mut self) -> Option<CheckedTime> {
        let frequency = self.metric.frequency;
        match self.event.time {
            EventTime::Instant(instant) => {
                let day = self.catalog.time_zone().to_datetime(instant).date();
                let period = Period::containing(frequency, day);
                if self.metric.method == Method::Report {
                    let message = format!(
                        "metric {} is reported by {frequency}, one value for each; give period, such as \"{period}\", instead of occurred_at",
                        self.metric.id
                    );
                    self.refuse("occurred_at", ViolationReason::PeriodRequired, message);
                    return None;
                }
                self.quality("occurred_at", day, period);
                Some(CheckedTime {
                    period,
                    occurred_at: Some(instant),
                })
            }
            EventTime::Period(given) => {
                let period = self.bucket(given)?;
                self.quality("period", given.start(), period);
                Some(CheckedTime {
                    period,
                    occurred_at: None,
                })
            }
        }
    }

    /// A report is about exactly one period of the metric; an event of a tally may be dated more finely.
    fn bucket(&mut self, given: Period) -> Option<Period> {
        let (found, frequency) = (given.granularity(), self.metric.frequency);
        let finer_is_added = self.metric.method == Method::Tally && found.divides(frequency);
        if found == frequency || finer_is_added {
            return Some(Period::containing(frequency, given.start()));
        }
        let (reason, remedy) = wrong_granularity(given, frequency, self.metric.method);
        let verb = match self.metric.method {
            Method::Report => "reported",
            Method::Tally => "counted",
        };
        let message = format!(
            "\"{given}\" is {} and metric {} is {verb} by {frequency}; {remedy}",
            found.with_article(),
            self.metric.id
        );
        self.refuse("period", reason, message);
        None
    }

    /// Rule 14: what has not begun is an estimate, and what is not over is not official.
    fn quality(&mut self, field: &str, begins: Date, period: Period) {
        let (today, quality) = (self.today, self.event.quality);
        if begins > today && quality != Quality::Estimated {
            let message = format!("{begins} is after today, {today}; give quality ESTIMATED, or correct the {field}");
            self.refuse(field, ViolationReason::FuturePeriod, message);
        } else if period.last_day() >= today && quality == Quality::Official {
            let message = format!(
                "{period} ends with {}, and today is {today}; give quality PRELIMINARY or ESTIMATED until it is over",
                period.last_day()
            );
            self.refuse(field, ViolationReason::PeriodNotEnded, message);
        }
    }
}

/// What is wrong with a period of another granularity, and what to give instead.
fn wrong_granularity(given: Period, frequency: Granularity, method: Method) -> (ViolationReason, String) {
    let found = given.granularity();
    if let Some(parts) = given.parts(frequency) {
        let remedy = format!("give each {frequency} of {parts} by itself");
        (ViolationReason::PeriodTooCoarse, remedy)
    } else if is_of_another_calendar(found, frequency) {
        let day = if frequency.is_finer_than(found) {
            given.start()
        } else {
            given.last_day()
        };
        let near = Period::containing(frequency, day);
        let remedy = format!(
            "it is of another calendar, give {}, such as \"{near}\"",
            frequency.with_article()
        );
        (ViolationReason::PeriodNotAligned, remedy)
    } else if found > frequency {
        (
            ViolationReason::PeriodTooCoarse,
            format!("give each {frequency} by itself"),
        )
    } else if found.divides(frequency) {
        let whole = Period::containing(frequency, given.start());
        (
            ViolationReason::PeriodTooFine,
            format!("give the {frequency}, such as \"{whole}\""),
        )
    } else if method == Method::Report {
        (ViolationReason::PeriodTooFine, format!("give the {frequency}"))
    } else {
        let remedy = format!("{} may lie in two {frequency}s, give the day", found.with_article());
        (ViolationReason::PeriodNotAligned, remedy)
    }
}

/// Whether both consist of months, but not of the same.
fn is_of_another_calendar(found: Granularity, frequency: Granularity) -> bool {
    let of_months = |granularity: Granularity| granularity.standard() >= Granularity::Month;
    of_months(found) && of_months(frequency) && found.calendar() != frequency.calendar()
}
