//! Periods that are counted from a day.

use jiff::civil::date;

use super::calendars::health;
use crate::{PeriodError, PeriodRange, ReferenceDay};

fn range(text: &str, day: jiff::civil::Date) -> Result<PeriodRange, PeriodError> {
    ReferenceDay(day).range(text, |id| (id == "health").then(health))
}

#[test]
fn rule_9_relative_periods_are_whole_ones_counted_from_a_day() {
    // Thursday
    let day = date(2017, 6, 15);
    for (text, expected) in [
        ("this day", "2017-06-15"),
        ("last day", "2017-06-14"),
        ("last 2 weeks", "2017-W22..2017-W23"),
        ("this week", "2017-W24"),
        ("this month", "2017-06"),
        ("last month", "2017-05"),
        ("last 12 months", "2016-06..2017-05"),
        ("last 4 quarters", "2016-Q2..2017-Q1"),
        ("last half", "2016-H2"),
        ("last 2 halves", "2016-H1..2016-H2"),
        ("this year", "2017"),
        ("last year", "2016"),
        // the 15th is the first day of month 7 of that calendar
        ("this health:month", "health:2017-07"),
        ("last 3 health:months", "health:2017-04..health:2017-06"),
        ("last health:quarter", "health:2017-Q2"),
        // what is not relative stays what it is
        ("2017-01..2017-03", "2017-01..2017-03"),
        ("health:2017", "health:2017"),
    ] {
        assert_eq!(range(text, day).unwrap().to_string(), expected, "{text}");
    }
}

#[test]
fn a_period_has_ended_when_its_last_day_is_over() {
    assert_eq!(range("last month", date(2017, 6, 30)).unwrap().to_string(), "2017-05");
    assert_eq!(range("last month", date(2017, 7, 1)).unwrap().to_string(), "2017-06");
}

#[test]
fn words_that_stand_for_nothing_are_refused() {
    let day = date(2017, 6, 15);
    for text in [
        "last",
        "this",
        "last 0 months",
        "last -1 months",
        "last 10001 days",
        "last 12  months",
        "last twelve months",
        "this fortnight",
        "this 2 months",
        "last 2 months please",
    ] {
        assert!(matches!(range(text, day), Err(PeriodError::Relative { .. })), "{text}");
    }
    for (text, error) in [
        ("next month", "Malformed"),
        ("Last month", "Malformed"),
        ("last 3 helth:months", "UnknownCalendar"),
        ("last 3 health:weeks", "NotOfCalendar"),
        ("this health:day", "NotOfCalendar"),
        ("last 1100 years", "NoSuchPeriod"),
    ] {
        let found = format!("{:?}", range(text, day).unwrap_err());
        assert!(found.starts_with(error), "{text}: {found}");
    }
}

#[test]
fn where_one_period_is_asked_for_several_are_refused() {
    let day = ReferenceDay(date(2017, 6, 15));
    let one = |text| day.period(text, |_| None);
    assert_eq!(one("last 1 month").unwrap().to_string(), "2017-05");
    assert!(matches!(
        one("last 2 months"),
        Err(PeriodError::Several { count: 2, .. })
    ));
    assert!(matches!(one("2017-01..2017-02"), Err(PeriodError::Malformed { .. })));
}
