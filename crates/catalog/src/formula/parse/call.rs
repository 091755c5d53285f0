//! Reads the functions of formulas: `shift(x, -1 year)`, `ytd(x)`, `moving_avg(x, 12 months)`, `min(x by month)`.

use almanac_model::TimeUnit;

use super::{ExpressionKind, Parser, error, is_name};
use crate::formula::{FormulaError, FormulaFault, TimeFunction, WindowOperator};

/// A longer shift leaves the years that can be written.
const MAX_SHIFT: u32 = 1000;
/// A year of days, and one more in a leap year.
const MAX_WINDOW: u32 = 366;

const UNITS: &str = "a unit: year, half, quarter, month, week or day";

/// A function as it is called.
#[derive(Clone, Copy)]
struct Called {
    form: Form,
    /// As it is written right, for who wrote it wrong.
    example: &'static str,
}

#[derive(Clone, Copy)]
enum Form {
    Shift,
    YearToDate,
    Moving(WindowOperator),
    By(WindowOperator),
}

fn called(name: &str) -> Option<Called> {
    use WindowOperator::{Average, Max, Min, Sum};
    let (form, example) = match name {
        "shift" => (Form::Shift, "shift(post.items, -1 year)"),
        "ytd" => (Form::YearToDate, "ytd(post.items)"),
        "moving_sum" => (Form::Moving(Sum), "moving_sum(post.items, 12 months)"),
        "moving_avg" => (Form::Moving(Average), "moving_avg(post.items, 12 months)"),
        "moving_min" => (Form::Moving(Min), "moving_min(post.items, 12 months)"),
        "moving_max" => (Form::Moving(Max), "moving_max(post.items, 12 months)"),
        "avg" => (Form::By(Average), "avg(post.items by month)"),
        "min" => (Form::By(Min), "min(post.items by month)"),
        "max" => (Form::By(Max), "max(post.items by month)"),
        _ => return None,
    };
    Some(Called { form, example })
}

impl Parser<'_> {
    /// What stands in the parentheses of a function, whose name was read at `at`.
    pub(super) fn call(&mut self, at: usize, name: &str) -> Result<ExpressionKind, FormulaError> {
        let Some(function) = called(name) else {
            let name = name.to_owned();
            return Err(error(at, FormulaFault::UnknownFunction { name }));
        };
        self.skip_space();
        self.eat('(');
        let inner = self.nested(Self::sum)?;
        self.skip_space();
        let function_of_time = match function.form {
            Form::YearToDate => TimeFunction::YearToDate,
            Form::Shift => {
                self.separator(',', function)?;
                self.shift(function)?
            }
            Form::Moving(operator) => {
                self.separator(',', function)?;
                let (count, unit) = self.periods(MAX_WINDOW, function)?;
                let count = u16::try_from(count).unwrap_or(u16::MAX);
                TimeFunction::Moving { operator, count, unit }
            }
            Form::By(operator) => {
                let word = self.at;
                if self.take_while(is_name) != "by" {
                    self.at = word;
                    return Err(self.call_error("an operator or 'by' with a unit", function));
                }
                let unit = self.unit(function)?;
                TimeFunction::By { operator, unit }
            }
        };
        self.skip_space();
        if !self.eat(')') {
            let expected = match function.form {
                Form::YearToDate => "an operator or ')'",
                _ => "')'",
            };
            return Err(self.call_error(expected, function));
        }
        Ok(ExpressionKind::Over(function_of_time, Box::new(inner)))
    }

    fn separator(&mut self, sign: char, function: Called) -> Result<(), FormulaError> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(self.call_error("an operator or ',' with a number of periods", function))
        }
    }

    fn shift(&mut self, function: Called) -> Result<TimeFunction, FormulaError> {
        self.skip_space();
        let earlier = self.eat('-');
        let (count, unit) = self.periods(MAX_SHIFT, function)?;
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        Ok(TimeFunction::Shift {
            count: if earlier { -count } else { count },
            unit,
        })
    }

    /// "12 months", from 1 to a limit.
    fn periods(&mut self, most: u32, function: Called) -> Result<(u32, TimeUnit), FormulaError> {
        self.skip_space();
        let at = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.call_error("a number of periods", function));
        }
        let count = digits.parse().ok().filter(|count| (1..=most).contains(count));
        let found = digits.to_owned();
        let count = count.ok_or_else(|| error(at, FormulaFault::Periods { found, most }))?;
        Ok((count, self.unit(function)?))
    }

    fn unit(&mut self, function: Called) -> Result<TimeUnit, FormulaError> {
        self.skip_space();
        let at = self.at;
        let unit = TimeUnit::from_name(self.take_while(is_name));
        unit.ok_or_else(|| {
            self.at = at;
            self.call_error(UNITS, function)
        })
    }

    /// What stands here, a whole word of it, instead of what the function takes.
    fn call_error(&mut self, expected: &'static str, function: Called) -> FormulaError {
        let at = self.at;
        let word = self.take_while(is_name);
        self.at = at;
        let found = match (word, self.peek()) {
            ("", None) => "its end".to_owned(),
            ("", Some(sign)) => format!("{sign:?}"),
            (word, _) => format!("{word:?}"),
        };
        let example = function.example;
        error(
            at,
            FormulaFault::Call {
                found,
                expected,
                example,
            },
        )
    }
}
