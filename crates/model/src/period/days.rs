//! Days counted from 1970-01-01, and dates. Counting is done here rather than with spans, since every period begins and ends with
//! it: the calendar repeats itself every 400 years, and a year that begins in March has its leap day last.

use jiff::civil::Date;

const DAYS_OF_400_YEARS: i32 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_BEFORE_1970: i32 = 719_468;

/// How many days after 1970-01-01 a date is.
pub(super) fn count_of(date: Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month < 3);
    let (cycle, year_of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year_of_cycle / 4 - year_of_cycle / 100;
    cycle * DAYS_OF_400_YEARS + year_of_cycle * 365 + leap_days + day_of_year - DAYS_BEFORE_1970
}

/// The date so many days after 1970-01-01; the first or the last there is when it would lie beyond them.
pub(super) fn date_of(count: i32) -> Date {
    let days = count.saturating_add(DAYS_BEFORE_1970);
    let (cycle, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
    // without the leap days that went before
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    let year = cycle.saturating_mul(400).saturating_add(year + i32::from(month < 3));
    date_or_end(year, month, day_of_month)
}

/// The first day of a month, counted from January 1970; the first or the last date there is when it would lie beyond them.
pub(crate) fn first_of_month(month: i32) -> Date {
    date_or_end(month.div_euclid(12).saturating_add(1970), month.rem_euclid(12) + 1, 1)
}

fn date_or_end(year: i32, month: i32, day: i32) -> Date {
    let (Ok(year_there), Ok(month), Ok(day)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
        return if year < 0 { Date::MIN } else { Date::MAX };
    };
    let end = if year < 0 { Date::MIN } else { Date::MAX };
    Date::new(year_there, month, day).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::{prop_assert_eq, prop_oneof, proptest};

    use super::*;

    const EPOCH: Date = date(1970, 1, 1);

    proptest! {
        #[test]
        fn days_are_counted_as_a_calendar_does(count in prop_oneof![-7_000_000..7_000_000, -800_000..800_000]) {
            let date = EPOCH.saturating_add(i64::from(count).days());
            prop_assert_eq!(date_of(count), date);
            if date != Date::MIN && date != Date::MAX {
                prop_assert_eq!(count_of(date), count);
            }
        }

        #[test]
        fn months_are_counted_as_a_calendar_does(month in prop_oneof![-110_000..110_000, -20_000..20_000]) {
            prop_assert_eq!(first_of_month(month), EPOCH.saturating_add(i64::from(month).months()));
        }
    }
}
