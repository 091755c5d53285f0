//! Calendars: their rules, as batches and answers carry them.

use almanac_catalog::{Catalog, CustomCalendar};
use almanac_model::{Calendar, CalendarError, ClosingDay, Granularity, Period, PeriodError, PeriodRange, YearName};

use crate::catalog::documentation_to_proto;
use crate::figure::granularity_to_proto;
use crate::pb::shared as pb;

/// Why a message is not the rule of a calendar.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CalendarDecodeError {
    /// A part of it is none.
    #[error(transparent)]
    Rule(#[from] CalendarError),
    /// There is a closing day for each of the twelve months.
    #[error("a calendar has {count} closing days; there are 12 months")]
    ClosingDays {
        /// How many there are.
        count: usize,
    },
}

/// The custom calendars that an answer or a batch came with: what its periods mean.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Calendars(Vec<Calendar>);

impl Calendars {
    /// The calendars that were received.
    pub fn from_proto(rules: &[pb::CalendarRule]) -> Result<Self, CalendarDecodeError> {
        let rules = rules.iter().map(calendar_from_proto);
        Ok(Self(rules.collect::<Result<_, _>>()?))
    }

    /// The period of a text.
    pub fn period(&self, text: &str) -> Result<Period, PeriodError> {
        Period::parse(text, |id| self.find(id))
    }

    /// The range of a text; one period is a range too.
    pub fn period_range(&self, text: &str) -> Result<PeriodRange, PeriodError> {
        PeriodRange::parse(text, |id| self.find(id))
    }

    fn find(&self, id: &str) -> Option<Calendar> {
        self.0.iter().find(|calendar| calendar.id() == id).copied()
    }
}

/// The rule of a calendar.
#[must_use]
pub fn calendar_rule_to_proto(calendar: Calendar) -> pb::CalendarRule {
    let closing = |day: ClosingDay| day.day().map_or(0, u32::from);
    pb::CalendarRule {
        id: calendar.id().to_owned(),
        closing_days: calendar.closing_days().map(closing).to_vec(),
        first_month: u32::from(calendar.first_month()),
        year_named_by_end: calendar.named_by() == YearName::End,
    }
}

/// The calendar of a rule.
pub fn calendar_from_proto(rule: &pb::CalendarRule) -> Result<Calendar, CalendarDecodeError> {
    let pb::CalendarRule {
        id,
        closing_days,
        first_month,
        year_named_by_end,
    } = rule;
    let days = closing_days.iter().map(|day| match day {
        0 => Ok(ClosingDay::LAST),
        day => ClosingDay::new(*day),
    });
    let days: Vec<ClosingDay> = days.collect::<Result<_, _>>()?;
    let count = days.len();
    let days = days
        .try_into()
        .map_err(|_| CalendarDecodeError::ClosingDays { count })?;
    let named_by = if *year_named_by_end {
        YearName::End
    } else {
        YearName::Start
    };
    Ok(Calendar::new(id, days, *first_month, named_by)?)
}

/// The rules of all calendars of a catalogue.
#[must_use]
pub fn calendar_rules_to_proto(catalog: &Catalog) -> Vec<pb::CalendarRule> {
    let rules = catalog.calendars().map(|calendar| calendar.rule);
    rules.map(calendar_rule_to_proto).collect()
}

/// A calendar with its documentation.
#[must_use]
pub fn calendar_to_proto(calendar: &CustomCalendar) -> pb::Calendar {
    let CustomCalendar {
        id: _,
        rule,
        documentation,
    } = calendar;
    pb::Calendar {
        rule: Some(calendar_rule_to_proto(*rule)),
        documentation: Some(documentation_to_proto(documentation)),
    }
}

/// A kind of period and the id of its calendar, which is empty for the standard one.
pub(crate) fn frequency_to_proto(granularity: Granularity) -> (pb::Granularity, String) {
    let calendar = granularity.calendar();
    let id = calendar.map(|calendar| calendar.id().to_owned());
    (granularity_to_proto(granularity), id.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_9_a_calendar_means_the_same_on_the_other_side() {
        let mut days = [ClosingDay::new(25).unwrap(); 12];
        days[11] = ClosingDay::LAST;
        for (first_month, named_by) in [(1, YearName::Start), (4, YearName::End)] {
            let calendar = Calendar::new("insurance", days, first_month, named_by).unwrap();
            let rule = calendar_rule_to_proto(calendar);
            assert_eq!(calendar_from_proto(&rule), Ok(calendar));
            let period = Calendars::from_proto(&[rule]).unwrap().period("insurance:2017-Q3");
            assert_eq!(period.unwrap().granularity().calendar(), Some(calendar));
        }
    }

    /// One value of a calendar's month 5 of 2017, and the series it belongs to.
    fn batch(calendar: Calendar) -> almanac_model::Batch {
        let granularity = Granularity::Month.in_calendar(Some(calendar)).unwrap();
        let text = format!("{calendar}:2017-05");
        let period = Period::parse(&text, |_| Some(calendar)).unwrap();
        let series = almanac_model::BatchSeries {
            metric: "births".parse().unwrap(),
            area: "96".parse().unwrap(),
            reporter: "north".parse().unwrap(),
            dimensions: [].into(),
            granularity,
            decimals: 0,
        };
        almanac_model::Batch::new(
            vec![series],
            vec![0],
            vec![period.ordinal()],
            vec![7],
            vec![3],
            Vec::new(),
        )
        .unwrap()
    }

    #[test]
    fn rule_9_a_batch_carries_the_calendars_of_its_series() {
        let days = [ClosingDay::new(14).unwrap(); 12];
        let calendar = Calendar::new("health", days, 1, YearName::Start).unwrap();
        let stored = crate::batch_to_proto(&batch(calendar));
        assert_eq!(stored.calendars, [calendar_rule_to_proto(calendar)]);
        assert_eq!(crate::batch_from_proto(stored.clone()), Ok(batch(calendar)));
        let changes: [fn(&mut pb::EventBatch); 3] = [
            |batch| batch.calendars.clear(),
            |batch| batch.series[0].calendar = 2,
            |batch| batch.series[0].granularity = pb::Granularity::Week.into(),
        ];
        for change in changes {
            let mut damaged = stored.clone();
            change(&mut damaged);
            assert!(crate::batch_from_proto(damaged).is_err());
        }
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        let rule = calendar_rule_to_proto(Calendar::new("x", [ClosingDay::LAST; 12], 1, YearName::Start).unwrap());
        let changes: [fn(&mut pb::CalendarRule); 4] = [
            |rule| rule.id.push(':'),
            |rule| rule.first_month = 0,
            |rule| rule.closing_days[3] = 31,
            |rule| rule.closing_days.push(0),
        ];
        for change in changes {
            let mut rule = rule.clone();
            change(&mut rule);
            assert!(calendar_from_proto(&rule).is_err(), "{rule:?}");
        }
    }
}
