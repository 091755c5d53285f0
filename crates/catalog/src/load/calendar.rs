//! Custom calendars, and the periods that other definitions name in them.

use almanac_model::{Calendar, ClosingDay, Granularity, ReportId, YearName};
use toml::de::DeValue;

use super::fields::Fields;
use super::names::{Names, Subject};
use crate::{CustomCalendar, suggest};

const GRANULARITIES: [(&str, Granularity); 6] = [
    ("day", Granularity::Day),
    ("week", Granularity::Week),
    ("month", Granularity::Month),
    ("quarter", Granularity::Quarter),
    ("half", Granularity::Half),
    ("year", Granularity::Year),
];
const YEAR_NAMES: [(&str, YearName); 2] = [("start", YearName::Start), ("end", YearName::End)];
const CLOSING_DAYS: &str = "write a number from 1 to 28 without quotes, or \"last\": later days are not in every month";

pub(super) fn read_calendar(fields: &mut Fields<'_>) -> Option<CustomCalendar> {
    let (id, documentation) = (fields.required_text("id"), fields.documentation());
    let closing_days = closing_days(fields);
    let first_month = first_month(fields);
    let named_by = named_by(fields, first_month);
    let (id, closing_days, first_month) = (id?, closing_days?, first_month?);
    let Ok(rule) = Calendar::new(id.value, closing_days, first_month, named_by?) else {
        let message = format!("{:?} is not the id of a calendar", id.value);
        let remedy = "give 1 to 12 letters, digits or '-': it stands before each of its periods, \"health:2017-Q3\"";
        fields.problems().report(id.place, message, remedy);
        return None;
    };
    if rule.is_standard() {
        let message = format!(
            "{} has the months and the years of the standard calendar",
            fields.what()
        );
        fields.report(
            "closing_day",
            message,
            "leave it out: that calendar needs no definition",
        );
    }
    Some(CustomCalendar {
        id: rule.id().to_owned(),
        rule,
        documentation: documentation?,
    })
}

/// The closing days of January to December.
fn closing_days(fields: &mut Fields<'_>) -> Option<[ClosingDay; 12]> {
    fields.demand("closing_day", "14, or \"last\"");
    let usual = fields.value("closing_day").map(toml::Spanned::get_ref);
    let day = usual.map(|value| closing_day("closing_day", value, fields));
    let mut days = [day.flatten(); 12];
    if let Some(exceptions) = fields.table("closing_day_of") {
        for (month, value) in exceptions.entries() {
            let number = (1..=12_usize).find(|number| number.to_string() == month.value);
            let Some(number) = number else {
                let message = format!("{:?} in {} is not a month", month.value, exceptions.what());
                let remedy = "write its number, from 1 to 12";
                exceptions.problems().report(month.place, message, remedy);
                continue;
            };
            days[number - 1] = closing_day(month.value, value.get_ref(), &exceptions);
        }
    }
    let known: Vec<ClosingDay> = days.into_iter().flatten().collect();
    known.try_into().ok()
}

fn closing_day(key: &str, value: &DeValue<'_>, fields: &Fields<'_>) -> Option<ClosingDay> {
    let number = value.as_integer();
    let number = number.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
    let day = match value.as_str() {
        Some("last") => Some(ClosingDay::LAST),
        _ => number.and_then(|number| ClosingDay::new(number).ok()),
    };
    if day.is_none() {
        fields.report(
            key,
            format!("{key:?} of {} is not a closing day", fields.what()),
            CLOSING_DAYS,
        );
    }
    day
}

fn first_month(fields: &mut Fields<'_>) -> Option<u32> {
    let month = fields.count("first_month", 1, 12)?;
    if month == 0 {
        let message = format!("\"first_month\" of {} is not a month", fields.what());
        fields.report("first_month", message, "write its number, from 1 to 12");
        return None;
    }
    Some(month)
}

/// A year that begins with another month lies in two civil years, of which one names it.
fn named_by(fields: &mut Fields<'_>, first_month: Option<u32>) -> Option<YearName> {
    let given = fields.has("year_named_by");
    let two_years = first_month.is_some_and(|month| month != 1);
    if two_years {
        return fields.required_choice("year_named_by", &YEAR_NAMES);
    }
    let named_by = fields.choice("year_named_by", &YEAR_NAMES);
    if given && first_month == Some(1) {
        let message = format!(
            "{} has \"year_named_by\" and begins its year with month 1",
            fields.what()
        );
        fields.report(
            "year_named_by",
            message,
            "leave it out: there is one civil year to name it by",
        );
    }
    if given { named_by } else { Some(YearName::Start) }
}

/// A kind of period, in the calendar that the key `calendar` names: the standard one when it is absent.
pub(super) fn granularity(
    fields: &mut Fields<'_>,
    key: &'static str,
    names: &Names<'_>,
    calendars: &[CustomCalendar],
) -> Option<Granularity> {
    let standard = fields.required_choice(key, &GRANULARITIES);
    let Some(text) = fields.text("calendar") else {
        return standard.filter(|_| !fields.has("calendar"));
    };
    // an id of that alphabet at least; its length is checked where it is defined
    let id = names.resolve::<ReportId>(Subject::Calendar, text, fields.problems())?;
    // one that has mistakes of its own is not among them
    let calendar = calendars.iter().find(|calendar| calendar.id == id.value.as_str())?.rule;
    let standard = standard?;
    let own = standard
        .in_calendar(Some(calendar))
        .filter(|own| own.calendar().is_some());
    if own.is_none() {
        let words = suggest::alternatives(["month", "quarter", "half", "year"]);
        let message = format!(
            "{} is by {standard} in a calendar, and days and weeks belong to none",
            fields.what()
        );
        fields.report(key, message, format!("leave out \"calendar\", or write {words}"));
    }
    own
}
