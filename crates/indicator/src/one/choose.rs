//! Choosing among figures: what fits none or several is refused, and tells what there is to choose from.

use std::collections::BTreeSet;

use almanac_model::{FigureArea, Period};

use super::FigureKey;
use crate::answer::Group;
use crate::question::{Refusal, RefusalReason};

/// So many of the possible ones are named where one has to be chosen.
const MAX_NAMED: usize = 5;

/// The one candidate whose text is wanted; the only one when none is named.
pub(super) fn one<T: Clone>(
    field: &str,
    wanted: Option<&str>,
    candidates: &[T],
    text: impl Fn(&T) -> String,
    wrong: &mut Vec<Refusal>,
) -> Option<T> {
    let fits = |candidate: &&T| wanted.is_none_or(|wanted| text(candidate) == wanted);
    let found: Vec<&T> = candidates.iter().filter(fits).collect();
    if let [only] = found.as_slice() {
        return Some((*only).clone());
    }
    let names = candidates
        .iter()
        .take(MAX_NAMED)
        .map(text)
        .collect::<Vec<_>>()
        .join(", ");
    let more = if candidates.len() > MAX_NAMED { ", ..." } else { "" };
    let count = candidates.len();
    wrong.push(match wanted {
        Some(_) => Refusal {
            field: field.to_owned(),
            reason: RefusalReason::NoSuchFigure,
            message: format!("the question asks for no figure of this {field}; it asks for {names}{more}"),
        },
        None if count == 0 => Refusal {
            field: field.to_owned(),
            reason: RefusalReason::NoSuchFigure,
            message: format!("the question asks for no figure: no {field} is there in it"),
        },
        None => Refusal {
            field: field.to_owned(),
            reason: RefusalReason::SeveralFigures,
            message: format!("the question asks for {count} of them, {names}{more}; give the {field} of the figure"),
        },
    });
    None
}

/// The one area and period that are wanted.
pub(super) fn one_target<'a>(
    targets: &'a [(FigureArea, Period)],
    key: &FigureKey,
    wrong: &mut Vec<Refusal>,
) -> Option<&'a (FigureArea, Period)> {
    let is = |wanted: &Option<String>, text: String| wanted.as_ref().is_none_or(|wanted| *wanted == text);
    let found: Vec<&(FigureArea, Period)> = targets
        .iter()
        .filter(|(area, period)| is(&key.area, area.to_string()) && is(&key.period, period.to_string()))
        .collect();
    if let [only] = found.as_slice() {
        return Some(only);
    }
    // each part by itself, so that all that is wrong is told at once
    let before = wrong.len();
    let areas: BTreeSet<&FigureArea> = targets.iter().map(|(area, _)| area).collect();
    let areas: Vec<&FigureArea> = areas.into_iter().collect();
    let area = one("area", key.area.as_deref(), &areas, ToString::to_string, wrong);
    let at_area = targets.iter().filter(|(at, _)| area.is_none_or(|area| area == at));
    let periods: BTreeSet<Period> = at_area.map(|(_, period)| *period).collect();
    let periods: Vec<Period> = periods.into_iter().collect();
    one("period", key.period.as_deref(), &periods, ToString::to_string, wrong);
    if wrong.len() == before {
        wrong.push(Refusal {
            field: "period".to_owned(),
            reason: RefusalReason::NoSuchFigure,
            message: "the question asks for no figure of this area in this period".to_owned(),
        });
    }
    None
}

/// The one combination of codes that has those of the key.
pub(super) fn one_group(all: &[Group], key: &FigureKey, wrong: &mut Vec<Refusal>) -> Option<Group> {
    let text = |group: &Group| {
        let codes: Vec<String> = group.iter().map(|(key, code)| format!("{key} {code}")).collect();
        codes.join(" and ")
    };
    let has_key = |group: &&Group| {
        let has = |(wanted, code): (&String, &String)| {
            group.iter().any(|(key, own)| key.to_string() == *wanted && own == code)
        };
        key.dimensions.iter().all(has)
    };
    let found: Vec<&Group> = all.iter().filter(has_key).collect();
    if let [only] = found.as_slice() {
        return Some((*only).clone());
    }
    let listed = if found.is_empty() {
        all.iter().collect()
    } else {
        found.clone()
    };
    let names: Vec<String> = listed.iter().take(MAX_NAMED).map(|group| text(group)).collect();
    let (names, more) = (names.join(", "), if listed.len() > MAX_NAMED { ", ..." } else { "" });
    let (reason, message) = if found.is_empty() {
        let message = match all {
            [] => "the question asks for no figure: there is no code of what it groups by".to_owned(),
            [whole] if whole.is_empty() => "the question groups by nothing; leave the dimensions out".to_owned(),
            _ => format!("the question asks for no figure of these codes; it asks for {names}{more}"),
        };
        (RefusalReason::NoSuchFigure, message)
    } else {
        let count = found.len();
        let message = format!("the question asks for {count} of them, {names}{more}; give the codes of the figure");
        (RefusalReason::SeveralFigures, message)
    };
    wrong.push(Refusal {
        field: "dimensions".to_owned(),
        reason,
        message,
    });
    None
}
