//! In which order figures are answered, and how they are ranked.

use almanac_indicator::{OrderBy, OrderKey, Question, Ranking};
use almanac_wire::pb::{query as pb, shared};
use almanac_wire::rank_among_from_proto;

use crate::mistakes::quoted;
use crate::names::Names;
use crate::{limits, reason};

/// What a key of the first comparison may have before it.
const FIRST_COMPARISON: &str = "comparisons[0].";

/// The ranking of a request whose other fields have become a question; keys in which there is a mistake are left out.
pub(super) fn ranking(request: &pb::QueryIndicatorsRequest, question: &Question, names: &mut Names<'_, '_>) -> Ranking {
    let order_by = keys(request, question, names);
    let top = u32::try_from(request.top);
    if top.is_err() {
        names.mistakes.add("top", reason::OUT_OF_RANGE, || {
            format!(
                "{} is negative; give how many first ones, such as 10, or leave it out for all",
                request.top
            )
        });
    }
    let among = shared::RankAmong::try_from(request.rank_among);
    if among.is_err() {
        names.mistakes.add("rank_among", reason::UNKNOWN_RANK_AMONG, || {
            let known = [shared::RankAmong::Siblings, shared::RankAmong::Level].map(|one| one.as_str_name());
            format!("there is no {}; give one of {}", request.rank_among, known.join(", "))
        });
    }
    Ranking {
        order_by,
        top: top.ok().filter(|top| *top > 0),
        rank_among: among.ok().and_then(rank_among_from_proto),
    }
}

/// Keys with commas between them. One that is there twice has no effect the second time, so it is refused.
fn keys(request: &pb::QueryIndicatorsRequest, question: &Question, names: &mut Names<'_, '_>) -> Vec<OrderKey> {
    let text = request.order_by.as_str();
    if text.trim().is_empty() || !names.at_most("order_by", text.split(',').count(), limits::ORDER_KEYS) {
        return Vec::new();
    }
    let possible = OrderBy::all_of(question);
    let mut found: Vec<OrderKey> = Vec::new();
    for part in text.split(',') {
        let Some((name, descending)) = directed(part) else {
            names.mistakes.add("order_by", reason::MALFORMED_ORDER, || {
                format!(
                    "{} is no key of an order; write keys with commas between them, \"value desc, area\"",
                    quoted(part.trim())
                )
            });
            continue;
        };
        let Some(by) = named(name, &possible) else {
            if is_whole(request, question) {
                let message = || OrderBy::unknown(&name.chars().take(limits::NAME_BYTES).collect::<String>(), question);
                names.mistakes.add("order_by", reason::UNKNOWN_ORDER_KEY, message);
            }
            continue;
        };
        if found.iter().any(|key| key.by == *by) {
            let message = || format!("{} is there twice; give it once", quoted(name));
            names.mistakes.add("order_by", reason::DUPLICATE, message);
            continue;
        }
        let by = by.clone();
        found.push(OrderKey { by, descending });
    }
    found
}

/// A name and whether "desc" follows; `None` for anything else.
fn directed(part: &str) -> Option<(&str, bool)> {
    let mut words = part.split_whitespace();
    let (name, direction, rest) = (words.next()?, words.next(), words.next());
    match (direction, rest) {
        (None | Some("asc"), None) => Some((name, false)),
        (Some("desc"), None) => Some((name, true)),
        _ => None,
    }
}

fn named<'p>(name: &str, possible: &'p [OrderBy]) -> Option<&'p OrderBy> {
    let short = name.strip_prefix(FIRST_COMPARISON);
    let of_comparison = |by: &&OrderBy| matches!(by, OrderBy::Number(_)) && Some(by.to_string().as_str()) == short;
    let mut all = possible.iter();
    let found = all.find(|by| by.to_string() == name);
    found.or_else(|| possible.iter().find(of_comparison))
}

/// Whether all that keys may name is in the question: what was left out for a mistake of its own is not missed again here.
fn is_whole(request: &pb::QueryIndicatorsRequest, question: &Question) -> bool {
    request.group_by.len() == question.group_by.len()
        && request.comparisons.len() == question.comparisons.len()
        && request.share_of.is_empty() == question.share_of.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_name_and_a_direction() {
        for (text, expected) in [
            (" value  desc ", Some(("value", true))),
            ("area", Some(("area", false))),
            ("area asc", Some(("area", false))),
            ("value DESC", None),
            ("value desc desc", None),
            ("", None),
        ] {
            assert_eq!(directed(text), expected, "{text:?}");
        }
    }
}
