//! Periods as text, in the calendars that the catalogue defines.

use almanac_model::{Calendar, Period, PeriodError, PeriodRange, ReferenceDay};

use crate::Catalog;
use crate::suggest::{Candidate, nearest, remedy};

impl Catalog {
    /// The period of a text, such as `2017-Q3` or, of a custom calendar, `health:2017-Q3`.
    pub fn period(&self, text: &str) -> Result<Period, PeriodError> {
        Period::parse(text, |id| self.calendar_rule(id)).map_err(|error| self.with_known(error))
    }

    /// The range of a text, such as `2015..2017` or `health:2017-01..2017-06`; one period is a range too.
    pub fn period_range(&self, text: &str) -> Result<PeriodRange, PeriodError> {
        PeriodRange::parse(text, |id| self.calendar_rule(id)).map_err(|error| self.with_known(error))
    }

    /// As [`Self::period`]; also in words that are counted from a day, such as `last month`.
    pub fn period_at(&self, day: ReferenceDay, text: &str) -> Result<Period, PeriodError> {
        day.period(text, |id| self.calendar_rule(id))
            .map_err(|error| self.with_known(error))
    }

    /// As [`Self::period_range`]; also in words that are counted from a day, such as `last 3 health:months`.
    pub fn period_range_at(&self, day: ReferenceDay, text: &str) -> Result<PeriodRange, PeriodError> {
        day.range(text, |id| self.calendar_rule(id))
            .map_err(|error| self.with_known(error))
    }

    fn calendar_rule(&self, id: &str) -> Option<Calendar> {
        self.calendar(id).map(|calendar| calendar.rule)
    }

    /// An unknown calendar is told with the nearest ones that are there.
    fn with_known(&self, error: PeriodError) -> PeriodError {
        let PeriodError::UnknownCalendar {
            text,
            calendar,
            known: _,
        } = error
        else {
            return error;
        };
        let candidates = self.calendars().map(|calendar| Candidate {
            id: calendar.id.as_str(),
            also: vec![&calendar.documentation.label.vi, &calendar.documentation.label.en],
        });
        let all: Vec<&str> = self.calendars().map(|calendar| calendar.id.as_str()).collect();
        let otherwise = if all.is_empty() {
            "the catalogue has no calendar of its own, leave it out".to_owned()
        } else {
            format!("the calendars are {}", all.join(", "))
        };
        let known = format!("; {}", remedy(&nearest(&calendar, candidates), otherwise));
        PeriodError::UnknownCalendar { text, calendar, known }
    }
}
