//! The formula with values in the place of its terms.
//!
//! What is written is exact: a number whose digits never end is written as a fraction. So whoever evaluates the text, and
//! rounds once at the end, finds the figure. A function over other periods is put in as one value, and so is a denominator
//! that is the average of a year: the terms that it was made of are listed with their periods.

use almanac_catalog::{DenominatorJoin, Formula, Operator};
use almanac_model::{Exact, PeriodRange};

use super::term::TermExplanation;
use crate::evaluate::{Evaluation, Operand};
use crate::plan::{Node, Plan, QuotientNode};
use crate::reach::{denominator_frequency, denominator_year, year_parts};

/// The formula of a figure of a period, with values put in.
pub(super) fn substituted(
    plan: &Plan<'_>,
    evaluation: &Evaluation<'_>,
    terms: &[TermExplanation],
    span: PeriodRange,
) -> String {
    let mut writer = Writer {
        plan,
        span,
        operands: &evaluation.operands,
        terms,
    };
    writer.write(&plan.root, &plan.formula).text
}

/// A part of the formula, written.
struct Written {
    text: String,
    /// How tightly its outermost operation binds.
    precedence: u8,
    /// What it comes to.
    value: Option<Exact>,
    /// It comes to something that is not told, since a confidential number could be derived from it.
    withheld: bool,
}

/// How tightly a sign binds: more than any operation.
const SIGN: u8 = 3;
/// How tightly a single number or name binds.
const ATOM: u8 = 4;

impl Written {
    fn number(number: &Exact) -> Self {
        let (text, ends) = match number.to_exact_string() {
            Some(text) => (text, true),
            None => (number.to_fraction_string().replace('/', " / "), false),
        };
        let precedence = match (ends, number.sign().is_lt()) {
            (false, _) => Operator::Divide.precedence(),
            (true, true) => SIGN,
            (true, false) => ATOM,
        };
        Self {
            text,
            precedence,
            value: Some(number.clone()),
            withheld: false,
        }
    }

    fn name(text: String) -> Self {
        Self {
            text,
            precedence: ATOM,
            value: None,
            withheld: false,
        }
    }

    fn within(&self, least: u8) -> String {
        if self.precedence < least {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }

    fn negated(self) -> Self {
        Self {
            text: format!("-{}", self.within(SIGN)),
            precedence: SIGN,
            value: self.value.map(|value| -&value),
            withheld: self.withheld,
        }
    }

    fn joined(self, operator: Operator, right: &Self) -> Self {
        let both = self.value.as_ref().zip(right.value.as_ref());
        let value = both.and_then(|(left, right)| match operator {
            Operator::Add => Some(left + right),
            Operator::Subtract => Some(left - right),
            Operator::Multiply => Some(left * right),
            Operator::Divide => left.checked_div(right),
        });
        let precedence = operator.precedence();
        Self {
            text: format!(
                "{} {} {}",
                self.within(precedence),
                operator.sign(),
                right.within(precedence + 1)
            ),
            precedence,
            value,
            withheld: (self.withheld || right.withheld) && !self.is_lacking() && !right.is_lacking(),
        }
    }

    fn is_lacking(&self) -> bool {
        self.value.is_none() && !self.withheld
    }
}

struct Writer<'a> {
    plan: &'a Plan<'a>,
    /// The period of the figure.
    span: PeriodRange,
    /// Those that are not put in yet, from the left.
    operands: &'a [Operand],
    terms: &'a [TermExplanation],
}

impl Writer<'_> {
    /// The plan and its formula have the same shape; the plan knows what counts as zero.
    fn write(&mut self, node: &Node, formula: &Formula) -> Written {
        match (node, formula) {
            (Node::Constant(number), _) => Written::number(&Exact::from(*number)),
            (Node::Term(_) | Node::Over(_), _) => self.put_in(formula),
            (Node::OrZero(inner), _) => {
                let inner = self.write(inner, formula);
                if inner.is_lacking() {
                    Written::number(&Exact::from_integer(0))
                } else {
                    inner
                }
            }
            (Node::Negate(inner), Formula::Negate(text)) => self.write(inner, text).negated(),
            (Node::Binary(operator, left, right), Formula::Binary(_, left_text, right_text)) => {
                let left = self.write(left, left_text);
                left.joined(*operator, &self.write(right, right_text))
            }
            (Node::Quotient(quotient), Formula::Binary(_, left_text, right_text)) => {
                let numerator = self.write(&quotient.numerator, left_text);
                let denominator = if self.is_averaged(quotient) {
                    self.put_in(right_text)
                } else {
                    self.write(&quotient.denominator, right_text)
                };
                numerator.joined(Operator::Divide, &denominator)
            }
            (Node::Negate(_) | Node::Binary(..) | Node::Quotient(_), other) => Written::name(other.to_string()),
        }
    }

    /// Whether a denominator is the average of a year: one value.
    fn is_averaged(&self, quotient: &QuotientNode) -> bool {
        let year = denominator_frequency(self.plan, quotient)
            .filter(|_| quotient.join == DenominatorJoin::YearAverage)
            .map(|frequency| denominator_year(frequency, self.span));
        year.is_some_and(|year| year_parts(self.plan, quotient, year.into()).is_some())
    }

    /// The next operand in the place of what it was computed from.
    fn put_in(&mut self, formula: &Formula) -> Written {
        let Some((operand, rest)) = self.operands.split_first() else {
            return Written::name(formula.to_string());
        };
        self.operands = rest;
        if let Ok(number) = &operand.value.outcome {
            return Written::number(number);
        }
        let name = match formula {
            // with the codes that were asked for
            Formula::Reference(_) => self.terms[operand.readings.start].expression.clone(),
            Formula::Binary(..) | Formula::Negate(_) => format!("({formula})"),
            Formula::Constant(_) | Formula::Over(..) => formula.to_string(),
        };
        Written {
            withheld: operand.value.lineage.withheld,
            ..Written::name(name)
        }
    }
}
