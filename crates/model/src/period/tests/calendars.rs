//! Custom calendars.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::{Calendar, CalendarError, ClosingDay, Granularity, MonthUnit, Period, PeriodError, PeriodRange, YearName};

const UNITS: [MonthUnit; 4] = [MonthUnit::Month, MonthUnit::Quarter, MonthUnit::Half, MonthUnit::Year];

/// A calendar in which all months close with the same day, except some.
fn calendar(id: &str, closing: u32, except: &[(usize, ClosingDay)], first_month: u32, named_by: YearName) -> Calendar {
    let mut days = [ClosingDay::new(closing).unwrap_or(ClosingDay::LAST); 12];
    for (month, day) in except {
        days[month - 1] = *day;
    }
    Calendar::new(id, days, first_month, named_by).unwrap()
}

/// Circular 05/2023/TT-BYT: the quarter from the 15th to the 14th, the year from 15 December.
pub(super) fn health() -> Calendar {
    calendar("health", 14, &[], 1, YearName::Start)
}

/// Cut-off on the 25th, except in December.
fn insurance() -> Calendar {
    calendar("insurance", 25, &[(12, ClosingDay::LAST)], 1, YearName::Start)
}

/// A fiscal year from April.
fn fiscal(named_by: YearName) -> Calendar {
    calendar("fiscal", 0, &[], 4, named_by)
}

fn parse(text: &str, calendar: Calendar) -> Result<Period, PeriodError> {
    Period::parse(text, |id| (id == calendar.id()).then_some(calendar))
}

#[test]
fn the_name_of_a_kind_of_period_has_the_article_that_it_needs() {
    let custom = |calendar| Granularity::Custom(calendar, MonthUnit::Month).with_article();
    let named = [Granularity::Day.with_article(), custom(health()), custom(insurance())];
    assert_eq!(named, ["a day", "a health month", "an insurance month"]);
}

#[test]
fn rule_9_a_custom_calendar_has_months_quarters_halves_and_years_of_its_own() {
    let by_start = fiscal(YearName::Start);
    for (calendar, text, start, last) in [
        (health(), "health:2017-01", date(2016, 12, 15), date(2017, 1, 14)),
        (health(), "health:2016-03", date(2016, 2, 15), date(2016, 3, 14)),
        (health(), "health:2017-Q1", date(2016, 12, 15), date(2017, 3, 14)),
        (health(), "health:2017-Q3", date(2017, 6, 15), date(2017, 9, 14)),
        (health(), "health:2017-H1", date(2016, 12, 15), date(2017, 6, 14)),
        (health(), "health:2017", date(2016, 12, 15), date(2017, 12, 14)),
        (insurance(), "insurance:2017-01", date(2017, 1, 1), date(2017, 1, 25)),
        (insurance(), "insurance:2017-02", date(2017, 1, 26), date(2017, 2, 25)),
        (insurance(), "insurance:2017-12", date(2017, 11, 26), date(2017, 12, 31)),
        (insurance(), "insurance:2017", date(2017, 1, 1), date(2017, 12, 31)),
        (by_start, "fiscal:2017-02", date(2017, 2, 1), date(2017, 2, 28)),
        (by_start, "fiscal:2017-Q4", date(2018, 1, 1), date(2018, 3, 31)),
        (by_start, "fiscal:2017", date(2017, 4, 1), date(2018, 3, 31)),
        (
            fiscal(YearName::End),
            "fiscal:2018",
            date(2017, 4, 1),
            date(2018, 3, 31),
        ),
        (
            fiscal(YearName::End),
            "fiscal:2018-H2",
            date(2017, 10, 1),
            date(2018, 3, 31),
        ),
    ] {
        let period = parse(text, calendar).unwrap();
        assert_eq!((period.start(), period.last_day()), (start, last), "{text}");
        assert_eq!(period.to_string(), text);
    }
}

#[test]
fn rule_9_roll_up_is_inside_one_calendar_only() {
    let of = |calendar, unit| Granularity::Custom(calendar, unit);
    let (month, quarter) = (of(health(), MonthUnit::Month), of(health(), MonthUnit::Quarter));
    assert!(month.divides(quarter) && !quarter.divides(month));
    assert!(Granularity::Day.divides(month));
    for other in [
        Granularity::Week,
        Granularity::Quarter,
        of(insurance(), MonthUnit::Quarter),
        of(fiscal(YearName::Start), MonthUnit::Year),
    ] {
        assert!(!month.divides(other), "{other}");
        assert!(!other.divides(quarter), "{other}");
    }
    // the same id with another rule is another calendar
    let later = calendar("health", 15, &[], 1, YearName::Start);
    assert!(!month.divides(of(later, MonthUnit::Quarter)));
    assert_eq!(month.to_string(), "health month");
    assert!(Granularity::Month < month && month < Granularity::Quarter);
}

