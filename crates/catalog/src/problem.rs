//! What is wrong with a catalogue: where, what, and what to do about it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// One mistake in a catalogue.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1, when the mistake is inside a text, such as a formula.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.file, self.line)?;
        if let Some(column) = self.column {
            write!(f, "{column}:")?;
        }
        write!(f, " {}; {}", self.message, self.remedy)
    }
}

/// A file and a line of it, kept with a definition for messages that come after the file was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    pub(crate) file: String,
    pub(crate) line: usize,
}

impl Origin {
    pub(crate) fn problem(&self, message: String, remedy: impl Into<String>) -> Problem {
        Problem {
            file: self.file.clone(),
            line: self.line,
            column: None,
            message,
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A byte of a file. Lines are counted only when there is a problem to report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) offset: usize,
}

impl<'a> Place<'a> {
    /// The beginning of a file, or of one that is not there.
    pub(crate) const fn start_of(file: &'a str) -> Self {
        Self {
            file,
            text: "",
            offset: 0,
        }
    }

    pub(crate) const fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }

    pub(crate) fn origin(self) -> Origin {
        Origin {
            file: self.file.to_owned(),
            line: self.line_and_column().0,
        }
    }

    fn line_and_column(self) -> (usize, usize) {
        let mut end = self.offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'a, T> {
    pub(crate) value: T,
    pub(crate) place: Place<'a>,
}

/// The problems found so far. Reading goes on after each, so that all are told at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Reports a problem of a line.
    pub(crate) fn report(&self, place: Place<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        self.add(place.origin().problem(message.into(), remedy));
    }

    /// Reports a problem of one character.
    pub(crate) fn report_exactly(&self, place: Place<'_>, message: impl Into<String>, remedy: impl Into<String>) {
        let (_, column) = place.line_and_column();
        self.add(Problem {
            column: Some(column),
            ..place.origin().problem(message.into(), remedy)
        });
    }

    fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// All problems by file and line, each once. Where a text could not even be read, what else was found in that line
    /// is only its consequence.
    pub(crate) fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        let unreadable: BTreeSet<(String, usize)> = problems
            .iter()
            .filter(|problem| problem.column.is_some())
            .map(|problem| (problem.file.clone(), problem.line))
            .collect();
        problems
            .retain(|problem| problem.column.is_some() || !unreadable.contains(&(problem.file.clone(), problem.line)));
        problems.sort();
        problems.dedup();
        problems
    }
}
