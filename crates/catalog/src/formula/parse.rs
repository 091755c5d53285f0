//! Reads the text of a formula; names are not looked up here.
//!
//! ```text
//! sum       = product { ("+" | "-") product }
//! product   = signed { ("*" | "/") signed }
//! signed    = { "-" } primary
//! primary   = "(" sum ")" | number | reference | function
//! reference = name [ "{" filter { "," filter } "}" ]
//! filter    = name ( "=" code | "in" "(" code { "," code } ")" )
//! code      = "'" letters "'"
//! function  = "shift" "(" sum "," [ "-" ] periods ")"
//!           | "ytd" "(" sum ")"
//!           | ( "moving_sum" | "moving_avg" | "moving_min" | "moving_max" ) "(" sum "," periods ")"
//!           | ( "min" | "max" | "avg" ) "(" sum "by" unit ")"
//! periods   = digits unit
//! unit      = "year" | "half" | "quarter" | "month" | "week" | "day", or the plural
//! ```

mod call;

use almanac_model::{Code, Decimal, DimensionId, MetricId};

use super::{FormulaError, FormulaFault, Operator, TimeFunction};

/// A formula that a person can check fits on a page.
pub(super) const MAX_BYTES: usize = 4096;
/// Bounds the stack of everything that walks a formula.
pub(super) const MAX_DEPTH: usize = 64;
/// Bounds the stack too: `a + b + c` is nested to the left.
pub(super) const MAX_OPERATIONS: usize = 256;

const TERM: &str = "a number, a metric, an indicator, a function, '-' or '('";
const DIMENSION: &str = "a dimension";
const CODE: &str = "a code in single quotes";

/// A formula as it is written, with the byte at which each part begins.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) at: usize,
    pub(crate) kind: ExpressionKind,
}

#[derive(Debug)]
pub(crate) enum ExpressionKind {
    Constant(Decimal),
    Reference { name: String, filters: Vec<Filter> },
    Binary(Operator, Box<Expression>, Box<Expression>),
    Negate(Box<Expression>),
    Over(TimeFunction, Box<Expression>),
}

#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) at: usize,
    pub(crate) dimension: DimensionId,
    pub(crate) codes: Vec<(usize, Code)>,
}

/// Reads the whole text, up to the first mistake.
pub(crate) fn parse(text: &str) -> Result<Expression, FormulaError> {
    if text.len() > MAX_BYTES {
        return Err(error(0, FormulaFault::TooLong { bytes: text.len() }));
    }
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        operations: 0,
    };
    let expression = parser.sum()?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.unexpected("an operator or the end"));
    }
    Ok(expression)
}

