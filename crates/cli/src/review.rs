//! A filled report beside what its source printed.

mod compare;
mod note;
mod table;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use compare::compare;
pub(crate) use table::{Look, render, wants_colours};
pub(crate) use words::Language;
