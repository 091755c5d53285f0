//! Formulas: `+ - * /`, parentheses, constants, references such as `post.items{direction='sent'}`, and functions such as
//! `shift(post.items, -1 year)`, which compute a formula over other periods.

mod error;
mod function;
pub(crate) mod parse;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use almanac_model::{Code, Decimal, DimensionId};

pub use self::error::{FormulaError, FormulaFault};
pub use self::function::{TimeFunction, WindowOperator};
pub(crate) use self::resolve::resolve;
use crate::MeasureId;

/// A parsed formula. Its [`Display`](fmt::Display) parses to the same formula again.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A number. One that was parsed is never negative: its sign is a [`Self::Negate`].
    Constant(Decimal),
    /// A metric or another indicator.
    Reference(Reference),
    /// An operation on two formulas.
    Binary(Operator, Box<Formula>, Box<Formula>),
    /// The formula with its sign turned.
    Negate(Box<Formula>),
    /// The formula over other periods.
    Over(TimeFunction, Box<Formula>),
}

/// The name of a metric or indicator, narrowed to some codes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// What it names.
    pub measure: MeasureId,
    /// Which codes, by dimension; a dimension not named here is summed over.
    pub filter: BTreeMap<DimensionId, BTreeSet<Code>>,
}

/// An operation on two formulas.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

impl Formula {
    /// The references in it, from the left.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        self.collect_references(&mut found);
        found
    }

    fn collect_references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Constant(_) => {}
            Self::Reference(reference) => found.push(reference),
            Self::Binary(_, left, right) => {
                left.collect_references(found);
                right.collect_references(found);
            }
            Self::Negate(inner) | Self::Over(_, inner) => inner.collect_references(found),
        }
    }

    /// How tightly the outermost operation binds.
    const fn precedence(&self) -> u8 {
        match self {
            Self::Binary(operator, ..) => operator.precedence(),
            Self::Negate(_) => 3,
            Self::Constant(_) | Self::Reference(_) | Self::Over(..) => 4,
        }
    }

    fn write_within(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.precedence() < least {
            write!(f, "({self})")
        } else {
            write!(f, "{self}")
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(number) => number.fmt(f),
            Self::Reference(reference) => reference.fmt(f),
            Self::Binary(operator, left, right) => {
                left.write_within(f, operator.precedence())?;
                write!(f, " {} ", operator.sign())?;
                // operations of one precedence are read from the left: on the right side they need parentheses
                right.write_within(f, operator.precedence() + 1)
            }
            Self::Negate(inner) => {
                f.write_str("-")?;
                inner.write_within(f, 3)
            }
            Self::Over(function, inner) => function.write(inner, f),
        }
    }
}

impl Operator {
    /// How tightly it binds: of two operations the one with the larger number is done first.
    #[must_use]
    pub const fn precedence(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 1,
            Self::Multiply | Self::Divide => 2,
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.measure.fmt(f)?;
        for (index, (dimension, codes)) in self.filter.iter().enumerate() {
            f.write_str(if index == 0 { "{" } else { ", " })?;
            let codes: Vec<String> = codes.iter().map(|code| format!("'{code}'")).collect();
            match codes.as_slice() {
                [code] => write!(f, "{dimension}={code}")?,
                codes => write!(f, "{dimension} in ({})", codes.join(", "))?,
            }
        }
        if !self.filter.is_empty() {
            f.write_str("}")?;
        }
        Ok(())
    }
}
