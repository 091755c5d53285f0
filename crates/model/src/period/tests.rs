use jiff::civil::date;

mod calendars;
mod relative;

use super::*;
use crate::Granularity;

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

#[test]
fn rule_9_periods_are_half_open_civil_ranges() {
    for (text, start, end, days) in [
        ("2017", date(2017, 1, 1), date(2018, 1, 1), 365),
        ("2016-H1", date(2016, 1, 1), date(2016, 7, 1), 182),
        ("2017-Q4", date(2017, 10, 1), date(2018, 1, 1), 92),
        ("2016-02", date(2016, 2, 1), date(2016, 3, 1), 29),
        ("2017-W01", date(2017, 1, 2), date(2017, 1, 9), 7),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 4), 7),
        ("1969-12-31", date(1969, 12, 31), date(1970, 1, 1), 1),
    ] {
        let period = period(text);
        assert_eq!(
            (period.start(), period.end(), period.days()),
            (start, end, days),
            "{text}"
        );
        assert_eq!(period.to_string(), text);
        assert_eq!(
            Period::from_ordinal(period.granularity(), period.ordinal()),
            Some(period)
        );
    }
}

#[test]
fn what_is_no_period_is_refused() {
    for text in [
        "17",
        "2017-5",
        "2017-Q03",
        "2017-H",
        "2017/05",
        "2017-05-14-1",
        "",
        "năm 2017",
        "2017-é",
    ] {
        assert!(
            matches!(text.parse::<Period>(), Err(PeriodError::Malformed { .. })),
            "{text}"
        );
    }
    for text in ["2017-13", "2017-Q5", "2017-H3", "2017-02-29", "2017-W53", "0999"] {
        assert!(
            matches!(text.parse::<Period>(), Err(PeriodError::NoSuchPeriod { .. })),
            "{text}"
        );
    }
}

#[test]
fn rule_9_weeks_never_roll_into_months() {
    assert!(!Granularity::Week.divides(Granularity::Month));
    assert!(!Granularity::Month.divides(Granularity::Week));
    assert!(Granularity::Day.divides(Granularity::Week));
    assert!(Granularity::Quarter.divides(Granularity::Year));
    assert_eq!(period("2017").parts(Granularity::Week), None);
    assert_eq!(
        period("2017-Q2").parts(Granularity::Month).unwrap().to_string(),
        "2017-04..2017-06"
    );
}

#[test]
fn a_range_is_cut_only_into_whole_periods() {
    let range: PeriodRange = "2017-01..2017-12".parse().unwrap();
    assert_eq!(range.at(Granularity::Year).unwrap().to_string(), "2017");
    assert_eq!(range.at(Granularity::Day).unwrap().count(), 365);
    let part: PeriodRange = "2017-01..2017-11".parse().unwrap();
    assert!(matches!(
        part.at(Granularity::Year),
        Err(PeriodError::NotDivisible { .. })
    ));
    assert!(matches!(
        "2017..2016".parse::<PeriodRange>(),
        Err(PeriodError::Range { .. })
    ));
    assert!(matches!(
        "2016..2017-Q1".parse::<PeriodRange>(),
        Err(PeriodError::Range { .. })
    ));
}

#[test]
fn the_same_period_of_the_year_before() {
    for (text, before) in [
        ("2017", Some("2016")),
        ("2017-H2", Some("2016-H2")),
        ("2017-Q1", Some("2016-Q1")),
        ("2017-05", Some("2016-05")),
        ("2017-05-14", Some("2016-05-14")),
        ("2017-W18", Some("2016-W18")),
        ("2016-02-29", None),
        ("2020-W53", None),
    ] {
        let found = period(text).a_year_before().map(|period| period.to_string());
        assert_eq!(found.as_deref(), before, "{text}");
    }
}
