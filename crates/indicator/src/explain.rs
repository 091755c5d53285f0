//! What one figure was made of.
//!
//! ```text
//! Explanation   the figure, its formula with values put in, its terms, the causes of its flags   this file
//! terms         territory, series and recorded values behind each term                            term.rs
//! territory     the areas read, their weights, the transitions that give them                     territory.rs
//! events        what recorded each value, some at a time                                          events.rs
//! secrets       what would tell a confidential number is left out of all of it                    secret.rs
//! substituted   the formula in exact numbers: evaluated by hand it gives the figure                substitute.rs
//! causes        for each flag, and for a missing value, what brought it about                     cause.rs, culprit.rs
//!               found among what is met while the terms are read again                            observed.rs
//! ```

mod cause;
mod culprit;
mod events;
mod observed;
mod secret;
mod substitute;
mod term;
mod territory;
mod words;

use almanac_model::{Exact, Figure};

pub use self::cause::{Cause, Effect};
pub use self::culprit::{Culprit, Culprits, MAX_CULPRITS};
use self::events::Cursor;
pub use self::events::{ValueExplanation, ValueWrite, Window};
use self::observed::Observed;
use self::substitute::substituted;
use self::term::Reader;
pub use self::term::{SeriesExplanation, TermExplanation};
pub use self::territory::{AreaRead, MAX_AREAS, StretchRead};
use crate::evaluate::Evaluation;
use crate::one::OneFigure;
use crate::question::{Refusal, State};

/// A figure and everything behind it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The figure, without comparisons.
    pub figure: Figure,
    /// The number before it is rounded; `None` when there is none.
    pub exact: Option<Number>,
    /// The formula with other indicators written out.
    pub formula: String,
    /// The formula with the values of its terms and functions put in: evaluated exactly it is the number before rounding. One
    /// without a value stays as it is written, unless it counts as zero.
    pub substituted: String,
    /// What was read, in the order of the formula: a term inside a function as often as the function reads it.
    pub terms: Vec<TermExplanation>,
    /// Why the figure has its flags, and why it has no value.
    pub causes: Vec<Cause>,
    /// How many events are behind all terms together.
    pub event_count: usize,
}

/// An exact number as it is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number {
    /// Decimal digits; rounded half to even when they would never end.
    pub digits: String,
    /// The fraction of whole numbers, when the digits are rounded.
    pub fraction: Option<String>,
}

/// A number whose digits never end is written with so many.
const DECIMALS: u8 = 12;

impl Number {
    /// The number, as it is written.
    #[must_use]
    pub fn of(exact: &Exact) -> Self {
        match exact.to_exact_string() {
            Some(digits) => Self { digits, fraction: None },
            None => Self {
                digits: exact.to_short_string(DECIMALS),
                fraction: Some(exact.to_fraction_string()),
            },
        }
    }
}

/// Explains one figure, with some of the events behind it; `None` when the definitions have no such figure.
pub fn explain(state: State<'_>, one: &OneFigure, window: Window) -> Result<Option<Explanation>, Vec<Refusal>> {
    let Some(ready) = one.ready(state.catalog)? else {
        return Ok(None);
    };
    let Some(figure) = one.figure(state)? else {
        return Ok(None);
    };
    let mut evaluation = Evaluation::new(state, &ready.plan, &ready.narrowings);
    let (_, value) = one.evaluate(state, &ready, &mut evaluation);
    let mut observed = Observed::on_boundaries_of(one.question.on_boundaries_of);
    let mut cursor = Cursor::new(window);
    let mut areas_left = MAX_AREAS;
    let mut terms = Vec::with_capacity(evaluation.readings.len());
    for (index, reading) in evaluation.readings.iter().enumerate() {
        let reader = Reader {
            state,
            index,
            reading,
            metric: ready.plan.terms[reading.term].metric,
            narrowing: &ready.narrowings[reading.term],
        };
        terms.push(reader.read(&mut cursor, &mut areas_left, &mut observed));
    }
    let substituted = substituted(&ready.plan, &evaluation, &terms, ready.target.1.into());
    let causes = observed.causes(&figure, &ready.plan, &evaluation);
    Ok(Some(Explanation {
        figure,
        exact: value.outcome.as_ref().ok().map(Number::of),
        formula: ready.plan.formula.to_string(),
        substituted,
        event_count: terms.iter().map(|term| term.event_count).sum(),
        terms,
        causes,
    }))
}