fn error(at: usize, fault: FormulaFault) -> FormulaError {
    FormulaError { column: at + 1, fault }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    operations: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Expression, FormulaError> {
        self.chain(&[('+', Operator::Add), ('-', Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Expression, FormulaError> {
        self.chain(&[('*', Operator::Multiply), ('/', Operator::Divide)], Self::signed)
    }

    /// Operands with operators of one precedence between them, read from the left. The position of an operation is that
    /// of its operator.
    fn chain(
        &mut self,
        operators: &[(char, Operator)],
        operand: fn(&mut Self) -> Result<Expression, FormulaError>,
    ) -> Result<Expression, FormulaError> {
        let mut left = operand(self)?;
        loop {
            self.skip_space();
            let at = self.at;
            let Some(&(_, operator)) = operators.iter().find(|&&(sign, _)| self.eat(sign)) else {
                return Ok(left);
            };
            self.operations += 1;
            if self.operations > MAX_OPERATIONS {
                return Err(error(at, FormulaFault::TooManyOperations));
            }
            let right = operand(self)?;
            let kind = ExpressionKind::Binary(operator, Box::new(left), Box::new(right));
            left = Expression { at, kind };
        }
    }

    fn signed(&mut self) -> Result<Expression, FormulaError> {
        self.skip_space();
        let at = self.at;
        if !self.eat('-') {
            return self.primary();
        }
        let inner = self.nested(Self::signed)?;
        Ok(Expression {
            at,
            kind: ExpressionKind::Negate(Box::new(inner)),
        })
    }

    fn primary(&mut self) -> Result<Expression, FormulaError> {
        let at = self.at;
        let kind = match self.peek() {
            Some('(') => {
                self.at += 1;
                let inner = self.nested(Self::sum)?;
                self.expect(')', "an operator or ')'")?;
                return Ok(inner);
            }
            Some('0'..='9') => {
                let digits = self.take_while(|c| c.is_ascii_digit() || c == '.');
                let number = digits.parse().map_err(|_| syntax(at, digits, "a decimal number"))?;
                ExpressionKind::Constant(number)
            }
            Some('a'..='z') => {
                let name = self.take_while(is_name);
                if self.is_call() {
                    let kind = self.call(at, name)?;
                    return Ok(Expression { at, kind });
                }
                // metrics and indicators are named alike
                MetricId::new(name).map_err(|_| syntax(at, name, "a name of at most 64 bytes"))?;
                let name = name.to_owned();
                let filters = self.filters()?;
                ExpressionKind::Reference { name, filters }
            }
            _ => return Err(self.unexpected(TERM)),
        };
        Ok(Expression { at, kind })
    }

    /// Whether a parenthesis follows a name.
    fn is_call(&mut self) -> bool {
        let at = self.at;
        self.skip_space();
        let opens = self.peek() == Some('(');
        self.at = at;
        opens
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Expression, FormulaError>) -> Result<Expression, FormulaError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(error(self.at, FormulaFault::TooDeep));
        }
        let expression = inner(self)?;
        self.depth -= 1;
        Ok(expression)
    }

    fn filters(&mut self) -> Result<Vec<Filter>, FormulaError> {
        self.skip_space();
        let mut filters: Vec<Filter> = Vec::new();
        if !self.eat('{') {
            return Ok(filters);
        }
        loop {
            let filter = self.filter()?;
            if filters.iter().any(|earlier| earlier.dimension == filter.dimension) {
                let dimension = filter.dimension.to_string();
                return Err(error(filter.at, FormulaFault::DuplicateDimension { dimension }));
            }
            filters.push(filter);
            self.skip_space();
            if !self.eat(',') {
                self.expect('}', "',' or '}'")?;
                return Ok(filters);
            }
        }
    }

    fn filter(&mut self) -> Result<Filter, FormulaError> {
        self.skip_space();
        let at = self.at;
        let name = self.take_while(is_name);
        let dimension = DimensionId::new(name).map_err(|_| self.syntax_at(at, name, DIMENSION))?;
        self.skip_space();
        if self.eat('=') {
            let codes = vec![self.code()?];
            return Ok(Filter { at, dimension, codes });
        }
        let word = self.at;
        let keyword = self.take_while(is_name);
        if keyword != "in" {
            return Err(self.syntax_at(word, keyword, "'=' or 'in'"));
        }
        self.skip_space();
        self.expect('(', "'('")?;
        let mut codes = vec![self.code()?];
        self.skip_space();
        while self.eat(',') {
            codes.push(self.code()?);
            self.skip_space();
        }
        self.expect(')', "',' or ')'")?;
        Ok(Filter { at, dimension, codes })
    }

    fn code(&mut self) -> Result<(usize, Code), FormulaError> {
        self.skip_space();
        if !self.eat('\'') {
            return Err(self.unexpected(CODE));
        }
        let at = self.at;
        let text = self.take_while(|c| c != '\'' && !c.is_whitespace());
        let code = Code::new(text).map_err(|_| self.syntax_at(at, text, "a code"))?;
        self.expect('\'', "the closing quote")?;
        Ok((at, code))
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), FormulaError> {
        self.skip_space();
        if self.eat(wanted) {
            Ok(())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn unexpected(&self, expected: &'static str) -> FormulaError {
        let found = self
            .peek()
            .map_or_else(|| "its end".to_owned(), |found| format!("{found:?}"));
        error(self.at, FormulaFault::Syntax { found, expected })
    }

    /// An error about a word, or about the sign that stands where a word should begin.
    fn syntax_at(&self, at: usize, word: &str, expected: &'static str) -> FormulaError {
        if word.is_empty() {
            self.unexpected(expected)
        } else {
            syntax(at, word, expected)
        }
    }
}

impl<'a> Parser<'a> {
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }
}

fn syntax(at: usize, found: &str, expected: &'static str) -> FormulaError {
    let found = format!("{found:?}");
    error(at, FormulaFault::Syntax { found, expected })
}

const fn is_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.')
}