#[test]
fn rule_9_a_period_of_a_calendar_is_written_with_its_id() {
    let health = health();
    for (text, error) in [
        ("helth:2017", "UnknownCalendar"),
        ("health:2017-W05", "NotOfCalendar"),
        ("health:2017-05-14", "NotOfCalendar"),
        ("health:", "Malformed"),
        ("health:health:2017", "Malformed"),
        ("health:2017-Q5", "NoSuchPeriod"),
        ("health:2017-13", "NoSuchPeriod"),
        ("2017:2017", "UnknownCalendar"),
    ] {
        let found = format!("{:?}", parse(text, health).unwrap_err());
        assert!(found.starts_with(error), "{text}: {found}");
    }
    let range = |text| PeriodRange::parse(text, |id| (id == "health").then_some(health));
    for text in ["health:2017-01..health:2017-06", "health:2017-01..2017-06"] {
        assert_eq!(range(text).unwrap().to_string(), "health:2017-01..health:2017-06");
        assert_eq!(range(text).unwrap().count(), 6);
    }
    for text in [
        "health:2017-01..2017-01-31",
        "health:2017-06..2017-01",
        "2017-01..health:2017-06",
        "health:2017-01..2017",
    ] {
        assert!(matches!(range(text), Err(PeriodError::Range { .. })), "{text}");
    }
}

#[test]
fn what_is_no_calendar_is_refused() {
    let new = |id, month| Calendar::new(id, [ClosingDay::LAST; 12], month, YearName::Start);
    for id in ["", "a-long-name-1", "x:y", "sức", "a b"] {
        assert!(matches!(new(id, 1), Err(CalendarError::Id { .. })), "{id}");
    }
    assert!(new("a-long-name-", 12).is_ok());
    for month in [0, 13] {
        assert_eq!(new("x", month), Err(CalendarError::FirstMonth { month }));
    }
    for day in [0, 29] {
        assert_eq!(ClosingDay::new(day), Err(CalendarError::ClosingDay { day }));
    }
    assert!(new("x", 1).unwrap().is_standard() && !health().is_standard());
}

#[test]
fn rule_9_the_year_before_is_that_of_the_calendar() {
    for (text, before) in [
        ("health:2017-01", "health:2016-01"),
        ("health:2017-Q3", "health:2016-Q3"),
        ("health:2017", "health:2016"),
    ] {
        let before = parse(before, health()).unwrap();
        assert_eq!(parse(text, health()).unwrap().a_year_before(), Some(before));
    }
    let month = parse("fiscal:2018-01", fiscal(YearName::Start)).unwrap();
    assert_eq!(month.year().unwrap().to_string(), "fiscal:2017");
    assert_eq!(parse("2017-W05", health()).unwrap().year(), None);
}

fn closing_day() -> impl Strategy<Value = ClosingDay> {
    prop_oneof![
        Just(ClosingDay::LAST),
        (1..=28_u32).prop_map(|day| ClosingDay::new(day).unwrap())
    ]
}

fn any_calendar() -> impl Strategy<Value = Calendar> {
    let named_by = prop_oneof![Just(YearName::Start), Just(YearName::End)];
    let days = prop::array::uniform12(closing_day());
    ("[a-zA-Z0-9-]{1,12}", days, 1..=12_u32, named_by)
        .prop_map(|(id, days, first, named_by)| Calendar::new(&id, days, first, named_by).unwrap())
}

fn any_day() -> impl Strategy<Value = Date> {
    (-200_000..200_000_i32).prop_map(|days| date(1970, 1, 1).saturating_add(days.days()))
}

proptest! {
    #[test]
    fn rule_9_every_day_lies_in_exactly_one_period_of_each_kind(calendar in any_calendar(), day in any_day()) {
        for unit in UNITS {
            let granularity = Granularity::Custom(calendar, unit);
            let period = Period::containing(granularity, day);
            prop_assert!(period.start() <= day && day < period.end());
            // the neighbours begin where it ends: no day is in two, and none between them
            prop_assert_eq!(period.offset(-1).end(), period.start());
            prop_assert_eq!(period.offset(1).start(), period.end());
            for edge in [period.start(), period.last_day()] {
                prop_assert_eq!(Period::containing(granularity, edge), period);
            }
        }
    }

    #[test]
    fn rule_9_the_parts_of_a_period_make_it_up(calendar in any_calendar(), day in any_day()) {
        for whole in UNITS {
            let period = Period::containing(Granularity::Custom(calendar, whole), day);
            let finer = UNITS.into_iter().filter(|unit| *unit <= whole);
            for part in finer.map(|unit| Granularity::Custom(calendar, unit)).chain([Granularity::Day]) {
                let parts = period.parts(part).unwrap();
                prop_assert_eq!(parts.first().start(), period.start());
                prop_assert_eq!(parts.last().end(), period.end());
                let days: i32 = parts.iter().map(Period::days).sum();
                prop_assert_eq!(days, period.days());
            }
        }
    }

    #[test]
    fn rule_9_a_period_survives_its_text_and_its_ordinal(calendar in any_calendar(), day in any_day()) {
        for unit in UNITS {
            let granularity = Granularity::Custom(calendar, unit);
            let period = Period::containing(granularity, day);
            prop_assert_eq!(parse(&period.to_string(), calendar), Ok(period));
            prop_assert_eq!(Period::from_ordinal(granularity, period.ordinal()), Some(period));
        }
    }

    #[test]
    fn ordinals_are_counted_from_the_period_that_contains_1970_01_01(calendar in any_calendar()) {
        for unit in UNITS {
            let period = Period::containing(Granularity::Custom(calendar, unit), date(1970, 1, 1));
            prop_assert_eq!(period.ordinal(), 0);
        }
    }
}
