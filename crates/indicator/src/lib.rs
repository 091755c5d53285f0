//! Indicators: from recorded values to figures.
//!
//! ```text
//! Question   which measures, areas, periods, codes                       question.rs, refused in check.rs
//! Plan       a formula with indicators written out, over metric terms    plan.rs
//! Reading    one term: filter -> time operator per series -> add series  reading.rs (series.rs, expected.rs)
//!            what is plain in one pass over several periods              reading/ahead.rs
//!            without what would tell a confidential number               suppression.rs
//! Value      the formula over readings                                   evaluate.rs (value.rs)
//! Figure     rounded, with quality, coverage, flags, both operands       answer.rs
//! ```
//!
//! Which of the expected reports are there at all is told by completeness.rs.
//!
//! The order is always: filter, time operator per series, add series, formula, round. So a ratio is a ratio of sums at
//! every level. Nothing here does IO or reads a clock: one question at one revision has one answer.

mod additive;
mod alike;
mod answer;
mod breaks;
mod cagr;
mod check;
mod combined;
mod comparable;
mod compare;
mod completeness;
mod cumulative;
mod evaluate;
mod expected;
mod explain;
mod grid;
mod notes;
mod one;
mod operand;
mod plan;
mod question;
mod ranking;
mod reach;
mod reading;
mod report;
mod rules;
mod series;
mod share;
mod suppression;
mod target;
mod territory;
mod value;
mod vintages;
mod window;

pub use answer::{Answer, MAX_FIGURES, answer, answer_more, figures_each};
pub use completeness::{Expected, MAX_REPORTS, TooManyReports, expected_reports};
pub use explain::{
    AreaRead, Cause, Culprit, Culprits, Effect, Explanation, MAX_AREAS, MAX_CULPRITS, Number, SeriesExplanation,
    StretchRead, TermExplanation, ValueExplanation, ValueWrite, Window, explain,
};
pub use notes::Side;
pub use one::{FigureKey, NotOne, OneFigure};
pub use question::{
    AdHocFormula, AreaSelection, Base, Comparing, Filters, GroupKey, Question, Refusal, RefusalReason, ShareOf, State,
};
pub use ranking::{ComparedNumber, MAX_RANKED, OrderBy, OrderKey, OrderNumber, Ranking, Standings, Survey};
pub use report::{FilledLine, FilledReport, FilledSection, fill_report};
pub use rules::{
    CheckedPart, Checks, Finding, FindingKind, RuleSide, Unchecked, UncheckedReason, Violation, all_rules, check_rules,
};
pub use vintages::{FigureChange, History, RevisionSize, TooManyRevisions, Vintage, keep_vintage};
