//! What cannot be ordered or ranked.

use super::{MAX_RANKED, OrderBy, Ranking};
use crate::question::{Question, Refusal, RefusalReason};

/// Why figures are not ordered or ranked as a question asks.
pub(crate) fn refuse_ranking(question: &Question) -> Vec<Refusal> {
    let Ranking {
        order_by,
        top,
        rank_among,
    } = &question.ranking;
    let mut found = Vec::new();
    let possible = OrderBy::all_of(question);
    let unknown = order_by.iter().filter(|key| !possible.contains(&key.by));
    found.extend(unknown.map(|key| {
        let message = unknown_key(&key.by.to_string(), &possible);
        refusal("order_by", RefusalReason::UnknownOrderKey, message)
    }));
    let number = question.ranking.first_number();
    if let Some(number) = number
        && order_by[number..].iter().any(|key| key.by == OrderBy::Period)
    {
        let by = &order_by[number].by;
        let message = format!(
            "numbers of different periods are not put in one order, so period cannot come after {by}; give it first, or leave \
             it out: figures are ordered by {by} inside each period"
        );
        found.push(refusal("order_by", RefusalReason::Conflict, message));
    }
    if top.is_some() && number.is_none() {
        let message = "say by which number the first ones are the first: add it to order_by, such as \"value desc\"";
        found.push(refusal("top", RefusalReason::NotOrdered, message.to_owned()));
    }
    if rank_among.is_some() && question.combine_areas {
        let message = "the areas are asked for as one sum, which has no others beside it; leave out combine_areas";
        found.push(refusal("rank_among", RefusalReason::Conflict, message.to_owned()));
    }
    found
}

/// Why so many figures are not ordered or ranked at once.
pub(crate) fn refuse_too_many_ranked(question: &Question, figures: usize) -> Option<Refusal> {
    let is_beyond = question.ranking.is_asked() && figures > MAX_RANKED;
    is_beyond.then(|| {
        let ranked = question.ranking.order_by.is_empty();
        let message = format!(
            "the question asks for {figures} figures; at most {MAX_RANKED} are ordered or ranked at once: ask for one indicator, \
             one period or one code at a time, of which each has an order of its own"
        );
        let field = if ranked { "rank_among" } else { "order_by" };
        refusal(field, RefusalReason::TooManyFigures, message)
    })
}

fn refusal(field: &str, reason: RefusalReason, message: String) -> Refusal {
    Refusal {
        field: field.to_owned(),
        reason,
        message,
    }
}

/// What a person is told who orders by something that the figures do not have.
pub(super) fn unknown_key(name: &str, possible: &[OrderBy]) -> String {
    let names: Vec<String> = possible.iter().map(ToString::to_string).collect();
    format!(
        "the figures have no {name:?} to be ordered by; they have {}; change and growth_percent come with comparisons, \
         share.percent with share_of, and codes with group_by",
        names.join(", ")
    )
}

impl OrderBy {
    /// What a person is told whose question is ordered by a name that nothing has.
    #[must_use]
    pub fn unknown(name: &str, question: &Question) -> String {
        unknown_key(name, &Self::all_of(question))
    }
}
