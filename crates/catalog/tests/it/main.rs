//! The catalogue as its users see it: files in, problems or answers out.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod areas;
mod calendars;
mod catalogue;
mod compatibility;
mod definitions;
mod formula_texts;
mod formulas;
mod functions;
mod groupings;
mod lookup;
mod restating;
mod rules;
mod targets;
mod validation;
